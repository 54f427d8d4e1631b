// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope import */
#include "cli_internal.h"
#include "model_internal.h"
#include "terminal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/mem.h>
#include <host/layout.h>
#include <import/import.h>
#include <report/store.h>
#include <report/table.h>
#include <trace/file.h>

static const char *const formats[IMPORT_FORMAT_NR + 1] = {
	[IMPORT_STRACE] = "strace",
	[IMPORT_FTRACE] = "ftrace",
	[IMPORT_PROC] = "proc",
};

static const char *const touches[IMPORT_TOUCH_NR + 1] = {
	[IMPORT_TOUCH_ALL] = "all",
	[IMPORT_TOUCH_WRITTEN] = "written",
	[IMPORT_TOUCH_NONE] = "none",
};

static const char *output, *comm;
static int touch = -1, mmu = -1;
static uint64_t pid;
static bool json, quiet, pages;
static bool origin = true;

/* The recording, counted as it is read. */
struct input {
	struct import_source source;
	uint64_t bytes;
};

/* The script; a file has no name until it is complete. */
struct output {
	struct trace_file file;
	struct import_sink sink;
};

static ssize_t read_input(void *ctx, void *buf, size_t len)
{
	struct input *input = ctx;
	ssize_t n = input->source.read(input->source.ctx, buf, len);

	if (n > 0) {
		input->bytes += n;
		progress_update(input->bytes >> 10);
	}
	return n;
}

static int broken(const char *path, int err)
{
	error("%s: %s", strcmp(path, "-") ? path : "standard input", strerror(-err));
	return STATUS_BROKEN;
}

static int add_line(void *ctx, const char *text, size_t len)
{
	struct strbuf *out = ctx;

	strbuf_add(out, text, len);
	strbuf_addch(out, '\n');
	return strbuf_error(out);
}

/* A number is a process; a folder is one's in a copy of /proc. */
static bool is_pid(const char *path, pid_t *ret_pid)
{
	char *end;
	unsigned long value = strtoul(path, &end, 10);

	if (path[0] < '0' || path[0] > '9' || *end || value > INT32_MAX)
		return false;
	*ret_pid = value;
	return true;
}

/* A folder would open, but not read. Return: a descriptor or a negative errno. */
static int open_input(const char *path)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
		close(fd);
		return -EISDIR;
	}
	return fd;
}

static int write_output(void *ctx, const char *data, size_t len)
{
	struct output *out = ctx;

	trace_file_write(&out->file, data, len);
	return out->file.error;
}

static int open_output(struct output *out)
{
	out->sink = import_sink_stdio(stdout);
	if (!output || !strcmp(output, "-"))
		return 0;
	out->sink = (struct import_sink){ .write = write_output, .ctx = out };
	return trace_file_open(&out->file, output);
}

/* What came before an error is kept: the caller says so. */
static int close_output(struct output *out)
{
	return out->sink.ctx == out ? trace_file_close(&out->file) : 0;
}

static void print_bad_lines(const char *path, const struct import_report *report)
{
	uint64_t i;

	for (i = 0; i < report->nr_bad && i < IMPORT_MAX_BAD; i++)
		fprintf(stderr, "%s:%llu: cannot be read: %s\n", path,
			(unsigned long long)report->bad[i].line, report->bad[i].text);
	if (report->nr_bad > IMPORT_MAX_BAD)
		fprintf(stderr, "%s: %llu more lines cannot be read\n", path,
			(unsigned long long)(report->nr_bad - IMPORT_MAX_BAD));
}

/* Calls that change memory and are not understood, then how many others were passed over. */
static void print_unused_calls(const struct import_report *report)
{
	uint64_t other = 0;
	unsigned int i;

	for (i = 0; i < report->nr_calls; i++) {
		const struct import_call *call = &report->calls[i];

		if (call->memory && call->seen > call->used + call->failed)
			fprintf(stderr, "not understood: %s, %llu times\n", call->name,
				(unsigned long long)(call->seen - call->used - call->failed));
		else if (!call->memory)
			other += call->seen - call->used;
	}
	if (other)
		fprintf(stderr, "passed over: %llu calls and events that change no memory\n",
			(unsigned long long)other);
}

static void print_count(const char *what, uint64_t count)
{
	if (count)
		fprintf(stderr, "%s: %llu\n", what, (unsigned long long)count);
}

static void print_report(const char *path, const struct import_report *report)
{
	struct strbuf touched = STRBUF_INIT;

	report_add_size(&touched, report->touched);
	fprintf(stderr, "%s: %llu lines, %llu operations, %s touched, %llu processes, %llu VMs\n", path,
		(unsigned long long)report->lines, (unsigned long long)report->ops,
		strbuf_str(&touched), (unsigned long long)report->processes,
		(unsigned long long)report->vms);
	strbuf_release(&touched);
	print_bad_lines(path, report);
	print_unused_calls(report);
	print_count("bytes left untouched because of the limit per map", report->untouched);
	print_count("maps that the recording uses but does not show being made", report->implied);
	print_count("outside every known map, left out", report->outside);
	print_count("page faults that the protection forbids, left out", report->denied);
	print_count("faults of guests that became accesses", report->guest);
	print_count("faults of guests outside every known memory slot, left out", report->guest_outside);
	print_count("processes forked and not recorded, taken as alive to the end", report->unheard);
	print_count("LOST when it was recorded, events", report->lost);
	print_count("calls never finished", report->unfinished);
	print_count("lines cut for their length", report->cut);
}

static void json_calls(struct report_json *out, const struct import_report *report)
{
	unsigned int i;

	report_json_array(out, "calls");
	for (i = 0; i < report->nr_calls; i++) {
		const struct import_call *call = &report->calls[i];

		report_json_line(out, NULL);
		report_json_str(out, "name", call->name);
		report_json_uint(out, "seen", call->seen);
		report_json_uint(out, "used", call->used);
		report_json_uint(out, "failed", call->failed);
		report_json_bool(out, "memory", call->memory);
		report_json_close(out);
	}
	report_json_close(out);
}

static void print_json(const char *path, const struct import_report *report)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "lines", report->lines },	    { "bytes", report->bytes },
		{ "ops", report->ops },		    { "touched", report->touched },
		{ "untouched", report->untouched }, { "implied", report->implied },
		{ "outside", report->outside },	    { "denied", report->denied },
		{ "failed", report->failed },	    { "elsewhere", report->elsewhere },
		{ "cut", report->cut },		    { "bad_lines", report->nr_bad },
		{ "unfinished", report->unfinished }, { "lost", report->lost },
		{ "processes", report->processes }, { "guest", report->guest },
		{ "guest_outside", report->guest_outside }, { "unheard", report->unheard },
		{ "threads", report->threads },	    { "vms", report->vms },
		{ "assumed_threads", report->assumed_threads },
	};
	struct report_json out;
	size_t i;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_str(&out, "file", path);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		report_json_uint(&out, numbers[i].name, numbers[i].value);
	report_json_str(&out, "kernel", report->release);
	report_json_uint(&out, "error_line", report->error_line);
	report_json_str(&out, "error", report->error);
	json_calls(&out, report);
	report_json_close(&out);
	(void)report_json_end(&out);
}

static int import(enum import_format format, struct input *input, struct output *out,
		  const struct import_options *options, struct import_report *ret_report)
{
	const struct import_source source = { .read = read_input, .ctx = input };
	int err;

	progress_init("KiB");
	if (format == IMPORT_STRACE)
		err = import_strace(options, &source, &out->sink, ret_report);
	else if (format == IMPORT_FTRACE)
		err = import_ftrace(options, &source, &out->sink, ret_report);
	else
		err = import_proc(options, &source, &out->sink, ret_report);
	progress_end();
	return err;
}

static void explain_error(const char *path, const struct import_report *report, int err)
{
	const char *what = report->error[0] ? report->error : strerror(-err);

	if (report->error_line)
		fprintf(stderr, "%s:%llu: error: %s\n", path,
			(unsigned long long)report->error_line, what);
	else
		fprintf(stderr, "%s: error: %s\n", path, what);
	if (report->ops)
		fprintf(stderr, "%s: the %llu operations before that were written\n", path,
			(unsigned long long)report->ops);
}

static int import_source(enum import_format format, const char *path, struct input *input,
			 struct import_report *report)
{
	const struct import_options options = {
		.name = path,
		.touch = touch < 0 ? IMPORT_TOUCH_ALL : touch,
		.pid = pid,
		.comm = comm,
		.mmu = mmu < 0 ? NULL : mmu_names[mmu],
		.no_origin = !origin,
	};
	struct strbuf shown = STRBUF_INIT;
	struct output out;
	int err = open_output(&out), write_err;

	if (err)
		return broken(output, err);
	err = import(format, input, &out, &options, report);
	write_err = close_output(&out);
	report_text_clean(&shown, path);
	if (err && err != write_err)
		explain_error(strbuf_str(&shown), report, err);
	if (!write_err && json)
		print_json(path, report);
	else if (!write_err && !quiet)
		print_report(strbuf_str(&shown), report);
	strbuf_release(&shown);
	if (write_err)
		return broken(output, write_err);
	return err ? STATUS_BROKEN : STATUS_OK;
}

static int import_living(pid_t process, const char *path, struct import_report *report)
{
	struct strbuf text = STRBUF_INIT;
	struct import_memory memory;
	struct input input = { 0 };
	int err = host_layout(process, pages, add_line, &text), status;

	if (err) {
		strbuf_release(&text);
		return broken(path, err);
	}
	memory = (struct import_memory){ strbuf_str(&text), text.len, 0 };
	input.source = import_source_memory(&memory);
	if (touch < 0 && pages)
		touch = IMPORT_TOUCH_WRITTEN;
	status = import_source(IMPORT_PROC, path, &input, report);
	strbuf_release(&text);
	return status;
}

static int import_path(enum import_format format, const char *path, struct import_report *report)
{
	struct strbuf maps = STRBUF_INIT;
	struct input input = { 0 };
	struct stat st;
	pid_t process;
	int fd, status;

	if (format == IMPORT_PROC && is_pid(path, &process))
		return import_living(process, path, report);
	if (format == IMPORT_PROC && !stat(path, &st) && S_ISDIR(st.st_mode))
		strbuf_addf(&maps, "%s/maps", path);
	fd = open_input(maps.len ? strbuf_str(&maps) : path);
	strbuf_release(&maps);
	if (fd < 0)
		return broken(path, fd);
	input.source = import_source_fd(fd);
	status = import_source(format, path, &input, report);
	if (fd != STDIN_FILENO)
		close(fd);
	return status;
}

static int run(int argc, char **argv)
{
	struct import_report *report;
	int format, status;

	if (!argc)
		return usage_error(&command_import, "import what: strace, ftrace or proc?");
	format = import_format_index(argv[0]);
	if (format < 0 && (!strncmp(argv[0], "trace", 5) || !strncmp(argv[0], "perf", 4)))
		return usage_error(&command_import, "no format '%s': ftrace is for trace.dat and for the "
				   "text of perf script, too", argv[0]);
	if (format < 0)
		return usage_error(&command_import, "no format '%s'; one of strace ftrace proc",
				   argv[0]);
	if (argc != 2)
		return usage_error(&command_import, argc < 2 ? "which recording?" :
							       "one recording at a time");
	if (pid > UINT32_MAX)
		return usage_error(&command_import, "--pid is too large");
	if (pages && format != IMPORT_PROC)
		return usage_error(&command_import, "--pages is for proc PID");
	if (json && !output)
		return usage_error(&command_import, "--json wants the script elsewhere: -o FILE");
	report = mem_zalloc(sizeof(*report));
	if (!report)
		return broken(argv[1], -ENOMEM);
	status = import_path(format, argv[1], report);
	mem_free(report);
	return status;
}

static const struct option options[] = {
	OPT_STRING('o', "output", &output, "FILE", "where the script goes, if not standard output"),
	OPT_CHOICE(0, "touch", &touch, "WHAT",
		   "pages to take as touched where the recording cannot know (all):", touches),
	OPT_CHOICE('m', "mmu", &mmu, "KIND", "kind of MMU to write for its VMs (tdp):", mmu_names),
	OPT_UINT('p', "pid", &pid, "PID", "this process only"),
	OPT_STRING(0, "comm", &comm, "NAME", "threads of this name only (ftrace)"),
	OPT_FLAG(0, "pages", &pages,
		 "of a living process: which are there; splits 1 GiB device pages"),
	OPT_FLAG(0, "origin", &origin, "comments with the recording's lines (--no-origin: none)"),
	OPT_FLAG('j', "json", &json, "what was read and what became of it, as JSON"),
	OPT_FLAG('q', "quiet", &quiet, "no report on standard error"),
	OPT_END,
};

const struct command command_import = {
	.name = "import",
	.run = run,
	.summary = "turn a recording into a script",
	.usage = (const char *const[]){ "[options] strace FILE", "[options] ftrace FILE",
					"[options] proc PID|DIR|FILE", NULL },
	.about = "Turn a recording of a real program into a script: the text of strace, ftrace's system\n"
		 "calls and page faults (mmuscope record, trace-cmd's trace.dat or report, the text of\n"
		 "perf script), a living process, or a /proc/PID/maps or smaps file. '-' is standard\n"
		 "input; recordings compressed with zstd are read as they are. What was assumed, counted\n"
		 "and left out is said on standard error and in the script.\n"
		 "\n"
		 "Exit status: 0 imported, 2 wrong usage, 3 the recording is broken (what came before\n"
		 "the error is written all the same) or the script could not be written.",
	.options = options,
	.words = formats,
	.examples = (const char *const[]){
		"mmuscope import proc /proc/self/maps",
		"mmuscope import strace --touch written -o prog.mms prog.strace",
		"mmuscope import strace prog.strace | mmuscope compare -",
		"mmuscope import ftrace -o prog.mms trace.dat",
		NULL,
	},
};
