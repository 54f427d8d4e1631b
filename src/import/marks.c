// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a recorder says beside the events, and what describes a living process:
 *	map of PID LINE		a line of /proc/PID/maps: the map is there already
 *	touched of PID START-END r|w [huge]	pages that are there already
 *	kvm of PID		it has a VM, whose memslots nobody tells
 *	probe of PID begins; ends, ERR	the calls in between are the recorder's, which make a VM
 * as comments in front of the events, or as marks among them behind "mmuscope: ".
 */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

static bool starts(const struct token *t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t->len >= n && !memcmp(t->s, prefix, n);
}

/* "PID " behind @prefix; leaves what follows. */
static bool split_pid(struct token *t, const char *prefix, uint32_t *ret_pid)
{
	const char *s = t->s + strlen(prefix), *end = t->s + t->len, *stop = s;
	uint64_t pid;

	if (!starts(t, prefix))
		return false;
	while (stop < end && *stop >= '0' && *stop <= '9')
		stop++;
	if (stop == end || *stop != ' ' || !imp_parse_number(s, stop - s, &pid) ||
	    pid > INT32_MAX)
		return false;
	*ret_pid = pid;
	*t = (struct token){ stop + 1, end - stop - 1 };
	return true;
}

/* "START-END r|w", in hex */
static bool split_range(const struct token *t, uint64_t *ret_start, uint64_t *ret_end, bool *ret_write)
{
	const char *dash = memchr(t->s, '-', t->len), *space = memchr(t->s, ' ', t->len);

	if (!dash || !space || dash > space || space + 2 > t->s + t->len ||
	    (space[1] != 'r' && space[1] != 'w') ||
	    !imp_parse_hex(t->s, dash - t->s, ret_start) ||
	    !imp_parse_hex(dash + 1, space - dash - 1, ret_end))
		return false;
	*ret_write = space[1] == 'w';
	return *ret_start < *ret_end && !((*ret_start | *ret_end) & (PAGE - 1)) &&
	       *ret_end <= ADDR_END;
}

static int touched(struct import *im, struct task *task, const struct token *text)
{
	static const char huge[] = " huge";
	const size_t n = strlen(huge);
	uint64_t start, end;
	bool write;

	if (!split_range(text, &start, &end, &write))
		return -EBADMSG;
	if (text->len > n && !memcmp(text->s + text->len - n, huge, n) &&
	    imp_op_madvise(im, task->mm, start, end - start, "hugepage", false) < 0)
		return -ENOMEM;
	imp_touch_known(im, task->mm, start, end, write);
	return 0;
}

int imp_mark(struct import *im, const char *s, size_t len)
{
	struct token text = { s, len };
	struct task *task;
	uint32_t pid;
	enum { MAP, TOUCHED, KVM, PROBE } what;

	if (split_pid(&text, "map of ", &pid))
		what = MAP;
	else if (split_pid(&text, "touched of ", &pid))
		what = TOUCHED;
	else if (split_pid(&text, "kvm of ", &pid))
		what = KVM;
	else if (split_pid(&text, "probe of ", &pid))
		what = PROBE;
	else
		return -ENOMSG;
	task = imp_task_get(im, pid);
	if (!task)
		return -ENOMEM;
	if (im->strangers)
		imp_maybe_blank(im);
	if (what == TOUCHED)
		return touched(im, task, &text);
	if (what == MAP)
		return imp_proc_map(im, task, text.s, text.len);
	if (what == KVM)
		return imp_guess_vm(im, task->mm);
	task->probed = starts(&text, "begins");
	task->in_call = false;
	task->mm->probed = imp_token_is(&text, "ends, 0");
	if (!im->report->probed)
		im->report->probed = task->tgid;
	return 0;
}
