// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdicts of compare: rows of which the same is to be said share a line. */
#include "compare_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>

#define LINE_WIDTH 78

static bool same(const struct strbuf *a, const struct strbuf *b)
{
	return !strcmp(strbuf_str(a), strbuf_str(b));
}

static bool same_kernel(const struct compare_row *a, const struct compare_row *b)
{
	return !strcmp(a->profile, b->profile) && a->designs == b->designs;
}

/* "linux-6.12 tight tdp", or "/shadow" behind another MMU of the same kernel */
static void make_who(const struct comparison *c, const struct compare_row *before,
		     const struct compare_row *row, struct strbuf *who)
{
	strbuf_reset(who);
	if (before && same_kernel(before, row)) {
		strbuf_addf(who, "/%s", compare_mmu(c, row->mmu));
		return;
	}
	strbuf_addf(who, "%s ", row->profile);
	if (row->designs) {
		design_add_names(who, row->designs, ",");
		strbuf_addch(who, ' ');
	}
	strbuf_addstr(who, compare_mmu(c, row->mmu));
}

static void add_whos(const struct comparison *c, const struct strbuf *texts, size_t first,
		     struct strbuf *out)
{
	const struct compare_row *before = NULL;
	struct strbuf who = STRBUF_INIT;
	size_t i, line = out->len;

	for (i = first; i < c->nr; i++) {
		if (!same(&texts[i], &texts[first]))
			continue;
		make_who(c, before, &c->rows[i], &who);
		if (before && strbuf_str(&who)[0] != '/')
			strbuf_addch(out, ',');
		if (out->len - line + who.len + 2 > LINE_WIDTH) {
			strbuf_addch(out, '\n');
			line = out->len;
		} else if (before && strbuf_str(&who)[0] != '/') {
			strbuf_addch(out, ' ');
		}
		strbuf_addstr(out, strbuf_str(&who));
		before = &c->rows[i];
	}
	strbuf_release(&who);
}

/* The text of each row; NULL without memory. */
static struct strbuf *make_texts(const struct comparison *c)
{
	struct strbuf *texts = mem_zalloc((c->nr ? c->nr : 1) * sizeof(*texts));
	size_t i;

	for (i = 0; texts && i < c->nr; i++)
		stall_verdict(&c->rows[i].stall, NULL, &texts[i]);
	return texts;
}

/* Rows from @first on with its text; false when an earlier row has it, too. */
static bool add_group(const struct comparison *c, const struct strbuf *texts, size_t first,
		      struct strbuf *out)
{
	size_t i, nr = 0;

	for (i = 0; i < first; i++)
		if (same(&texts[i], &texts[first]))
			return false;
	for (i = first; i < c->nr; i++)
		nr += same(&texts[i], &texts[first]);
	if (nr == c->nr) {
		strbuf_addstr(out, "each row");
		return true;
	}
	add_whos(c, texts, first, out);
	return true;
}

/* The lines of one text, each with a mark in front. */
static void add_lines(const char *text, struct strbuf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		strbuf_addf(out, "  %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

int compare_verdicts(const struct comparison *c, struct strbuf *out)
{
	struct strbuf *texts = make_texts(c);
	size_t i;

	if (!texts)
		return -ENOMEM;
	for (i = 0; i < c->nr; i++) {
		if (!add_group(c, texts, i, out))
			continue;
		strbuf_addstr(out, ":\n");
		add_lines(strbuf_str(&texts[i]), out);
	}
	for (i = 0; i < c->nr; i++)
		strbuf_release(&texts[i]);
	mem_free(texts);
	return 0;
}
