// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles and the lines that begin with '>'. */
#include "script_internal.h"

#include <base/errname.h>
#include <base/event.h>
#include <base/mem.h>
#include <base/nearest.h>

#include <errno.h>

#define KERNELS "linux-3.14", "linux-6.1", "linux-6.12", "linux-7.2"
#define DESIGNS "tight", "lazy-unmap", "rmap=index", "numa-skip"

/* "NAME+" counts from NAME to the last kernel. */
const char *const script_profile_names[] = {KERNELS, DESIGNS, NULL};
const char *const script_kernel_names[] = {KERNELS, NULL};
const char *const script_design_names[] = {DESIGNS, NULL};

#define NR_KERNELS (int)(sizeof(script_kernel_names) / sizeof(script_kernel_names[0]) - 1)

unsigned int script_nr_kernels(void)
{
	return NR_KERNELS;
}

static int profile_find(const char *s, size_t len)
{
	int i;

	for (i = 0; script_profile_names[i]; i++)
		if (!strncmp(script_profile_names[i], s, len) &&
		    !script_profile_names[i][len])
			return i;
	return -1;
}

int script_profile_index(const char *name)
{
	return profile_find(name, strlen(name));
}

bool profile_token(struct span t, uint64_t *mask)
{
	bool later = t.len && t.s[t.len - 1] == '+';
	int i = t.len ? profile_find(t.s, t.len - later) : -1;

	if (i < 0 || (later && i >= NR_KERNELS))
		return false;
	*mask |= 1ull << i;
	for (i++; later && i < NR_KERNELS; i++)
		*mask |= 1ull << i;
	return true;
}

const char *profile_hint(struct span t, bool *looks)
{
	size_t nr = 0;

	*looks = t.len >= 6 && !memcmp(t.s, "linux-", 6);
	while (script_profile_names[nr])
		nr++;
	return nearest_word(t.s, t.len, script_profile_names, nr);
}

/* The nearest of events, "none", "errno" and the profiles. */
static int unknown_expectation(struct parser *p, struct span t)
{
	const char *words[MMU_NOTIFY_NR + 2 + 64], *hint;
	struct diag_word buf;
	size_t nr = 0, i;
	bool looks;

	profile_hint(t, &looks);
	for (i = 0; script_profile_names[i]; i++)
		words[nr++] = script_profile_names[i];
	for (i = 0; !looks && i < MMU_NOTIFY_NR; i++)
		words[nr++] = mmu_notify_name(i);
	words[nr++] = "none";
	words[nr++] = "errno";
	hint = nearest_word(t.s, t.len, words, nr);
	if (!looks)
		return diag_expected(
			p, t, "an event such as PROTECTION_VMA, 'none' or 'errno'", hint);
	return diag_error(p, t, "unknown profile %s%s%s%s", diag_word(t, &buf),
			  hint ? "; did you mean '" : "", hint ? hint : "",
			  hint ? "'?" : "");
}

static int parse_errno(struct parser *p, struct span t, int *ret)
{
	const char *words[134], *hint;
	char name[32];
	int err;

	if (span_is(t, "0", 1)) {
		*ret = 0;
		return 0;
	}
	if (t.len && t.len < sizeof(name)) {
		memcpy(name, t.s, t.len);
		name[t.len] = '\0';
		err = errnum(name);
		if (err > 0) {
			*ret = err;
			return 0;
		}
	}
	for (err = 0; err < 134; err++)
		words[err] = err ? errname(err) : NULL;
	hint = t.len ? nearest_word(t.s, t.len, words, 134) : NULL;
	return diag_expected(p, t, "0 or an errno name such as ENOMEM", hint);
}

static int parse_event(struct parser *p, struct span t, struct script_expect *expect)
{
	int event = mmu_notify_number(t.s, t.len), err;
	struct span start, end, word;

	if (event < 0)
		return unknown_expectation(p, t);
	expect->event = event;
	start = next_token(p);
	err = parse_address(p, start, "the start of the range", &expect->start);
	if (err)
		return err;
	end = next_token(p);
	err = parse_address(p, end, "the end of the range", &expect->end);
	if (err)
		return err;
	if (expect->end <= expect->start && !p->nr_errors)
		return diag_error(p, end, "the range [0x%llx, 0x%llx) is empty",
				  (unsigned long long)expect->start,
				  (unsigned long long)expect->end);
	word = next_token(p);
	if (!word.len)
		return 0;
	if (!span_is(word, "noend", 5))
		return diag_expected(p, word, "'noend' or the end of the line", NULL);
	expect->no_end = true;
	return 0;
}

/* The part behind the profiles. */
static int parse_what(struct parser *p, struct span t, struct script_expect *expect)
{
	struct diag_word buf;
	struct span rest;
	int err = 0;

	if (span_is(t, "none", 4)) {
		expect->kind = EXPECT_NONE;
	} else if (span_is(t, "errno", 5)) {
		expect->kind = EXPECT_ERRNO;
		err = parse_errno(p, next_token(p), &expect->err);
	} else {
		expect->kind = EXPECT_EVENT;
		err = parse_event(p, t, expect);
	}
	if (err)
		return err;
	rest = next_token(p);
	if (rest.len)
		return diag_error(
			p, rest,
			"%s is too much here; usage: > [PROFILE...] EVENT START "
			"END [noend], > none or > errno NAME",
			diag_word(rest, &buf));
	return 0;
}

/* "none" beside an event, or two errnos, for one profile. */
static int check_contradiction(struct parser *p, struct span at,
			       const struct script_op *op,
			       const struct script_expect *expect)
{
	uint64_t same = 0;
	uint32_t i, from = op->nr_expect > 64 ? op->nr_expect - 64 : 0;

	for (i = from; i < op->nr_expect; i++) {
		const struct script_expect *other = &p->script->expects[op->expect + i];

		if (other->kind == EXPECT_ERRNO || expect->kind == EXPECT_ERRNO)
			same = other->kind == expect->kind ? other->profiles : 0;
		else if (other->kind == EXPECT_NONE || expect->kind == EXPECT_NONE)
			same = other->profiles;
		if (same & expect->profiles)
			return diag_error(p, at, "contradicts line %u", other->line);
	}
	return 0;
}

/* The operation that a '>' line is about. */
static int find_operation(struct parser *p, struct span at, struct script_op **ret_op)
{
	struct script *script = p->script;
	struct script_op *op;

	if (!script->nr_ops)
		return diag_error(p, at, "an expectation before any operation");
	op = &script->ops[script->nr_ops - 1];
	if (op->code == OP_REPEAT || op->code == OP_END || op->code == OP_ASSERT)
		return diag_error(
			p, at,
			"an expectation belongs directly behind its operation, not "
			"behind '%s' (line %u)",
			op_rows[op->code].word, op->line);
	*ret_op = op;
	return 0;
}

int parse_expectation(struct parser *p)
{
	struct script *script = p->script;
	struct script_expect expect = {.line = p->line_nr};
	struct script_op *op = NULL;
	struct span t = next_token(p);
	int err;

	while (profile_token(t, &expect.profiles))
		t = next_token(p);
	if (!expect.profiles)
		expect.profiles = UINT64_MAX;
	err = find_operation(p, t, &op);
	if (!err)
		err = parse_what(p, t, &expect);
	if (!err)
		err = check_contradiction(p, t, op, &expect);
	if (err)
		return err;
	if (script->nr_expects == SCRIPT_MAX_EXPECTS)
		return diag_fatal(p, -E2BIG, "more than %u expectations",
				  SCRIPT_MAX_EXPECTS);
	if (mem_grow(&script->expects, &script->cap_expects, script->nr_expects + 1,
		     sizeof(expect)))
		return p->stop = -ENOMEM;
	script->expects[script->nr_expects++] = expect;
	op->nr_expect++;
	return 0;
}

void write_profiles(uint64_t profiles, struct strbuf *out)
{
	int i, last = 0;

	if (profiles == UINT64_MAX)
		return;
	for (i = 0; i < 64 && script_profile_names[i]; i++) {
		if (!(profiles & 1ull << i) || i < last)
			continue;
		strbuf_addf(out, "%s", script_profile_names[i]);
		for (last = i; last < NR_KERNELS && profiles & 1ull << last; last++)
			;
		if (last == NR_KERNELS && last > i + 1)
			strbuf_addch(out, '+');
		else
			last = i + 1;
		strbuf_addch(out, ' ');
	}
}

void write_expect(const struct script_expect *expect, struct strbuf *out)
{
	strbuf_addstr(out, "> ");
	write_profiles(expect->profiles, out);
	if (expect->kind == EXPECT_NONE) {
		strbuf_addstr(out, "none");
	} else if (expect->kind == EXPECT_ERRNO) {
		strbuf_addf(out, "errno %s", expect->err ? errname(expect->err) : "0");
	} else {
		strbuf_addf(out, "%s 0x%llx 0x%llx%s", mmu_notify_name(expect->event),
			    (unsigned long long)expect->start,
			    (unsigned long long)expect->end,
			    expect->no_end ? " noend" : "");
	}
}
