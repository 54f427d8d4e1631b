// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify_dump KERNEL[,KERNEL...] SCRIPT... - run scripts on real kernels and print what
 * each operation returned and which notifications it caused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <base/errname.h>
#include <base/mem.h>
#include <host/host.h>

#define MAX_KERNELS 8

static void print_event(const struct event *event)
{
	const char *name = event->id == EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START
				   ? "mmu_notifier_invalidate_range_start"
				   : "mmu_notifier_invalidate_range_end";

	if (event->id == EVENT_TRACING_MARK_WRITE)
		printf("tracing_mark_write: %.*s\n", (int)event->text_len, event->text);
	else if (event->id != EVENT_MMU_NOTIFIER_RELEASE &&
		 event->id != EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START &&
		 event->id != EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END)
		printf("kvm event %u: %lx %lx %lx %lx %lx\n", event->id, event->arg[0],
		       event->arg[1], event->arg[2], event->arg[3], event->arg[4]);
	else if (event->id == EVENT_MMU_NOTIFIER_RELEASE)
		printf("mmu_notifier_release:%s\n",
		       event->pid == 1 ? "" : " (not the first process)");
	else
		printf("%s: event=%s start=0x%lx end=0x%lx%s\n", name,
		       mmu_notify_name(event->arg[0]), event->arg[1], event->arg[2],
		       event->pid == 1 ? "" : " (not the first process)");
}

static void print_stream(const struct host_stream *stream)
{
	const struct host_op *op;
	size_t i, j;

	for (i = 0; i < stream->nr_ops; i++) {
		op = &stream->ops[i];
		for (j = 0; j < op->nr_events; j++)
			print_event(&stream->events[op->first_event + j]);
		if (!op->returned)
			printf("# did not return\n");
		else if (op->err)
			printf("# %s\n", errname(op->err));
	}
	if (stream->log.len)
		printf("# log: %s", strbuf_str(&stream->log));
	printf("# %s %u\n", host_status_name(stream->status), stream->detail);
}

static void print_run(const struct host_run *run, struct script *const *scripts,
		      size_t nr)
{
	size_t i;

	fprintf(stderr, "%s: err %d, boot %u ms, total %u ms\n", run->release, run->err,
		run->boot_ms, run->total_ms);
	for (i = 0; i < nr && i < run->nr_streams; i++) {
		printf("# %s on %s\n", scripts[i]->file, run->release);
		print_stream(&run->streams[i]);
	}
	if (run->err)
		fputs(strbuf_str(&run->console), stderr);
}

static int load(char **paths, size_t nr, struct script **scripts, struct strbuf *diag)
{
	size_t i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = script_load(paths[i], diag, &scripts[i]);
	return err;
}

static void progress(void *ctx, const struct host_progress *p)
{
	(void)ctx;
	if (strcmp(p->what, "run"))
		fprintf(stderr, "%s: %s\n", p->kernel, p->what);
}

int main(int argc, char **argv)
{
	const struct host_options options = { .progress = progress };
	struct host_run runs[MAX_KERNELS] = { 0 };
	struct strbuf diag = STRBUF_INIT;
	struct script **scripts;
	size_t nr_runs = 0, nr = argc - 2, i;
	char *name;
	int err = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: %s KERNEL[,KERNEL...] SCRIPT...\n", argv[0]);
		return 2;
	}
	scripts = mem_zalloc(nr * sizeof(*scripts));
	if (!scripts)
		return 1;
	for (name = strtok(argv[1], ","); name && nr_runs < MAX_KERNELS && !err;
	     name = strtok(NULL, ","))
		err = host_kernel_get(&options, name, &runs[nr_runs++].kernel, &diag);
	if (!err)
		err = load(argv + 2, nr, scripts, &diag);
	if (!err)
		err = host_run(&options, (const struct script *const *)scripts, nr, runs,
			       nr_runs, &diag);
	for (i = 0; i < nr_runs; i++) {
		print_run(&runs[i], scripts, nr);
		host_run_release(&runs[i]);
	}
	fputs(strbuf_str(&diag), stderr);
	for (i = 0; i < nr; i++)
		script_free(scripts[i]);
	mem_free(scripts);
	strbuf_release(&diag);
	return err == -EOPNOTSUPP ? 77 : err ? 1 : 0;
}
