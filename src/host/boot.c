// SPDX-License-Identifier: GPL-2.0-or-later
#include "boot_internal.h"
#include "process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONSOLE_KEEP 65536
#define MAX_ARGS 64

void machine_needs(const struct script *const *scripts, size_t nr_scripts, size_t first,
		   struct machine_needs *ret_needs)
{
	struct machine_needs needs = { false, false, false };
	const struct script_op *op;
	size_t i, j;

	for (i = first; i < nr_scripts; i++)
		for (j = 0; j < scripts[i]->nr_ops; j++) {
			op = &scripts[i]->ops[j];
			needs.nvdimm |= op->code == OP_MAP && op->kind == SCRIPT_KIND_DAX;
			needs.huge_1g |= op->code == OP_MAP &&
					 op->kind == SCRIPT_KIND_HUGETLB &&
					 op->page_size == 1ull << 30;
			needs.nodes |= op->code == OP_MBIND ||
				       op->code == OP_MOVE_PAGES ||
				       op->code == OP_NUMA_SCAN;
		}
	*ret_needs = needs;
}

/* What make_args() needs beside constants. */
struct arg_texts {
	char append[512];
	char memory[64];
	char node[2][64];
};

static void make_texts(struct arg_texts *texts, const struct machine_needs *needs)
{
	unsigned int gib = needs->huge_1g ? 6 : 2, i;

	snprintf(texts->append, sizeof(texts->append),
		 "console=ttyS0 quiet panic=-1 nokaslr norandmaps mitigations=off "
		 "no_timer_check rcupdate.rcu_expedited=1 damon_stat.enabled=0 no5lvl "
		 "rdinit=/init%s",
		 needs->huge_1g ? " hugepagesz=1G hugepages=3" : "");
	snprintf(texts->memory, sizeof(texts->memory), "%uG%s", gib,
		 needs->nvdimm ? ",slots=4,maxmem=32G" : "");
	for (i = 0; i < 2; i++)
		snprintf(texts->node[i], sizeof(texts->node[i]),
			 "memory-backend-ram,id=node%u,size=%uG", i, gib / 2);
}

static void make_args(const char **argv, const struct host_options *options,
		      const struct host_kernel *kernel, const struct machine_needs *needs,
		      const struct arg_texts *texts)
{
	/* clang-format off */
	const char *const fixed[] = {
		options->qemu ? options->qemu : "qemu-system-x86_64",
		"-accel", "tcg,thread=multi", "-cpu", "EPYC,+svm,+npt,+pdpe1gb,+la57,-cx16",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-serial", "stdio",
		"-chardev", "file,id=stream,path=/proc/self/fd/4",
		"-device", "isa-debugcon,iobase=0xe9,chardev=stream",
		"-kernel", kernel->image, "-initrd", "/proc/self/fd/3",
		"-append", texts->append,
		"-m", texts->memory, "-machine", needs->nvdimm ? "q35,nvdimm=on" : "q35",
	};
	static const char *const nvdimm[] = {
		"-object", "memory-backend-ram,id=dax1g,size=5G",
		"-device", "nvdimm,memdev=dax1g,id=nvdimm1",
		"-object", "memory-backend-ram,id=dax2m,size=1G",
		"-device", "nvdimm,memdev=dax2m,id=nvdimm2",
		"-object", "memory-backend-ram,id=dax4k,size=1G",
		"-device", "nvdimm,memdev=dax4k,id=nvdimm3",
	};
	const char *const nodes[] = {
		"-object", texts->node[0], "-object", texts->node[1],
		"-numa", "node,nodeid=0,cpus=0,memdev=node0",
		"-numa", "node,nodeid=1,memdev=node1",
	};
	/* clang-format on */
	size_t n = 0, i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		argv[n++] = fixed[i];
	for (i = 0; needs->nvdimm && i < sizeof(nvdimm) / sizeof(nvdimm[0]); i++)
		argv[n++] = nvdimm[i];
	for (i = 0; needs->nodes && i < sizeof(nodes) / sizeof(nodes[0]); i++)
		argv[n++] = nodes[i];
	argv[n] = NULL;
}

static int missing_qemu(const struct host_options *options, struct strbuf *diag)
{
	if (options->qemu)
		strbuf_addf(diag, "cannot run '%s'\n", options->qemu);
	else
		strbuf_addstr(diag, "QEMU is missing; get it with: apt-get install "
				    "--no-install-recommends qemu-system-x86 seabios\n");
	return -EOPNOTSUPP;
}

static int make_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC) ? -errno : 0;
}

int machine_start(struct machine *machine, const struct host_options *options,
		  const struct host_kernel *kernel, const struct machine_needs *needs,
		  int initrd_fd, struct strbuf *diag)
{
	const char *argv[MAX_ARGS];
	struct arg_texts texts;
	int stream[2], console[2], fds[5], err;

	make_texts(&texts, needs);
	make_args(argv, options, kernel, needs, &texts);
	err = make_pipe(stream);
	if (err)
		return err;
	err = make_pipe(console);
	if (err) {
		close(stream[0]);
		close(stream[1]);
		return err;
	}
	fds[0] = -1;
	fds[1] = console[1];
	fds[2] = console[1];
	fds[3] = initrd_fd;
	fds[4] = stream[1];
	memset(machine, 0, sizeof(*machine));
	err = process_start(argv, NULL, fds, 5, &machine->pid);
	close(stream[1]);
	close(console[1]);
	machine->stream_fd = stream[0];
	machine->console_fd = console[0];
	(void)fcntl(stream[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(console[0], F_SETFL, O_NONBLOCK);
	if (err) {
		machine->pid = 0;
		machine_stop(machine);
	}
	return err == -ENOENT || err == -EACCES ? missing_qemu(options, diag) : err;
}

static void keep_tail(struct strbuf *sb, size_t keep)
{
	if (sb->len <= 2 * keep)
		return;
	memmove(sb->buf, sb->buf + sb->len - keep, keep);
	sb->len = keep;
	sb->buf[keep] = 0;
}

static int take_bytes(struct machine *machine, const char *buf, size_t len,
		      int (*take_line)(void *ctx, char *line), void *ctx)
{
	size_t i;
	int err;

	for (i = 0; i < len; i++) {
		if (buf[i] != '\n') {
			if (machine->line_len < sizeof(machine->line) - 1 && buf[i])
				machine->line[machine->line_len++] = buf[i];
			continue;
		}
		machine->line[machine->line_len] = 0;
		machine->line_len = 0;
		err = take_line(ctx, machine->line);
		if (err)
			return err;
	}
	return 0;
}

/* Read what there is; at the end of file the descriptor is closed. */
static ssize_t read_some(int *fd, char *buf, size_t size)
{
	ssize_t n;

	if (*fd < 0)
		return 0;
	n = read(*fd, buf, size);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return n > 0 ? n : 0;
	close(*fd);
	*fd = -1;
	return 0;
}

int machine_read(struct machine *machine, int (*take_line)(void *ctx, char *line),
		 void *ctx, struct strbuf *console)
{
	char buf[16384];
	ssize_t n;
	int err;

	while ((n = read_some(&machine->console_fd, buf, sizeof(buf))) > 0) {
		strbuf_add(console, buf, n);
		keep_tail(console, CONSOLE_KEEP);
	}
	while ((n = read_some(&machine->stream_fd, buf, sizeof(buf))) > 0) {
		err = take_bytes(machine, buf, n, take_line, ctx);
		if (err)
			return err;
	}
	return 0;
}

void machine_stop(struct machine *machine)
{
	process_kill(machine->pid);
	machine->pid = 0;
	if (machine->stream_fd >= 0)
		close(machine->stream_fd);
	if (machine->console_fd >= 0)
		close(machine->console_fd);
	machine->stream_fd = machine->console_fd = -1;
}
