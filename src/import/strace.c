// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of a strace log.
 *
 * [pid 12] or 12 (with -f), a time stamp (-t -tt -ttt -r), then one of
 *	name(args) = result <secs>
 *	name(args <unfinished ...>	<... name resumed>args) = result
 *	--- SIGNAL {...} ---		+++ exited with 0 +++		strace: a message
 */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>

static const char unfinished[] = "<unfinished ...>";

/* Time stamps below this many seconds since the epoch are differences (-r), not dates. */
#define RELATIVE_LIMIT 100000000ULL

static bool starts(const struct token *t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t->len >= n && !memcmp(t->s, prefix, n);
}

static void advance(struct token *t, size_t n)
{
	t->s += n;
	t->len -= n;
	while (t->len && *t->s == ' ')
		t->s++, t->len--;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t take_decimal(const char **s, const char *end, unsigned int *ret_digits)
{
	uint64_t value = 0;
	unsigned int n = 0;

	for (; *s < end && is_digit(**s); ++*s, n++)
		value = value < UINT64_MAX / 100 ? value * 10 + (**s - '0') : value;
	*ret_digits = n;
	return value;
}

/* The part behind the dot, in nanoseconds. */
static uint64_t take_fraction(const char **s, const char *end)
{
	unsigned int digits;
	uint64_t value;

	if (*s >= end || **s != '.')
		return 0;
	++*s;
	value = take_decimal(s, end, &digits);
	for (; digits < 9; digits++)
		value *= 10;
	for (; digits > 9; digits--)
		value /= 10;
	return value;
}

/*
 * The rest of "12:34:56.789" behind "12", or of "1700000000.123456" behind the first
 * number.
 */
static void take_time(struct import *im, const char **s, const char *end, uint64_t first)
{
	const bool clock = **s == ':';
	uint64_t seconds = first % (1ULL << 33);
	unsigned int digits;

	while (*s < end && **s == ':') {
		++*s;
		seconds = seconds * 60 + take_decimal(s, end, &digits) % 60;
	}
	seconds *= 1000000000ULL;
	seconds += take_fraction(s, end);
	if (!clock && first < RELATIVE_LIMIT) {
		im->relative += seconds;
		seconds = im->relative;
	}
	import_time(im, seconds);
}

/* "[pid 12]", "[pid 12<comm>]"; other brackets (-i, -n) are passed over. */
static bool take_bracket(struct token *t, uint64_t *pid)
{
	const char *close = memchr(t->s, ']', t->len);
	const char *s = t->s + 4;
	unsigned int digits;

	if (!close)
		return false;
	if (starts(t, "[pid")) {
		while (s < close && *s == ' ')
			s++;
		*pid = take_decimal(&s, close, &digits);
		if (!digits)
			return false;
		/* the name behind the number may hold a bracket of its own */
		if (*s == '<') {
			s = memchr(s, '>', t->s + t->len - s);
			close = s ? memchr(s, ']', t->s + t->len - s) : NULL;
			if (!close)
				return false;
		}
	}
	advance(t, close + 1 - t->s);
	return true;
}

/* Everything before the call: thread and time. False: not a line of strace. */
static bool take_prefix(struct import *im, struct token *t, uint64_t *pid)
{
	bool have_pid = false;

	advance(t, 0);
	for (int i = 0; i < 5 && t->len; i++) {
		const char *s = t->s, *end = t->s + t->len;
		unsigned int digits;
		uint64_t value;

		if (*s == '[') {
			if (!take_bracket(t, pid))
				return false;
			continue;
		}
		if (!is_digit(*s))
			return true;
		value = take_decimal(&s, end, &digits);
		if (s < end && (*s == ':' || *s == '.')) {
			take_time(im, &s, end, value);
		} else if (s < end && *s == '<' && !have_pid) {
			s = memchr(s, '>', end - s);
			s = s ? s + 1 : end;
			have_pid = true;
			*pid = value;
		} else if (digits > 9) {
			take_time(im, &s, end, value); /* -ttt without a fraction */
		} else if (!have_pid) {
			have_pid = true;
			*pid = value;
		} else {
			take_time(im, &s, end, value);
		}
		if (s < end && *s != ' ')
			return false;
		advance(t, s - t->s);
	}
	return t->len > 0;
}

static size_t name_length(const struct token *t)
{
	size_t n = 0;

	while (n < t->len && ((t->s[n] >= 'a' && t->s[n] <= 'z') || is_digit(t->s[n]) ||
			      t->s[n] == '_' || (t->s[n] >= 'A' && t->s[n] <= 'Z')))
		n++;
	return n;
}

static bool ends_with_unfinished(struct token *t)
{
	const size_t n = sizeof(unfinished) - 1;
	const char *s;

	while (t->len && t->s[t->len - 1] == ' ')
		t->len--;
	if (t->len < n)
		return false;
	s = t->s + t->len - n;
	if (memcmp(s, unfinished, n) && memcmp(s + 2, "<detached ...>", 14))
		return false;
	t->len -= *s == '<' ? n : n - 2;
	return true;
}

static int stash(struct task *task, const struct token *args, const struct call *call)
{
	int err = mem_grow(&task->stash, &task->stash_cap, args->len + 1, 1);

	if (err)
		return err;
	memcpy(task->stash, args->s, args->len);
	task->stash_len = args->len;
	task->nr = call;
	return 0;
}

static void end_call(struct task *task)
{
	task->in_call = false;
	task->nr = NULL;
	task->stash_len = 0;
}

/* "name(args <unfinished ...>": kept until the rest comes. */
static int call_begun(struct import *im, struct task *task, const struct call *call,
		      struct token args)
{
	int err;

	if (task->in_call)
		im->report->unfinished++;
	end_call(task);
	task->in_call = true;
	if (!call || call->id == CALL_OTHER_MEMORY)
		return 0;
	while (args.len && args.s[args.len - 1] == ' ')
		args.len--;
	err = stash(task, &args, call);
	if (!err)
		err = imp_strace_begun(im, task, call, args.s, args.len);
	/* done with at once: nothing is left for its end */
	if (err > 0)
		task->nr = NULL;
	return err < 0 ? err : 0;
}

/* Without -o, strace's "strace: Process 12 attached" lands in the middle of a clone. */
static bool ends_with_message(struct token *t)
{
	const char *s = memmem(t->s, t->len, "strace: Process ", 16);

	if (!s)
		return false;
	t->len = s - t->s;
	return true;
}

static int call_done(struct import *im, struct task *task, const struct call *call,
		     struct import_call *count, const char *args, size_t len)
{
	struct call_text text;
	int used;

	if (!imp_split_call(args, len, &text))
		return -EBADMSG;
	used = imp_strace_call(im, task, call, &text, count);
	if (used > 0)
		count->used++;
	return used < 0 ? used : 0;
}

/* A call without meaning for the layout: does the line end as it should? */
static bool looks_whole(const struct token *args)
{
	struct call_text text;

	return imp_split_call(args->s, args->len, &text);
}

/* With --touch written: the pages behind the pointers that a call was given. */
static void follow_pointers(struct import *im, struct task *task,
			    const struct token *args)
{
	struct call_text text;
	uint64_t addr, len;

	if (im->options.touch != IMPORT_TOUCH_WRITTEN ||
	    !imp_split_call(args->s, args->len, &text) || text.error.len)
		return;
	for (unsigned int i = 0; i < text.nr && i < MAX_ARGS; i++) {
		const struct token *arg = &text.args[i];

		if (arg->len < 6 || arg->s[0] != '0' || arg->s[1] != 'x' ||
		    !imp_parse_number(arg->s, arg->len, &addr))
			continue;
		/*
		 * read(3, 0x7f..., 4096) = 100 and its kin return how much of the buffer
		 * they used
		 */
		if (!(i == 1 && text.nr >= 3 &&
		      imp_parse_number(text.result.s, text.result.len, &len)))
			len = 0;
		imp_touch_pointer(im, task->mm, addr,
				  len < im->options.touch_limit ? len : 0);
	}
}

static int line_call(struct import *im, struct task *task, struct token t, size_t n,
		     bool last)
{
	const struct call *call = imp_call_find(t.s, n);
	struct import_call *count = imp_count_call(im, t.s, n);
	struct token args = { t.s + n + 1, t.len - n - 1 };
	const bool begun = ends_with_unfinished(&args);

	if (!imp_task_is_shown(im, task) || task->mm->state == MM_ABSENT)
		im->report->elsewhere++;
	if (begun)
		return call_begun(im, task, call, args);
	if (call && imp_is_fork(call) && ends_with_message(&args)) {
		im->interrupted = task;
		return call_begun(im, task, call, args);
	}
	if (!call || call->id == CALL_OTHER_MEMORY) {
		if (last && !looks_whole(&args))
			return -EBADMSG;
		follow_pointers(im, task, &args);
		return 0;
	}
	return call_done(im, task, call, count, args.s, args.len);
}

/* The call is what was kept and @rest. */
static int call_resumed(struct import *im, struct task *task, const struct token *rest)
{
	const struct call *call = task->nr;
	struct import_call *count;
	size_t n = task->stash_len + rest->len;
	int err;

	if (n > 2 * IMPORT_MAX_LINE)
		return -EBADMSG;
	err = mem_grow(&task->stash, &task->stash_cap, n + 1, 1);
	if (err)
		return err;
	memcpy(task->stash + task->stash_len, rest->s, rest->len);
	count = imp_count_call(im, call->name, strlen(call->name));
	count->seen--; /* counted where it began */
	task->in_call = false;
	task->stash_len = 0;
	/* the task may be gone afterwards: it keeps its text until then */
	return call_done(im, task, call, count, task->stash, n);
}

/* "<... name resumed>rest" */
static int line_resumed(struct import *im, struct task *task, struct token t)
{
	const char *close = memchr(t.s, '>', t.len);
	const struct call *call = task->nr;
	struct token rest;
	size_t n;

	if (!close)
		return -EBADMSG;
	advance(&t, 5);
	n = name_length(&t);
	rest = (struct token){ close + 1, t.s + t.len - (close + 1) };
	if (!task->in_call || !call) {
		/* the thread that runs another program takes its process's number */
		call = imp_call_find(t.s, n);
		task->in_call = false;
		if (!call || call->id != CALL_EXEC ||
		    !memmem(rest.s, rest.len, ") = 0", 5))
			return 0;
		return imp_task_exec(im, task);
	}
	if (ends_with_unfinished(&rest))
		return 0;
	return call_resumed(im, task, &rest);
}

/* ", parent_tid=[12]) = 12": what follows a message of strace's own. */
static int line_continued(struct import *im, struct token t)
{
	struct task *task = im->interrupted;

	if (starts(&t, unfinished))
		return 0;
	im->interrupted = NULL;
	return task->in_call && task->nr ? call_resumed(im, task, &t) : -EBADMSG;
}

/*
 * "+++ exited with 0 +++", "+++ killed by SIGKILL +++", "+++ superseded by execve in pid
 * 9 +++"
 */
static int line_gone(struct import *im, struct task *task, const struct token *t)
{
	static const char superseded[] = "+++ superseded by execve in pid ";
	const char *s = t->s + sizeof(superseded) - 1, *end = t->s + t->len;
	unsigned int digits;
	uint64_t pid;

	if (t->len < 7 || memcmp(end - 3, "+++", 3))
		return -EBADMSG;
	if (!task)
		return 0;
	if (!starts(t, superseded)) {
		imp_task_exit(im, task, false);
		return 0;
	}
	pid = take_decimal(&s, end, &digits);
	imp_task_supersede(im, task, pid);
	return 0;
}

/* Lines that say nothing about calls: signals, strace's own words, stack traces of -k. */
static bool is_remark(const struct token *t)
{
	return starts(t, "--- ") || starts(t, "strace: ") || starts(t, "> ") ||
	       starts(t, "?\?\?\?(") || starts(t, "Process ");
}

static int read_line(struct import *im, const struct line *line)
{
	struct token t = { line->s, line->len };
	struct task *task;
	uint64_t pid = 0;
	size_t n;

	if (!take_prefix(im, &t, &pid) || pid > UINT32_MAX)
		return -ENOMSG;
	if (is_remark(&t))
		return 0;
	if (im->interrupted && (*t.s == ',' || *t.s == ')' || starts(&t, unfinished)))
		return line_continued(im, t);
	n = name_length(&t);
	if (starts(&t, "+++ ") || starts(&t, "<... ")) {
		task = pid ? imp_task_find(im, pid) : imp_task_get(im, 0);
		if (!task)
			task = imp_task_name(im, pid);
		if (*t.s == '+')
			return line_gone(im, task, &t);
		return task ? line_resumed(im, task, t) : 0;
	}
	if (!n || n >= t.len || t.s[n] != '(')
		return -ENOMSG;
	task = imp_task_get(im, pid);
	if (!task)
		return -ENOMEM;
	if (pid)
		imp_maybe_blank(im);
	im->interrupted = NULL;
	im->understood++;
	return line_call(im, task, t, n, line->last);
}

static int strace_line(struct import *im, const struct line *line)
{
	int err;

	if (!line->len)
		return 0;
	if (line->broken)
		return imp_fail(im, "the last line breaks off (no newline)");
	err = read_line(im, line);
	if (err == -EBADMSG && line->last)
		return imp_fail(im, "the last line breaks off inside a call");
	if (err == -EBADMSG || err == -ENOMSG) {
		imp_count_bad(im, line->s, line->len);
		return 0;
	}
	return err;
}

static const char *const assumptions[IMPORT_TOUCH_NR] = {
	[IMPORT_TOUCH_ALL] =
		"every page that becomes accessible is touched at once (written where it "
		"may be "
		"written, else\n# read), and so is every memslot by its guest, again "
		"whenever one "
		"was deleted (KVM drops all its tables)",
	[IMPORT_TOUCH_WRITTEN] = "only pages that the log shows in use are touched: "
				 "MAP_POPULATE, addresses given "
				 "to the\n# kernel as arguments, stacks given to threads",
	[IMPORT_TOUCH_NONE] = "no page is touched",
};

int import_strace(const struct import_options *options,
		  const struct import_source *source, const struct import_sink *sink,
		  struct import_report *ret_report)
{
	struct import *im;
	int err = import_begin(&im, options, source, sink, ret_report, "strace");

	if (err)
		return err;
	imp_write_header(im, assumptions[im->options.touch]);
	err = import_lines(im, strace_line);
	if (!err && !im->understood)
		err = imp_fail(im, "no line of strace found");
	return import_end(im, err);
}
