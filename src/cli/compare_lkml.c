// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope compare --format=lkml */
#include "command_line_internal.h"
#include "compare_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <report/table.h>

#define WIDTH 75
#define NAME_WIDTH 19
#define CELL_WIDTH 7

/* The bytes of at most @room columns. */
static size_t fitting(const char *text, size_t len, size_t room)
{
	size_t at = len < room ? len : room;

	while (at < len && at && (text[at] & 0xc0) == 0x80)
		at--;
	return at ? at : len;
}

/* Words of @text from column 0 on, wrapped and indented; those longer than a line are cut. */
static void print_wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column && column + 1 + len > WIDTH) {
			fputs("\n  ", out);
			column = 2;
		} else if (column) {
			fputc(' ', out);
			column++;
		}
		if (column + len > WIDTH)
			len = fitting(text, len, WIDTH - column);
		fwrite(text, 1, len, out);
		column += len;
		text += len;
		if (*text == '\n' && text[1] != ' ') {
			fputc('\n', out);
			column = 0;
		}
		text += strspn(text, " \n");
	}
	if (column)
		fputc('\n', out);
}

static void cell(FILE *out, const char *text)
{
	fprintf(out, " %*s", CELL_WIDTH, text);
}

/* Exact up to seven digits, then five of them and a unit. */
static void cell_count(FILE *out, uint64_t count)
{
	static const char units[] = "MGTPE";
	double value = count / 1e6;
	unsigned int unit = 0;
	char text[32];

	for (; value >= 1000; value /= 1000)
		unit++;
	if (count < 10000000)
		snprintf(text, sizeof(text), "%" PRIu64, count);
	else
		snprintf(text, sizeof(text), "%.*f%c", value >= 100 ? 2 : value >= 10 ? 3 : 4, value,
			 units[unit]);
	cell(out, text);
}

static void cell_ns(FILE *out, double ns)
{
	struct strbuf text = STRBUF_INIT;

	report_add_ns(&text, ns);
	cell(out, strbuf_str(&text));
	strbuf_release(&text);
}

static void cell_bytes(FILE *out, uint64_t bytes)
{
	char text[32];

	if (bytes < 1u << 20)
		snprintf(text, sizeof(text), bytes ? "%.1fK" : "0", bytes / 1024.0);
	else if (bytes < 1000ull << 20)
		snprintf(text, sizeof(text), "%.1fM", bytes / 1048576.0);
	else
		snprintf(text, sizeof(text), "%.1fG", bytes / 1073741824.0);
	cell(out, text);
}

static void print_name(FILE *out, const struct compare_row *row)
{
	struct strbuf name = STRBUF_INIT;

	if (row->designs) {
		strbuf_addstr(&name, "+ ");
		design_add_names(&name, row->designs, ",");
	} else {
		strbuf_addstr(&name, row->profile);
	}
	fprintf(out, "%-*s", NAME_WIDTH, strbuf_str(&name));
	if (name.len > NAME_WIDTH)
		fprintf(out, "\n%*s", NAME_WIDTH, "");
	strbuf_release(&name);
}

static void print_row(FILE *out, const struct comparison *c, const struct compare_row *row)
{
	const uint64_t *counters = row->result.counters;

	print_name(out, row);
	cell_count(out, counters[SIM_NOTIFICATIONS]);
	cell_count(out, counters[SIM_FRAMES_COVERED]);
	cell_count(out, counters[SIM_RMAP_SCANNED]);
	cell_count(out, counters[SIM_RMAP_LONGEST]);
	cell_count(out, counters[SIM_SPTES_ZAPPED]);
	cell_ns(out, model_stall(&c->cost, counters));
	cell_bytes(out, row->result.index_bytes);
	fputc('\n', out);
}

/* The rows of one kind of MMU. */
static void print_table(FILE *out, const struct comparison *c, int mmu)
{
	static const char *const heads[] = { "pairs",  "frames", "scanned", "longest",
					     "zapped", "stall",	 "index" };
	size_t i;

	fprintf(out, "%-*s", NAME_WIDTH, compare_mmu(c, mmu));
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		cell(out, heads[i]);
	fputc('\n', out);
	for (i = 0; i < NAME_WIDTH + sizeof(heads) / sizeof(heads[0]) * (CELL_WIDTH + 1); i++)
		fputc('-', out);
	fputc('\n', out);
	for (i = 0; i < c->nr; i++)
		if (c->rows[i].mmu == mmu)
			print_row(out, c, &c->rows[i]);
	fputc('\n', out);
}

static const char *base_profile(const struct comparison *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (c->rows[i].designs)
			return c->rows[i].profile;
	return NULL;
}

static void print_notes(FILE *out, const struct comparison *c)
{
	struct strbuf notes = STRBUF_INIT;
	const char *base = base_profile(c);

	strbuf_addstr(&notes, "pairs: notifications. frames: guest frames covered. scanned: "
			      "reverse-map heads looked at");
	if (c->any & SIM_DESIGN_RMAP_INDEX)
		strbuf_addstr(&notes, "; with rmap=index words of the index and heads visited");
	strbuf_addstr(&notes, ". longest: of these without a chance to yield. zapped: leaf SPTEs. "
			      "stall: estimate, see below. index: memory of the index. M, G: 10^6, "
			      "10^9 (counts), 2^20 (memory).\n");
	if (base)
		strbuf_addf(&notes, "+ NAME: %s with that design.\n", base);
	design_add_notes(&notes, c->any, &c->tuning, &c->cost);
	report_cost_notes(&c->cost, &notes);
	print_wrapped(out, strbuf_str(&notes));
	strbuf_release(&notes);
}

/* A paragraph per verdict. */
static int print_verdicts(FILE *out, const struct comparison *c)
{
	struct strbuf text = STRBUF_INIT;
	int err = compare_verdicts(c, &text);

	if (!err)
		print_wrapped(out, strbuf_str(&text));
	strbuf_release(&text);
	return err;
}

int compare_lkml(FILE *out, const struct comparison *c)
{
	struct strbuf command = STRBUF_INIT;
	int mmu, err;
	size_t i;

	command_line_wrap(&command, strbuf_str(&c->command), WIDTH);
	err = strbuf_error(&command);
	if (!err)
		fprintf(out, "%s\n", strbuf_str(&command));
	strbuf_release(&command);
	if (err)
		return err;
	for (mmu = -1; mmu < SCRIPT_MMU_NR; mmu++)
		for (i = 0; i < c->nr; i++)
			if (c->rows[i].mmu == mmu) {
				print_table(out, c, mmu);
				break;
			}
	err = print_verdicts(out, c);
	if (err)
		return err;
	fputc('\n', out);
	print_notes(out, c);
	return 0;
}
