// SPDX-License-Identifier: GPL-2.0-or-later
/* ftrace text: system calls and user page faults of real programs in one stream. */
#include "import_internal.h"
#include "trace_dat_internal.h"

#include <errno.h>
#include <string.h>

/* Bits of the x86 page fault error code. */
#define FAULT_WRITE 2

/* An unknown clone3 (its flags are in memory the trace does not show) makes a thread. */
#define CLONE3_ASSUMED (CLONE_BIT_VM | CLONE_BIT_THREAD)
#define MAX_ERRNO 4095

/* ioctl numbers of include/uapi/linux/kvm.h */
#define KVM_CREATE_VM_NR 0xae01
#define KVM_SET_USER_MEMORY_REGION_NR 0x4020ae46
#define KVM_SET_USER_MEMORY_REGION2_NR 0x40a0ae49

static void note_fork(struct import *im, struct task *task, const struct call *call,
		      const uint64_t *args)
{
	switch (call->id) {
	case CALL_FORK:
		imp_fork_begins(im, task, 0);
		break;
	case CALL_VFORK:
		imp_fork_begins(im, task, CLONE_BIT_VM | CLONE_BIT_VFORK);
		break;
	case CALL_CLONE:
		imp_fork_begins(im, task, args[0]);
		break;
	case CALL_CLONE3:
		imp_fork_begins(im, task, CLONE3_ASSUMED);
		break;
	default:
		break;
	}
}

static int call_enters(struct import *im, struct task *task, const struct call *call,
		       const struct ftrace_line *line, struct import_call *count)
{
	if (task->probed)
		return 0;
	if (task->in_call)
		im->report->unfinished++;
	memset(task->args, 0, sizeof(task->args));
	task->in_call = true;
	task->nr = call;
	if (!call)
		return 0;
	imp_ftrace_args(&line->fields, task->args);
	note_fork(im, task, call, task->args);
	if (call->id != CALL_EXIT && call->id != CALL_EXIT_GROUP)
		return 0;
	task->in_call = false;
	count->used++;
	imp_task_exit(im, task, call->id == CALL_EXIT_GROUP);
	return 0;
}

static int ioctl_done(struct import *im, struct task *task, uint64_t result)
{
	switch (task->args[1]) {
	case KVM_CREATE_VM_NR:
		return imp_op_vm_create(im, task->mm, result);
	case KVM_SET_USER_MEMORY_REGION_NR:
	case KVM_SET_USER_MEMORY_REGION2_NR:
		/* the region itself is in memory that the trace does not show */
		return imp_guess_slots(im, task->mm, task->args[0]);
	default:
		return 0;
	}
}

static int call_succeeded(struct import *im, struct task *task, const struct call *call,
			  uint64_t result)
{
	const uint64_t *a = task->args;
	struct map_call map;
	const char *name;

	switch (call->id) {
	case CALL_MMAP:
		map = (struct map_call){
			result, a[1], a[2], a[3], imp_map_kind_of(a[3], "", 0), 0, a[5]
		};
		return imp_op_mmap(im, task->mm, &map);
	case CALL_MUNMAP:
		return imp_op_munmap(im, task->mm, a[0], a[1]);
	case CALL_MPROTECT:
		return imp_op_mprotect(im, task->mm, a[0], a[1], a[2], false);
	case CALL_MADVISE:
		name = imp_advice_name(a[2]);
		return name ? imp_op_madvise(im, task->mm, a[0], a[1], name, false) : 0;
	case CALL_MREMAP:
		return imp_op_mremap(im, task->mm, a[0], a[1], a[2], result,
				     a[3] & MREMAP_BIT_DONTUNMAP);
	case CALL_BRK:
		return imp_op_brk(im, task->mm, result);
	case CALL_IOCTL:
		return ioctl_done(im, task, result);
	case CALL_EXEC:
		return imp_task_exec(im, task) ? -ENOMEM : 1;
	case CALL_FORK:
	case CALL_VFORK:
	case CALL_CLONE:
	case CALL_CLONE3:
		return imp_fork_ends(im, task, result) ? -ENOMEM : 1;
	default:
		return 0;
	}
}

static int call_partly(struct import *im, struct task *task, const struct call *call)
{
	const uint64_t *a = task->args;
	const char *name = imp_advice_name(a[2]);

	if (call->id == CALL_MPROTECT)
		return imp_op_mprotect(im, task->mm, a[0], a[1], a[2], true);
	return name ? imp_op_madvise(im, task->mm, a[0], a[1], name, true) : 0;
}

/* "0x7f0000002000"; raw_syscalls: "NR 10 = -12" */
static bool exit_value(const struct ftrace_line *line, uint64_t *ret_value)
{
	const char *s = line->fields.s, *end = s + line->fields.len;
	const char *equals = memchr(s, '=', line->fields.len);

	if (line->raw) {
		if (!equals || end - equals < 3)
			return false;
		return imp_parse_number(equals + 2, end - equals - 2, ret_value);
	}
	while (s < end && *s == ' ')
		s++;
	return imp_parse_hex(s, end - s, ret_value);
}

static int call_exits(struct import *im, struct task *task, const struct call *call,
		      const struct ftrace_line *line, struct import_call *count)
{
	uint64_t value;
	int err;

	/* the trace began, or lost something, inside this call */
	if (!task->in_call || !call || task->nr != call) {
		task->in_call = false;
		return 0;
	}
	task->in_call = false;
	if (!exit_value(line, &value))
		return -EBADMSG;
	if (value <= UINT64_MAX - MAX_ERRNO) {
		err = call_succeeded(im, task, call, value);
	} else {
		count->failed++;
		err = imp_is_fork(call) ? imp_fork_ends(im, task, 0) : 0;
		if (value == (uint64_t)-ENOMEM &&
		    (call->id == CALL_MPROTECT || call->id == CALL_MADVISE))
			err = call_partly(im, task, call);
		else
			im->report->failed++;
	}
	count->used += err > 0;
	return err < 0 ? err : 0;
}

/* "NR 9 (0, 1000, ...)" or "NR 9 = 0": leaves what follows the number. */
static bool raw_number(struct ftrace_line *line, uint64_t *ret_number)
{
	struct token *f = &line->fields;
	const char *end = f->s + f->len, *s, *stop;

	s = memmem(f->s, f->len, "NR ", 3);
	if (!s)
		return false;
	s += 3;
	for (stop = s; stop < end && *stop >= '0' && *stop <= '9'; stop++)
		;
	*f = (struct token){ stop, end - stop };
	return imp_parse_number(s, stop - s, ret_number);
}

static int event_syscall(struct import *im, struct task *task, struct ftrace_line *line)
{
	const struct call *call;
	struct import_call *count;
	char name[32];
	uint64_t nr;

	if (line->raw) {
		if (!raw_number(line, &nr))
			return -EBADMSG;
		call = imp_call_by_number(nr);
		snprintf(name, sizeof(name), "syscall_%llu", (unsigned long long)nr);
		line->name = call ? (struct token){ call->name, strlen(call->name) }
				  : (struct token){ name, strlen(name) };
	} else {
		call = imp_call_find(line->name.s, line->name.len);
	}
	count = imp_count_call(im, line->name.s, line->name.len);
	if (call && call->id == CALL_OTHER_MEMORY)
		call = NULL;
	if (line->kind == FTRACE_ENTER)
		return call_enters(im, task, call, line, count);
	count->seen -= count->seen > 1; /* counted where it began */
	return call_exits(im, task, call, line, count);
}

/*
 * "task_newtask: pid=12 comm=x clone_flags=3d0f00 ...", "sched_process_fork: ...
 * child_pid=12"
 */
static int event_fork(struct import *im, struct task *task,
		      const struct ftrace_line *line)
{
	uint64_t child, flags;

	if (imp_token_is(&line->name, "task_newtask")) {
		if (!imp_ftrace_field(&line->fields, "pid", 10, &child) ||
		    !imp_ftrace_field(&line->fields, "clone_flags", 16, &flags))
			return -EBADMSG;
		task->fork_flags = flags;
	} else if (!imp_ftrace_field(&line->fields, "child_pid", 10, &child)) {
		return -EBADMSG;
	}
	return child && child <= UINT32_MAX ? imp_fork_child(im, task, child) : 0;
}

static int event_fault(struct import *im, struct task *task,
		       const struct ftrace_line *line, struct import_call *count)
{
	uint64_t addr, code;

	if (!imp_ftrace_field(&line->fields, "address", 16, &addr) ||
	    !imp_ftrace_field(&line->fields, "error_code", 16, &code))
		return -EBADMSG;
	if (addr < ADDR_END)
		imp_touch_fault(im, task->mm, addr, code & FAULT_WRITE);
	count->used += addr < ADDR_END;
	return 0;
}

static int event_unmap_hva(struct import *im, struct task *task, const struct ftrace_line *line,
			   struct import_call *count)
{
	int err = imp_notified(im, task, &line->fields);

	if (err)
		return err;
	imp_touch_flush(im);
	imp_out_str(im, "# kvm_unmap_hva_range:");
	imp_out_text(im, line->fields.s, line->fields.len, 100);
	imp_out_bytes(im, "\n", 1);
	count->used++;
	return 0;
}

static int event(struct import *im, struct task *task, struct ftrace_line *line)
{
	struct import_call *count;
	int ret;

	if (line->kind == FTRACE_EVENT && imp_token_is(&line->name, "kvm_unmap_hva_range"))
		return event_unmap_hva(im, task, line,
				       imp_count_call(im, line->name.s, line->name.len));
	task->times = 0;
	if (line->kind != FTRACE_EVENT)
		return event_syscall(im, task, line);
	count = imp_count_call(im, line->name.s, line->name.len);
	if (imp_token_is(&line->name, "page_fault_user") ||
	    imp_token_is(&line->name, "page_fault_kernel"))
		return event_fault(im, task, line, count);
	if (imp_token_is(&line->name, "kvm_page_fault")) {
		ret = imp_guest_event(im, task, &line->fields);
		count->used += ret > 0;
		return ret < 0 ? ret : 0;
	}
	if (imp_token_is(&line->name, "task_newtask") ||
	    imp_token_is(&line->name, "sched_process_fork")) {
		count->used++;
		return event_fork(im, task, line);
	}
	if (imp_token_is(&line->name, "sched_process_exit")) {
		count->used++;
		imp_task_exit(im, task, false);
	}
	return 0;
}

/* "# tracer: nop", trace-cmd's "cpus=2" and its like, call chains */
static bool is_remark(const struct line *line)
{
	return !line->len || line->s[0] == '#' || imp_ftrace_is_frame(line->s, line->len) ||
	       (line->len > 5 && !memcmp(line->s, "cpus=", 5)) ||
	       (line->len > 9 && !memcmp(line->s, "version =", 9)) ||
	       (line->len > 9 && !memcmp(line->s + line->len - 9, " is empty", 9));
}

/* "tracing_mark_write: mmuscope: map of 12 ..." */
static int read_mark(struct import *im, const struct ftrace_line *line)
{
	static const char ours[] = "mmuscope: ";
	const char *s = line->fields.s, *end = s + line->fields.len;
	int err;

	while (s < end && *s == ' ')
		s++;
	if ((size_t)(end - s) < strlen(ours) || memcmp(s, ours, strlen(ours)))
		return 0;
	s += strlen(ours);
	err = imp_mark(im, s, end - s);
	return err == -ENOMSG ? 0 : err;
}

/* "# kernel 6.12.1" of our recorder, "# os release : 6.12.1" of perf script --header */
static bool read_release(struct import *im, const struct line *line)
{
	static const char *const words[] = { "# kernel ", "# os release : " };

	for (int i = 0; i < 2; i++) {
		const size_t n = strlen(words[i]);

		if (line->len <= n || memcmp(line->s, words[i], n))
			continue;
		imp_set_release(im, line->s + n, line->len - n);
		return true;
	}
	return false;
}

/* The comments of our recorder. */
static int read_comment(struct import *im, const struct line *line)
{
	static const char lost[] = "# lost ";
	struct token text = { line->s, line->len };
	uint64_t nr;
	size_t n;
	int err;

	if (line->len < 3 || line->s[0] != '#' || read_release(im, line))
		return 0;
	if (imp_token_is(&text, "# mmuscope recording 1"))
		im->recorded = true;
	else if (imp_token_is(&text, "# end of recording"))
		im->ended = true;
	if (line->len > strlen(lost) && !memcmp(line->s, lost, strlen(lost))) {
		for (n = strlen(lost); n < line->len && line->s[n] != ' '; n++)
			;
		if (imp_parse_number(line->s + strlen(lost), n - strlen(lost), &nr))
			im->report->lost += nr;
		return 0;
	}
	err = imp_mark(im, line->s + 2, line->len - 2);
	return err == -ENOMSG ? 0 : err;
}

static int read_line(struct import *im, const struct line *line)
{
	const char *comm = im->options.comm;
	struct ftrace_line split;
	struct task *task;
	uint64_t lost;
	int err;

	if (!imp_ftrace_split(line->s, line->len, &split)) {
		if (!imp_ftrace_lost(line->s, line->len, &lost))
			return -ENOMSG;
		/* ours counts them at its end */
		im->report->lost += im->recorded ? 0 : lost;
		return 0;
	}
	im->understood++;
	import_time(im, split.time);
	if (imp_token_is(&split.name, "tracing_mark_write"))
		return read_mark(im, &split);
	if ((comm && !imp_token_is(&split.comm, comm)) || !split.pid) {
		im->report->elsewhere += split.pid != 0;
		return 0;
	}
	/* what is left of a thread after its last call makes no thread again */
	if (split.kind == FTRACE_EVENT &&
	    imp_token_is(&split.name, "sched_process_exit") &&
	    !imp_task_find(im, split.pid))
		return 0;
	if (split.tgid) {
		err = imp_task_join(im, split.pid, split.tgid);
		if (err)
			return err;
	}
	task = imp_task_get(im, split.pid);
	if (!task)
		return -ENOMEM;
	task->heard = true;
	imp_maybe_blank(im);
	if (!imp_task_is_shown(im, task) || task->mm->state == MM_ABSENT)
		im->report->elsewhere++;
	return event(im, task, &split);
}

static int ftrace_line(struct import *im, const struct line *line)
{
	int err;

	if (line->broken)
		return imp_fail(im, "the last line breaks off (no newline)");
	err = is_remark(line) ? read_comment(im, line) : read_line(im, line);
	if (line->last && (err == -EBADMSG || (err == -ENOMSG && im->understood)))
		return imp_fail(im, "the last line breaks off inside an event");
	if (err == -EBADMSG || err == -ENOMSG) {
		imp_count_bad(im, line->s, line->len);
		return 0;
	}
	return err;
}

static const char without_faults[] = "the recorded page faults are left out";
static const char with_faults[] = "nothing about accesses: pages are touched where the "
				  "recording shows a page fault;\n"
				  "# a thread made by clone3 shares its maker's memory "
				  "unless task_newtask says otherwise";

int import_ftrace(const struct import_options *options,
		  const struct import_source *source, const struct import_sink *sink,
		  struct import_report *ret_report)
{
	struct trace_dat dat = { .pipe = -1 };
	struct import *im;
	bool perf;
	int err = import_begin(&im, options, source, sink, ret_report, "ftrace");

	if (err)
		return err;
	im->strangers = true;
	im->cached = im->options.touch != IMPORT_TOUCH_NONE;
	/* nothing has to be assumed: faults carry what was touched */
	if (im->options.touch != IMPORT_TOUCH_NONE)
		im->options.touch = IMPORT_TOUCH_WRITTEN;
	imp_write_header(im, im->options.touch == IMPORT_TOUCH_NONE ? without_faults
								    : with_faults);
	perf = imp_input_starts(&im->input, "PERFILE2", 8) > 0;
	err = imp_trace_dat_begin(im, &dat);
	if (!err)
		err = import_lines(im, ftrace_line);
	if (dat.bytes)
		ret_report->bytes = dat.bytes;
	imp_trace_dat_end(&dat);
	if (err == -EINVAL && !im->understood && perf)
		err = imp_fail(im, "this is perf.data: import the text that perf script prints of it");
	if (!err && !im->understood)
		err = imp_fail(im, "no event of ftrace found");
	if (!err && im->recorded && !im->ended)
		err = imp_fail(im, "the recording breaks off: the line that ends it is missing");
	return import_end(im, err);
}
