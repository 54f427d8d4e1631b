// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/trace.h>

#include <errno.h>
#include <string.h>

#include "payload_internal.h"

/* What is left of a line. */
struct scan {
	const char *p;
	const char *end;
};

static bool eat(struct scan *s, const char *text, size_t len)
{
	if ((size_t)(s->end - s->p) < len || memcmp(s->p, text, len))
		return false;
	s->p += len;
	return true;
}

static bool eat_str(struct scan *s, const char *text)
{
	return eat(s, text, strlen(text));
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool scan_hex(struct scan *s, uint64_t *ret)
{
	const char *start = s->p;
	uint64_t value = 0;

	while (s->p < s->end && hex_digit(*s->p) >= 0) {
		if (value >> 60)
			return false;
		value = value << 4 | hex_digit(*s->p++);
	}
	*ret = value;
	return s->p > start;
}

static bool scan_0x(struct scan *s, uint64_t *ret)
{
	return eat_str(s, "0x") && scan_hex(s, ret);
}

static bool scan_dec(struct scan *s, uint64_t *ret)
{
	const char *start = s->p;
	uint64_t value = 0;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s->p - '0'), &value))
			return false;
		s->p++;
	}
	*ret = value;
	return s->p > start;
}

static bool scan_int(struct scan *s, uint64_t *ret)
{
	bool negative = eat_str(s, "-");

	if (!scan_dec(s, ret))
		return false;
	if (negative)
		*ret = -*ret;
	return true;
}

/* A name ("PROTECTION_VMA") or a number. */
static bool scan_notify(struct scan *s, uint64_t *ret)
{
	const char *start = s->p;
	int event;

	if (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		return scan_dec(s, ret);
	while (s->p < s->end && ((*s->p >= 'A' && *s->p <= 'Z') || *s->p == '_'))
		s->p++;
	event = mmu_notify_number(start, s->p - start);
	*ret = event;
	return event >= 0;
}

/* A name ("pages_4k") or a number. */
static bool scan_stat(struct scan *s, uint64_t *ret)
{
	const char *start = s->p;
	int stat;

	if (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		return scan_dec(s, ret);
	while (s->p < s->end && *s->p != ' ')
		s->p++;
	stat = event_kvm_stat_number(start, s->p - start);
	*ret = stat;
	return stat >= 0;
}

static bool scan_access(struct scan *s, uint64_t *ret)
{
	unsigned int access;

	for (access = 0; access < 8; access++) {
		if (eat(s, trace_role_access[access], 3)) {
			*ret = access;
			return true;
		}
	}
	return false;
}

static bool scan_role(struct scan *s, uint64_t *ret)
{
	uint64_t level, quadrant, access, role;

	if (!eat_str(s, "l") || !scan_dec(s, &level) || level > 15 || !eat_str(s, " "))
		return false;
	role = level;
	if (eat_str(s, "4-byte q"))
		role |= 1 << 4;
	else if (!eat_str(s, "8-byte q"))
		return false;
	if (!scan_dec(s, &quadrant) || quadrant > 3)
		return false;
	role |= quadrant << 5;
	if (eat_str(s, " direct"))
		role |= 1 << 7;
	if (!eat_str(s, " ") || !scan_access(s, &access))
		return false;
	role |= access << 8;
	if (eat_str(s, " invalid"))
		role |= 1 << 11;
	if (eat_str(s, " nxe"))
		role |= 1 << 12;
	else if (!eat_str(s, " !nxe"))
		return false;
	if (eat_str(s, " !ad"))
		role |= 1 << 16;
	else if (!eat_str(s, " ad"))
		return false;
	*ret = role;
	return true;
}

/* A bit that is set when @set is read and clear when @clear is. */
static bool scan_bit(struct scan *s, const char *set, const char *clear, uint64_t bit,
		     uint64_t *arg)
{
	if (eat_str(s, set)) {
		*arg |= bit;
		return true;
	}
	return eat_str(s, clear);
}

/* What only repeats another number is passed over, up to the text that follows it. */
static bool skip_to(struct scan *s, const char *stop)
{
	while (s->p < s->end && (!stop || *s->p != *stop))
		s->p++;
	return !stop || s->p < s->end;
}

static bool scan_conv(struct scan *s, enum conv conv, uint64_t *arg)
{
	switch (conv) {
	case CONV_NONE:
		return true;
	case CONV_HEX:
		return scan_hex(s, arg);
	case CONV_0X:
	case CONV_0X14:
	case CONV_0X16:
		return scan_0x(s, arg);
	case CONV_DEC:
		return scan_dec(s, arg);
	case CONV_INT:
		return scan_int(s, arg);
	case CONV_STAT:
		return scan_stat(s, arg);
	case CONV_NOTIFY:
		return scan_notify(s, arg);
	case CONV_ROLE:
		return scan_role(s, arg);
	case CONV_SYNC:
		return scan_bit(s, "unsync", "sync", 1, arg);
	case CONV_CREATED:
		return scan_bit(s, "new", "existing", 2, arg);
	case CONV_SPTE_PERM:
		return skip_to(s, ")");
	case CONV_PFERR:
		return skip_to(s, NULL);
	case CONV_REASON:
		return skip_to(s, "(") && s->p[-1] == ' ' && s->p--;
	}
	return false;
}

/* The payload by the same list of pieces that prints it. */
static bool scan_payload(struct scan *s, struct event *event)
{
	const struct piece *piece = trace_payload[event->id];

	for (;; piece++) {
		if (!eat(s, piece->text, piece->len))
			return false;
		if (piece->conv == CONV_NONE)
			return true;
		if (!scan_conv(s, piece->conv, &event->arg[piece->arg]))
			return false;
	}
}

/* "(__mmu_notifier_invalidate_range_start+0x4/0x190) start=0x.. end=0x.. event=2" */
static bool scan_kprobe(struct scan *s, struct event *event)
{
	if (!eat_str(s, "(") || !skip_to(s, ")"))
		return false;
	return eat_str(s, ") start=") && scan_0x(s, &event->arg[1]) && eat_str(s, " end=") &&
	       scan_0x(s, &event->arg[2]) && eat_str(s, " event=") && scan_notify(s, &event->arg[0]);
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* "NAME:" or "GROUP:NAME:"; the name's length, 0 when there is none. */
static size_t scan_name(struct scan *s, const char **ret_name)
{
	const char *name, *p = s->p;
	unsigned int word;

	for (word = 0; word < 2; word++) {
		name = p;
		while (p < s->end && word_char(*p))
			p++;
		if (p == name || p == s->end || *p != ':')
			return 0;
		p++;
		if (p == s->end || !word_char(*p))
			break;
	}
	if (word == 2)
		return 0;
	s->p = p;
	*ret_name = name;
	return p - 1 - name;
}

/* The digits before @p, as in "qemu-1234   " or "qemu 1234 "; 0 when there are none. */
static uint32_t pid_before(const char *line, const char *p)
{
	const char *digits;
	uint64_t pid = 0;

	while (p > line && p[-1] == ' ')
		p--;
	if (p > line && p[-1] == ')') { /* the TGID column */
		while (p > line && *p != '(')
			p--;
		while (p > line && p[-1] == ' ')
			p--;
	}
	for (digits = p; digits > line && digits[-1] >= '0' && digits[-1] <= '9'; digits--)
		;
	for (; digits < p && pid <= UINT32_MAX; digits++)
		pid = pid * 10 + (*digits - '0');
	return pid <= UINT32_MAX ? pid : 0;
}

/* "0.000001: " in seconds with six digits (or nine) behind the point, as microseconds. */
static bool scan_time(struct scan *s, uint64_t *ret_usec)
{
	uint64_t seconds, usec = 0;
	unsigned int digits = 0;

	if (!scan_dec(s, &seconds) || seconds > UINT64_MAX / 1000000 - 1 || !eat_str(s, "."))
		return false;
	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
		if (digits++ < 6)
			usec = usec * 10 + (*s->p - '0');
	while (digits && digits < 6) {
		usec *= 10;
		digits++;
	}
	*ret_usec = seconds * 1000000 + usec;
	return digits && eat_str(s, ":");
}

/* The rest of a context behind "TASK-PID ": "[000] d..1.   123.456789: ". */
static bool scan_cpu_time(struct scan *s, uint64_t *ret_usec)
{
	uint64_t cpu;
	struct scan t;

	if (!eat_str(s, "[") || !scan_dec(s, &cpu) || !eat_str(s, "]"))
		return false;
	skip_blanks(s);
	t = *s;
	if (!scan_time(&t, ret_usec)) {
		while (s->p < s->end && *s->p != ' ')
			s->p++;
		skip_blanks(s);
		t = *s;
		if (!scan_time(&t, ret_usec))
			return false;
	}
	*s = t;
	skip_blanks(s);
	return true;
}

/* Skip "TASK-PID [CPU] flags TIME:" where there is one; the task's name may hold anything. */
static void scan_context(struct scan *s, struct event *event)
{
	const char *line = s->p;
	const char *p = line;

	while ((p = memchr(p, '[', s->end - p))) {
		struct scan t = { p, s->end };

		if (scan_cpu_time(&t, &event->seq)) {
			event->pid = pid_before(line, p);
			*s = t;
			return;
		}
		p++;
	}
}

static bool scan_event(struct scan *s, const char *name, size_t len, struct event *event,
		       bool *ret_known)
{
	int id = trace_event_id(name, len);

	*ret_known = true;
	if (id == EVENT_TRACING_MARK_WRITE) {
		event->id = id;
		event->text = s->p;
		event->text_len = s->end - s->p;
		return true;
	}
	if (len == 5 && !memcmp(name, "start", 5)) {
		event->id = EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START;
		return scan_kprobe(s, event);
	}
	if (len == 3 && !memcmp(name, "end", 3)) {
		event->id = EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END;
		return scan_kprobe(s, event);
	}
	*ret_known = id >= 0;
	event->id = id;
	return id >= 0 && scan_payload(s, event);
}

int trace_parse_line(const char *line, size_t len, struct event *ret_event)
{
	struct scan s = { line, line + len };
	struct event event = { 0 };
	const char *name;
	size_t name_len;
	bool known, ok;

	if (len && line[len - 1] == '\r')
		s.end--;
	skip_blanks(&s);
	name_len = scan_name(&s, &name);
	if (!name_len) {
		scan_context(&s, &event);
		name_len = scan_name(&s, &name);
	}
	if (!name_len)
		return 0;
	skip_blanks(&s);
	ok = scan_event(&s, name, name_len, &event, &known);
	if (!known)
		return 0;
	if (event.id != EVENT_TRACING_MARK_WRITE)
		skip_blanks(&s);
	if (!ok || (event.id != EVENT_TRACING_MARK_WRITE && s.p != s.end))
		return -EINVAL;
	*ret_event = event;
	return 1;
}
