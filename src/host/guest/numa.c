// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations on NUMA placement. */
#include "guest_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_NODES 64
#define MOVE_BATCH (1u << 18)

/* Memory that the scanner never touches: hugetlbfs, devices, no access at all. */
static bool never_hinted(const char *prot, const char *path)
{
	return !strncmp(prot, "---", 3) || !strncmp(path, "/memfd:" HUGETLB_MEMFD, 14) ||
	       !strncmp(path, "/dev/dax", 8);
}

/* Each run of VMAs that the scanner would look at. */
int op_numa_hint(const struct script_op *op)
{
	uint64_t end = op->addr + op->len, from = op->addr, low, high;
	struct strbuf maps = STRBUF_INIT;
	char prot[8], path[64];
	const char *line;
	int err = get_file("/proc/self/maps", &maps);

	for (line = strbuf_str(&maps); !err && *line; line += strcspn(line, "\n"), line += !!*line) {
		path[0] = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %63[^\n]", &low, &high, prot, path) < 3 ||
		    high <= from || low >= end || !never_hinted(prot, path))
			continue;
		if (low > from)
			err = kcall_numa_hint(from, low);
		from = high;
	}
	if (!err && from < end)
		err = kcall_numa_hint(from, end);
	strbuf_release(&maps);
	return err;
}

int op_age(const struct script_op *op)
{
	return kcall_age(op->policy, op->addr, op->addr + op->len);
}

int op_numa_scan(const struct script_op *op)
{
	int err = numa_hide_own();
	uint64_t i;

	for (i = 0; i < op->count && !err; i++)
		err = kcall_numa_scan();
	return err;
}

int op_mbind(const struct script_op *op)
{
	static const int policies[SCRIPT_MPOL_NR] = {
		[SCRIPT_MPOL_DEFAULT] = MPOL_DEFAULT,
		[SCRIPT_MPOL_BIND] = MPOL_BIND,
		[SCRIPT_MPOL_PREFERRED] = MPOL_PREFERRED,
		[SCRIPT_MPOL_INTERLEAVE] = MPOL_INTERLEAVE,
		[SCRIPT_MPOL_LOCAL] = MPOL_LOCAL,
	};
	unsigned long nodes = op->nodes;
	unsigned int flags = (op->flags & SCRIPT_MBIND_MOVE ? MPOL_MF_MOVE : 0) |
			     (op->flags & SCRIPT_MBIND_STRICT ? MPOL_MF_STRICT : 0);

	/* the kernel takes one bit less than it is told */
	return syscall(SYS_mbind, op->addr, op->len, policies[op->policy],
		       nodes ? &nodes : NULL, nodes ? MAX_NODES + 1 : 0, flags)
		       ? -errno
		       : 0;
}

/* The first page's error that is one; a page that was not there is none. */
static int batch_error(const int *status, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (status[i] < 0 && status[i] != -ENOENT && status[i] != -EFAULT)
			return status[i];
	return 0;
}

int op_move_pages(const struct script_op *op)
{
	static void *pages[MOVE_BATCH];
	static int nodes[MOVE_BATCH], status[MOVE_BATCH];
	int node = op->nodes ? __builtin_ctzll(op->nodes) : 0, err = 0;
	uint64_t at = 0;
	unsigned int nr;

	while (at < op->len) {
		for (nr = 0; nr < MOVE_BATCH && at < op->len; nr++, at += GUEST_PAGE) {
			pages[nr] = (void *)(op->addr + at);
			nodes[nr] = node;
			status[nr] = 0;
		}
		if (syscall(SYS_move_pages, 0, nr, pages, nodes, status, MPOL_MF_MOVE) <
		    0)
			return -errno;
		err = err ? err : batch_error(status, nr);
	}
	return err;
}

/*
 * The scanner passes over memory with a policy: give one to what the process has now besides the
 * script's maps, so that only those are scanned. The text of the maps stays: taking memory for it
 * could make one more.
 */
int numa_hide_own(void)
{
	static struct strbuf maps = STRBUF_INIT;
	unsigned long node = 1, start, end;
	const char *line;
	int err;

	strbuf_reset(&maps);
	err = get_file("/proc/self/maps", &maps);
	for (line = strbuf_str(&maps); !err && *line; line += strcspn(line, "\n"), line += !!*line)
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && !ftrace_in_maps(start, end))
			(void)syscall(SYS_mbind, start, end - start, MPOL_BIND, &node, MAX_NODES + 1, 0);
	return err;
}
