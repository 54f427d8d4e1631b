// SPDX-License-Identifier: GPL-2.0-or-later
#include <host/layout.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <base/mem.h>

#define PAGE 4096ull
#define CHUNK 8192u /* entries of pagemap read at once */

/* Linux 6.7, include/uapi/linux/fs.h; the headers here may be older. */
struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)
#define SCAN_FILE (1u << 2)
#define SCAN_PRESENT (1u << 3)
#define SCAN_SWAPPED (1u << 4)
#define SCAN_HUGE (1u << 6)

#define PM_FILE (1ull << 61)
#define PM_SWAP (1ull << 62)
#define PM_PRESENT (1ull << 63)

struct layout {
	pid_t pid;
	host_layout_line *line;
	void *ctx;
	int pagemap; /* -1: pages are of no interest */
	bool no_scan;
	uint64_t start, end; /* pages not yet written */
	bool write, huge;
};

static int flush(struct layout *l)
{
	char text[96];
	int n;

	if (l->start == l->end)
		return 0;
	n = snprintf(text, sizeof(text), "touched of %d %llx-%llx %c%s", (int)l->pid,
		     (unsigned long long)l->start, (unsigned long long)l->end,
		     l->write ? 'w' : 'r', l->huge ? " huge" : "");
	l->start = l->end = 0;
	return l->line(l->ctx, text, n);
}

static int add(struct layout *l, uint64_t start, uint64_t end, bool write, bool huge)
{
	int err = 0;

	if (l->start != l->end && l->end == start && l->write == write && l->huge == huge) {
		l->end = end;
		return 0;
	}
	err = flush(l);
	l->start = start;
	l->end = end;
	l->write = write;
	l->huge = huge;
	return err;
}

/* Return: 0, -ENOTTY where the kernel has no such call, another negative errno. */
static int scan(struct layout *l, uint64_t start, uint64_t end)
{
	struct scan_region regions[256];
	struct scan_arg arg = {
		.size = sizeof(arg), .start = start, .end = end, .vec = (uintptr_t)regions,
		.vec_len = sizeof(regions) / sizeof(regions[0]),
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_FILE | SCAN_PRESENT | SCAN_SWAPPED | SCAN_HUGE,
	};
	int err = 0;

	while (!err && arg.start < end) {
		int nr = ioctl(l->pagemap, SCAN_IOCTL, &arg), i;

		if (nr < 0)
			return -errno;
		for (i = 0; i < nr && !err; i++) {
			const struct scan_region *r = &regions[i];

			err = add(l, r->start, r->end, !(r->categories & SCAN_FILE),
				  r->categories & SCAN_HUGE);
		}
		if (!nr || arg.walk_end <= arg.start)
			break;
		arg.start = arg.walk_end;
	}
	return err;
}

static int read_pagemap(struct layout *l, uint64_t start, uint64_t end)
{
	uint64_t *entries = mem_alloc(CHUNK * sizeof(*entries));
	int err = entries ? 0 : -ENOMEM;

	while (!err && start < end) {
		size_t want = (end - start) / PAGE < CHUNK ? (end - start) / PAGE : CHUNK, i;
		ssize_t n = pread(l->pagemap, entries, want * sizeof(*entries),
				  start / PAGE * sizeof(*entries));

		if (n < (ssize_t)sizeof(*entries)) {
			err = n < 0 ? -errno : 0;
			break;
		}
		for (i = 0; i < n / sizeof(*entries) && !err; i++)
			if (entries[i] & (PM_PRESENT | PM_SWAP))
				err = add(l, start + i * PAGE, start + (i + 1) * PAGE,
					  !(entries[i] & PM_FILE), false);
		start += n / sizeof(*entries) * PAGE;
	}
	mem_free(entries);
	return err;
}

static int pages_of(struct layout *l, uint64_t start, uint64_t end)
{
	int err = l->no_scan ? -ENOTTY : scan(l, start, end);

	if (err == -ENOTTY || err == -EINVAL) {
		l->no_scan = true;
		err = read_pagemap(l, start, end);
	}
	return err ? err : flush(l);
}

static int one_map(struct layout *l, char *maps_line)
{
	uint64_t start, end;
	char head[32], *rest;
	size_t n = snprintf(head, sizeof(head), "map of %d ", (int)l->pid);
	int err;

	memcpy(maps_line, head, n);
	err = l->line(l->ctx, maps_line, strlen(maps_line));
	start = strtoull(maps_line + n, &rest, 16);
	end = *rest == '-' ? strtoull(rest + 1, NULL, 16) : 0;
	/* [vsyscall] */
	if (err || l->pagemap < 0 || start >= end || start >> 56)
		return err;
	return pages_of(l, start, end);
}

static int open_proc(pid_t pid, const char *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

static int all_maps(struct layout *l, FILE *maps)
{
	char line[4608];
	char head[32];
	size_t room = snprintf(head, sizeof(head), "map of %d ", (int)l->pid);
	int err = 0;

	while (!err && fgets(line + room, sizeof(line) - room, maps)) {
		line[room + strcspn(line + room, "\n")] = '\0';
		err = one_map(l, line);
	}
	return err ? err : ferror(maps) ? -EIO : 0;
}

/* The process has a VM open. Return: 1, 0 or a negative errno. */
static int has_kvm(pid_t pid)
{
	char path[64], target[64];
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = !strcmp(target, "anon_inode:kvm-vm");
	}
	closedir(dir);
	return found;
}

static int say_kvm(const struct layout *l)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "kvm of %d ", (int)l->pid);

	return l->line(l->ctx, text, n);
}

int host_layout(pid_t pid, bool pages, host_layout_line *line, void *ctx)
{
	struct layout l = { .pid = pid, .line = line, .ctx = ctx, .pagemap = -1 };
	int fd = open_proc(pid, "maps"), err;
	FILE *maps;

	if (fd < 0)
		return fd;
	maps = fdopen(fd, "r");
	if (!maps) {
		close(fd);
		return -ENOMEM;
	}
	l.pagemap = pages ? open_proc(pid, "pagemap") : -1;
	err = pages && l.pagemap < 0 ? l.pagemap : all_maps(&l, maps);
	if (l.pagemap >= 0)
		close(l.pagemap);
	fclose(maps);
	if (!err && has_kvm(pid) == 1)
		err = say_kvm(&l);
	return err;
}
