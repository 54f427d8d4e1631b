// SPDX-License-Identifier: GPL-2.0-or-later
#include <trace/trace.h>

#include <string.h>

#include <base/digits.h>

#include "format_internal.h"
#include "payload_internal.h"

static char *put(char *p, const char *s, size_t len)
{
	memcpy(p, s, len);
	return p + len;
}

static char *put_str(char *p, const char *s)
{
	return put(p, s, strlen(s));
}

static char *put_hex(char *p, uint64_t value, unsigned int width)
{
	unsigned int digits = value ? (67 - __builtin_clzll(value)) / 4 : 1;
	unsigned int i;

	if (digits < width)
		digits = width;
	for (i = digits; i-- > 0; value >>= 4)
		p[i] = "0123456789abcdef"[value & 15];
	return p + digits;
}

static char *put_0x(char *p, uint64_t value, unsigned int width)
{
	*p++ = '0';
	*p++ = 'x';
	return put_hex(p, value, width);
}

static char *put_dec(char *p, uint64_t value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = digits_dec(end, value);

	return put(p, at, end - at);
}

static char *put_int(char *p, int64_t value)
{
	if (value < 0)
		*p++ = '-';
	return put_dec(p, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static char *put_role(char *p, uint64_t role)
{
	*p++ = 'l';
	p = put_dec(p, role & 15);
	p = put_str(p, role & 1 << 4 ? " 4-byte q" : " 8-byte q");
	p = put_dec(p, role >> 5 & 3);
	p = put_str(p, role & 1 << 7 ? " direct " : " ");
	p = put(p, trace_role_access[role >> 8 & 7], 3);
	p = put_str(p, role & 1 << 11 ? " invalid " : " ");
	p = put_str(p, role & 1 << 12 ? "nxe " : "!nxe ");
	return put_str(p, role & 1 << 16 ? "!ad" : "ad");
}

static char *put_spte_perm(char *p, uint64_t spte)
{
	*p++ = 'r';
	*p++ = spte & 2 ? 'w' : '-';
	*p++ = spte >> 63 ? '-' : 'x';
	*p++ = spte & 4 ? 'u' : '-';
	return p;
}

/* As the kernel's trace_print_flags_seq(): bits without a name are printed together in hex. */
static char *put_pferr(char *p, uint32_t pferr)
{
	const struct trace_flag *flag;
	bool first = true;

	for (flag = trace_pferr_flags; flag->mask; flag++) {
		if (!(pferr & flag->mask))
			continue;
		if (!first)
			*p++ = '|';
		p = put_str(p, flag->name);
		pferr &= ~flag->mask;
		first = false;
	}
	if (pferr) {
		if (!first)
			*p++ = '|';
		p = put_0x(p, pferr, 1);
	}
	return p;
}

static char *put_reason(char *p, uint64_t reason)
{
	if (reason < TRACE_TLB_REASONS)
		return put_str(p, trace_tlb_reasons[reason]);
	return put_0x(p, reason, 1);
}

static char *put_conv(char *p, enum conv conv, uint64_t value)
{
	switch (conv) {
	case CONV_NONE:
		return p;
	case CONV_HEX:
		return put_hex(p, value, 1);
	case CONV_0X:
		return put_0x(p, value, 1);
	case CONV_0X14:
		return put_0x(p, value, 14);
	case CONV_0X16:
		return put_0x(p, value, 16);
	case CONV_DEC:
		return put_dec(p, value);
	case CONV_INT:
		return put_int(p, value);
	case CONV_STAT:
		return value < EVENT_STAT_NR ? put_str(p, event_kvm_stat_name(value)) :
					       put_dec(p, value);
	case CONV_NOTIFY:
		return value < MMU_NOTIFY_NR ? put_str(p, mmu_notify_name(value)) :
					       put_dec(p, value);
	case CONV_ROLE:
		return put_role(p, value);
	case CONV_SYNC:
		return put_str(p, value & 1 ? "unsync" : "sync");
	case CONV_CREATED:
		return put_str(p, value & 2 ? "new" : "existing");
	case CONV_SPTE_PERM:
		return put_spte_perm(p, value);
	case CONV_PFERR:
		return put_pferr(p, value);
	case CONV_REASON:
		return put_reason(p, value);
	}
	return p;
}

/* Bytes that would break the line are replaced. */
static char *put_mark(char *p, const char *text, size_t len)
{
	size_t i;

	if (len > TRACE_MARK_MAX)
		len = TRACE_MARK_MAX;
	for (i = 0; i < len; i++)
		*p++ = (unsigned char)text[i] < ' ' && text[i] != '\t' ? '?' : text[i];
	return p;
}

char *trace_put_payload(char *p, const struct event *event)
{
	const struct piece *piece = trace_payload[event->id];

	p = put_str(p, trace_event_name(event->id));
	*p++ = ':';
	if (event->id == EVENT_MMU_NOTIFIER_RELEASE)
		return p;
	*p++ = ' ';
	if (event->id == EVENT_TRACING_MARK_WRITE)
		return put_mark(p, event->text, event->text_len);
	for (;; piece++) {
		p = put(p, piece->text, piece->len);
		if (piece->conv == CONV_NONE)
			return p;
		p = put_conv(p, piece->conv, event->arg[piece->arg]);
	}
}

/* As the kernel's trace_print_context(): "%16s-%-7d [%03d] " flags " %5lu.%06lu: ". */
static char *put_context(char *p, const struct event *event)
{
	char *start, *seconds;
	uint64_t usec = event->seq % 1000000, sec = event->seq / 1000000;
	unsigned int i;

	p = put_str(p, "        mmuscope-");
	start = p;
	p = put_dec(p, event->pid);
	while (p < start + 8)
		*p++ = ' ';
	p = put_str(p, "[000] ..... ");
	for (seconds = p, i = 10000; i > 1 && sec < i; i /= 10)
		*seconds++ = ' ';
	p = put_dec(seconds, sec);
	*p++ = '.';
	for (i = 6; i-- > 0; usec /= 10)
		p[i] = '0' + usec % 10;
	p += 6;
	*p++ = ':';
	*p++ = ' ';
	return p;
}

char *trace_put_line(char *p, const struct event *event)
{
	p = trace_put_payload(put_context(p, event), event);
	*p++ = '\n';
	return p;
}

void trace_format(struct strbuf *out, const struct event *event)
{
	char buf[TRACE_PUT_MAX];

	strbuf_add(out, buf, trace_put_payload(buf, event) - buf);
}

void trace_format_line(struct strbuf *out, const struct event *event)
{
	char buf[TRACE_PUT_MAX];

	strbuf_add(out, buf, trace_put_line(buf, event) - buf);
}
