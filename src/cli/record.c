// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope record */
#include "cli_internal.h"
#include "record_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include <base/errname.h>
#include <base/fd.h>
#include <base/new_file.h>
#include <host/record.h>
#include <report/json.h>
#include <report/stall.h>
#include <report/table.h>

#define DEFAULT_OUTPUT "mmuscope.ftrace"

static const char *output, *device, *tracefs, *duration, *from, *kernel;
static uint64_t pid, buffer = UINT64_MAX;
static bool check, json, quiet;
static bool probe = true;

static const char *recording(void)
{
	return output ? output : DEFAULT_OUTPUT;
}

static int write_text(void *ctx, const char *text, size_t len)
{
	const struct new_file *out = ctx;

	return fd_write(out->fd, text, len);
}

static void say_probe(const struct host_record_info *info, FILE *out)
{
	if (info->probes)
		fprintf(out, "notifications: seen, by a VM without memory in the program%s\n",
			info->probes > 1 ? " (one after each exec)" : "");
	else if (!probe)
		fputs("notifications: only if the program has a VM of its own (--no-probe)\n", out);
	else if (pid)
		fputs("notifications: only if the process has a VM of its own (it was not started "
		      "here)\n", out);
	else
		fprintf(out, "notifications: only if the program has a VM of its own (no probe: %s)\n",
			info->probe_err ? strerror(-info->probe_err) : "the program did not start");
}

static void say_info(const struct host_record_info *info)
{
	struct strbuf size = STRBUF_INIT;

	report_add_size(&size, info->bytes);
	fprintf(stderr, "%s: %" PRIu64 " lines, %s; tracefs, clock %s, %u events on Linux %s\n",
		recording(), info->lines, strbuf_str(&size), info->clock, info->events, info->release);
	strbuf_release(&size);
	say_probe(info, stderr);
	if (info->absent[0])
		fprintf(stderr, "not in this kernel: %s\n", info->absent);
	if (info->lost)
		fprintf(stderr, "LOST: %" PRIu64 " events on %u processors; a larger --buffer helps\n",
			info->lost, info->cpus);
}

static void say_check(const struct record_check *c)
{
	printf("notifications of process %" PRIu32 ": %" PRIu64 " recorded, %" PRIu64
	       " predicted by %s, %s%" PRIu64 " agree in order (%.1f %%)\n",
	       c->pid, c->recorded, c->predicted, c->profile, c->exact ? "" : "at least ", c->agree,
	       c->recorded ? 100.0 * c->agree / c->recorded : 0.0);
	if (c->first < c->recorded || c->first < c->predicted)
		printf("first difference: number %" PRIu64 ": recorded %#" PRIx64 " to %#" PRIx64
		       ", predicted %#" PRIx64 " to %#" PRIx64 "\n", c->first + 1, c->left[0],
		       c->left[1], c->right[0], c->right[1]);
}

static void add_check_json(struct report_json *o, const char *name, const struct record_check *c)
{
	report_json_object(o, name);
	report_json_str(o, "profile", c->profile);
	report_json_uint(o, "recorded", c->recorded);
	report_json_uint(o, "predicted", c->predicted);
	report_json_uint(o, "agree", c->agree);
	report_json_bool(o, "exact", c->exact);
	report_json_close(o);
}

static int print_check_json(const struct record_check *c)
{
	struct report_json o;

	report_json_init(&o, stdout);
	add_check_json(&o, NULL, c);
	return report_json_end(&o) ? STATUS_BROKEN : STATUS_OK;
}

static int print_json(const struct host_record_info *info, const struct record_check *c)
{
	struct report_json o;

	report_json_init(&o, stdout);
	report_json_object(&o, NULL);
	report_json_str(&o, "file", recording());
	report_json_str(&o, "facility", "tracefs");
	report_json_str(&o, "kernel", info->release);
	report_json_str(&o, "clock", info->clock);
	report_json_uint(&o, "cpus", info->cpus);
	report_json_uint(&o, "events", info->events);
	report_json_str(&o, "absent", info->absent);
	report_json_uint(&o, "probes", info->probes);
	report_json_str(&o, "probe_error", info->probe_err ? strerror(-info->probe_err) : "");
	report_json_uint(&o, "lines", info->lines);
	report_json_uint(&o, "bytes", info->bytes);
	report_json_uint(&o, "lost", info->lost);
	report_json_bool(&o, "stopped", info->stopped);
	if (c)
		add_check_json(&o, "check", c);
	report_json_close(&o);
	return report_json_end(&o) ? STATUS_BROKEN : STATUS_OK;
}

/* As the shell does: what the program returned, or 128 and its signal. */
static int program_status(const struct host_record_info *info)
{
	if (WIFSIGNALED(info->status))
		return 128 + WTERMSIG(info->status);
	return WEXITSTATUS(info->status);
}

static int tell(const struct host_record_info *info)
{
	struct record_check c;
	int status = STATUS_OK;

	if (check)
		status = record_check(recording(), info->release, pid ? pid : info->pid, &c);
	if (status != STATUS_OK)
		return status;
	if (!quiet)
		say_info(info);
	if (json)
		return print_json(info, check ? &c : NULL);
	if (check)
		say_check(&c);
	return STATUS_OK;
}

static int failed(const char *what, struct strbuf *diag, int err)
{
	if (diag->len)
		error("%s", strbuf_str(diag));
	else
		error("%s: %s", what, strerror(-err));
	strbuf_release(diag);
	return err == -EOPNOTSUPP ? STATUS_SKIPPED : STATUS_BROKEN;
}

static int record(struct host_record *recorder, struct strbuf *diag)
{
	struct new_file out;
	int err = new_file_open(&out, recording()), status;

	if (err)
		return failed(recording(), diag, err);
	err = host_record_run(recorder, write_text, &out, diag);
	err = new_file_close(&out, err);
	if (err)
		return failed(recording(), diag, err);
	status = tell(host_record_get_info(recorder));
	return status == STATUS_OK && !pid ? program_status(host_record_get_info(recorder)) : status;
}

/* Nothing is recorded: a recording that is there. */
static int check_file(void)
{
	struct record_check c;
	int status = record_check(from, kernel, pid, &c);

	if (status == STATUS_OK && json)
		return print_check_json(&c);
	if (status == STATUS_OK)
		say_check(&c);
	return status;
}

static int run(int argc, char **argv)
{
	struct host_record_options options = {
		.argv = argc ? (const char *const *)argv : NULL, .pid = pid,
		.buffer = buffer == UINT64_MAX ? 0 : buffer, .no_probe = !probe,
		.tracefs = tracefs, .device = device,
	};
	struct strbuf diag = STRBUF_INIT;
	struct host_record *recorder;
	int err, status;

	if (from && (argc || output || duration || pid > INT32_MAX))
		return usage_error(&command_record,
				   "--from records nothing: it goes with -p, --kernel and --json only");
	if (kernel && !from)
		return usage_error(&command_record, "--kernel is for --from: a recording of now is of this kernel");
	if (from)
		return check_file();
	if (!argc == !pid)
		return usage_error(&command_record, argc ? "-p or a command, not both" :
							   "which command, or which -p PID?");
	if (pid > INT32_MAX)
		return usage_error(&command_record, "-p is the number of a process");
	if (buffer != UINT64_MAX && (buffer < 4096 || buffer > 1ull << 34))
		return usage_error(&command_record, "--buffer is between 4K and 16G");
	if (check && output && !strcmp(output, "-"))
		return usage_error(&command_record, "--check needs a file to read again");
	if (duration && (report_parse_duration(duration, &options.seconds) || options.seconds <= 0))
		return usage_error(&command_record, "--duration wants a time such as 10s, not '%s'",
				   duration);
	options.seconds /= 1e9;
	err = host_record_open(&options, &diag, &recorder);
	if (err)
		return failed("recording", &diag, err);
	status = record(recorder, &diag);
	host_record_close(recorder);
	strbuf_release(&diag);
	return status;
}

static const struct option options[] = {
	OPT_UINT('p', "pid", &pid, "PID", "record this living process instead of starting one"),
	OPT_STRING('o', "output", &output, "FILE", "the recording (mmuscope.ftrace); - is standard output"),
	OPT_FLAG('k', "check", &check, "predict the notifications that were recorded, and compare"),
	OPT_STRING(0, "from", &from, "FILE",
		   "record nothing: check this recording, trace.dat or perf script"),
	OPT_STRING(0, "kernel", &kernel, "RELEASE", "with --from: the kernel (what the recording says)"),
	OPT_FLAG(0, "probe", &probe, "make the program's notifications visible (on)"),
	OPT_STRING('D', "duration", &duration, "TIME", "end after that: 10s, 500ms"),
	OPT_SIZE('b', "buffer", &buffer, "SIZE", "of the kernel, per processor (16M)"),
	OPT_STRING(0, "tracefs", &tracefs, "DIR", "where tracefs is mounted (the usual places)"),
	OPT_STRING(0, "kvm-device", &device, "PATH", "the device (/dev/kvm)"),
	OPT_FLAG('q', "quiet", &quiet, "no summary"),
	OPT_FLAG('j', "json", &json, "the summary as JSON"),
	OPT_END,
};

const struct command command_record = {
	.name = "record",
	.run = run,
	.wraps = true,
	.summary = "record what a live program does with its memory",
	.usage = (const char *const[]){ "[options] [--] COMMAND [ARGUMENT...]", "[options] -p PID",
					"--from FILE [--json] [-p PID] [--kernel RELEASE]", NULL },
	.about = "Record memory system calls, page faults and KVM's events of a program and all that it\n"
		 "starts, as ftrace text that 'mmuscope import ftrace' makes a script of. Uses an own\n"
		 "instance of tracefs, which is removed again; needs the right to write there (root).\n"
		 "\n"
		 "A program started here gets a VM without memory (through ptrace, before its first\n"
		 "instruction; --no-probe does not): nothing runs in it, but KVM then reports every MMU\n"
		 "notification of the program.\n"
		 "\n"
		 "Events that the kernel had to drop are counted, here and in the file.\n"
		 "\n"
		 "Exit status: that of the command; 0 for -p, 2 wrong usage, 3 it could not be started or\n"
		 "recorded, 77 this host does not permit recording.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope record --check -- ls /",
		"mmuscope record -o ls.ftrace ls / && mmuscope import ftrace -o ls.mms ls.ftrace",
		"mmuscope record -p $$ --duration 500ms",
		NULL,
	},
};
