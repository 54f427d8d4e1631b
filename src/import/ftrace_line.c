// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of ftrace text, in the spellings of
 *	tracefs		COMM-PID [(TGID)] [CPU] FLAGS TIME: EVENT: FIELDS
 *			COMM-PID [CPU] FLAGS TIME: sys_NAME(FIELDS)	sys_NAME -> 0xRESULT
 *	trace-cmd	COMM-PID [CPU] [FLAGS] TIME: EVENT: FIELDS
 *	perf script	COMM PID[/TID] [CPU] TIME: SYSTEM:EVENT: FIELDS
 */
#include "import_internal.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool decimal(const char *s, const char *end, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (s == end || end - s > 18)
		return false;
	for (; s < end; s++) {
		if (!is_digit(*s))
			return false;
		value = value * 10 + (*s - '0');
	}
	*ret_value = value;
	return true;
}

/*
 * " [000] ": the only thing that all spellings share, and that a comm hardly ever holds.
 */
static const char *find_cpu(const char *s, const char *end)
{
	const char *t;

	for (; (s = memchr(s, '[', end - s)); s++) {
		for (t = s + 1; t < end && is_digit(*t); t++)
			;
		if (t - s >= 4 && t + 1 < end && t[0] == ']' && t[1] == ' ')
			return s;
	}
	return NULL;
}

static const char *trim_end(const char *s, const char *end)
{
	while (end > s && end[-1] == ' ')
		end--;
	return end;
}

/* "comm-12 ", "comm-12 ( 12) ", "comm 12 ", "comm 12/13 " */
static bool split_task(const char *s, const char *end, struct ftrace_line *line)
{
	const char *word;
	uint64_t value;

	end = trim_end(s, end);
	if (end > s && end[-1] == ')') {
		for (word = end - 1; word > s && word[-1] != ' ' && word[-1] != '(';
		     word--)
			;
		if (decimal(word, end - 1, &value))
			line->tgid = value;
		while (word > s && word[-1] != '(')
			word--;
		end = trim_end(s, word > s ? word - 1 : s);
	}
	for (word = end; word > s && is_digit(word[-1]); word--)
		;
	if (!decimal(word, end, &value) || value > UINT32_MAX || word == s)
		return false;
	line->pid = value;
	if (word[-1] == '/') {
		end = word - 1;
		for (word = end; word > s && is_digit(word[-1]); word--)
			;
		if (!decimal(word, end, &value) || word == s)
			return false;
		line->tgid = value;
	}
	if (word[-1] != '-' && word[-1] != ' ')
		return false;
	end = trim_end(s, word - 1);
	line->comm = (struct token){ s, end - s };
	return true;
}

/* "1781.160628:" */
static bool split_time(const char *s, const char *end, uint64_t *ret_time)
{
	const char *dot = memchr(s, '.', end - s);
	uint64_t seconds, fraction;

	if (!dot || !decimal(s, dot, &seconds) || !decimal(dot + 1, end, &fraction) ||
	    end - dot > 10 || seconds > 10000000000ULL)
		return false;
	for (long digits = end - dot - 1; digits < 9; digits++)
		fraction *= 10;
	*ret_time = seconds * 1000000000ULL + fraction;
	return true;
}

static bool token_starts(const struct token *t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t->len >= n && !memcmp(t->s, prefix, n);
}

static void skip(struct token *t, size_t n)
{
	t->s += n;
	t->len -= n;
}

/* sys_enter_NAME, sys_exit_NAME, and raw_syscalls' sys_enter and sys_exit */
static void classify(struct ftrace_line *line)
{
	struct token *name = &line->name;

	if (imp_token_is(name, "sys_enter") || imp_token_is(name, "sys_exit")) {
		line->kind = name->len == 9 ? FTRACE_ENTER : FTRACE_EXIT;
		line->raw = true;
	} else if (token_starts(name, "sys_enter_")) {
		line->kind = FTRACE_ENTER;
		skip(name, 10);
	} else if (token_starts(name, "sys_exit_")) {
		line->kind = FTRACE_EXIT;
		skip(name, 9);
	}
}

/* What follows the time stamp. */
static bool split_event(const char *s, const char *end, struct ftrace_line *line)
{
	const char *stop = s;

	while (stop < end &&
	       ((*stop >= 'a' && *stop <= 'z') || (*stop >= 'A' && *stop <= 'Z') ||
		is_digit(*stop) || *stop == '_' || *stop == '-'))
		stop++;
	if (stop > s && stop[-1] == '-')
		stop--;
	line->name = (struct token){ s, stop - s };
	if (!line->name.len || stop == end)
		return false;
	/* "system:event:" of perf */
	if (*stop == ':' && stop + 1 < end && stop[1] != ' ')
		return split_event(stop + 1, end, line);
	line->fields = (struct token){ stop + 1, end - stop - 1 };
	if (token_starts(&line->name, "sys_") && (*stop == '(' || end - stop > 4)) {
		if (*stop == '(')
			line->kind = FTRACE_ENTER;
		else if (!memcmp(stop, " -> ", 4))
			line->kind = FTRACE_EXIT;
		if (line->kind != FTRACE_EVENT) {
			skip(&line->name, 4);
			if (line->kind == FTRACE_EXIT)
				skip(&line->fields, 3);
			return true;
		}
	}
	if (*stop != ':')
		return false;
	classify(line);
	return true;
}

/* What stands around the processor's number at @cpu. */
static bool split_at(const char *s, const char *cpu, const char *end, struct ftrace_line *line)
{
	const char *colon, *word, *flags_end;

	memset(line, 0, sizeof(*line));
	if (!split_task(s, cpu, line))
		return false;
	s = memchr(cpu, ']', end - cpu) + 1;
	while (s < end && *s == ' ')
		s++;
	colon = memmem(s, end - s, ": ", 2);
	if (!colon)
		return false;
	for (word = colon; word > s && word[-1] != ' '; word--)
		;
	/* latency flags may stand before the time, nothing else */
	flags_end = trim_end(s, word);
	if (flags_end > s && memchr(s, ' ', flags_end - s))
		return false;
	if (!split_time(word, colon, &line->time))
		return false;
	for (s = colon + 1; s < end && *s == ' '; s++)
		;
	return split_event(s, trim_end(s, end), line);
}

bool imp_ftrace_split(const char *s, size_t len, struct ftrace_line *ret_line)
{
	const char *end = s + len, *cpu;

	while (s < end && *s == ' ')
		s++;
	/* a thread may be called "x-1 [000] 1.1: " */
	for (cpu = s; (cpu = find_cpu(cpu, end)); cpu++)
		if (split_at(s, cpu, end, ret_line))
			return true;
	return false;
}

/* "@before12@after" at the start of [@s, @end): the number; 1 when @after follows at once */
static bool number_between(const char *s, const char *end, const char *before, const char *after,
			   uint64_t *ret_nr)
{
	size_t n = strlen(before), m = strlen(after);
	const char *stop;

	if (end - s < (ptrdiff_t)n || memcmp(s, before, n))
		return false;
	s += n;
	for (stop = s; stop < end && is_digit(*stop); stop++)
		;
	if (end - stop < (ptrdiff_t)m || memcmp(stop, after, m))
		return false;
	return stop == s || decimal(s, stop, ret_nr);
}

bool imp_ftrace_lost(const char *s, size_t len, uint64_t *ret_nr)
{
	const char *end = s + len, *perf, *at;

	*ret_nr = 1;
	if (len > 4 && !memcmp(s, "CPU:", 4) && (at = memchr(s, '[', len)))
		return number_between(at, end, "[LOST ", " EVENTS]", ret_nr) ||
		       number_between(at, end, "[LOST ", "EVENTS]", ret_nr) ||
		       number_between(at, end, "[", " EVENTS DROPPED]", ret_nr) ||
		       number_between(at, end, "[", "EVENTS DROPPED]", ret_nr);
	perf = memmem(s, len, ": PERF_RECORD_LOST", 18);
	if (!perf)
		return false;
	return number_between(perf + 2, end, "PERF_RECORD_LOST lost ", "", ret_nr) ||
	       number_between(perf + 2, end, "PERF_RECORD_LOST_SAMPLES lost ", "", ret_nr);
}

bool imp_ftrace_is_frame(const char *s, size_t len)
{
	if (memmem(s, len, ": <stack trace", 14) || (len && s[0] == '\t'))
		return true;
	while (len && s[0] == ' ') {
		s++;
		len--;
	}
	return len > 3 && !memcmp(s, "=> ", 3);
}

bool imp_ftrace_field(const struct token *fields, const char *name, unsigned int base,
		      uint64_t *ret_value)
{
	const size_t n = strlen(name);
	const char *s = fields->s, *end = s + fields->len, *stop;

	for (; (s = memmem(s, end - s, name, n)); s += n) {
		if (s > fields->s && s[-1] != ' ' && s[-1] != '(' && s[-1] != ',')
			continue;
		if (s + n >= end || (s[n] != '=' && s[n] != ':'))
			continue;
		s += n + 1;
		while (s < end && *s == ' ')
			s++;
		for (stop = s; stop < end && *stop != ' ' && *stop != ',' && *stop != ')';
		     stop++)
			;
		return base == 16 ? imp_parse_hex(s, stop - s, ret_value)
				  : decimal(s, stop, ret_value);
	}
	return false;
}

unsigned int imp_ftrace_args(const struct token *fields, uint64_t args[6])
{
	const char *s = fields->s, *end = s + fields->len;
	unsigned int nr = 0;

	while (s < end && nr < 6) {
		const char *comma = memchr(s, ',', end - s);
		const char *stop = comma ? comma : end, *value;

		while (stop > s && (stop[-1] == ' ' || stop[-1] == ')'))
			stop--;
		for (value = stop; value > s && value[-1] != ' ' && value[-1] != '(';
		     value--)
			;
		if (!imp_parse_hex(value, stop - value, &args[nr]))
			break;
		nr++;
		s = comma ? comma + 1 : end;
	}
	return nr;
}
