// SPDX-License-Identifier: GPL-2.0-or-later
/* Cost tables: the built-in one against the measurements it stands for, and bad files. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <base/rng.h>
#include <report/cost.h>

#include "tap.h"

/*
 * Measured by hand, the last of them what the built-in table was made from: mprotect of this many GiB with the
 * first page touched took so many milliseconds.
 */
static void built_in(void)
{
	static const struct { unsigned int gib; double ms; } measured[] = {
		{ 16, 5.9 }, { 64, 21 }, { 256, 84 }, { 512, 165 },
	};
	struct report_cost cost;
	struct strbuf notes = STRBUF_INIT;
	unsigned int i;

	report_cost_default(&cost);
	for (i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		struct report_work work = { .nr = { [COST_HEAD_SCANNED] =
							    (uint64_t)measured[i].gib << 18,
						    [COST_PRIMARY_CHANGED] = 1 } };
		double ms = report_cost_estimate(&cost, &work) / 1e6;

		tap_ok(fabs(ms - measured[i].ms) < 0.2 * measured[i].ms,
		       "%u GiB: %.1f ms estimated, %.1f measured", measured[i].gib, ms,
		       measured[i].ms);
	}
	tap_ok(!cost.known[COST_FLUSH] && !cost.known[COST_NOTIFICATION_PAIR],
	       "what was not measured is not known");
	report_cost_notes(&cost, &notes);
	tap_ok(strstr(strbuf_str(&notes), "head_scanned 1.23 ns,") &&
	       strstr(strbuf_str(&notes), "counted as 0: notification_pair, head_visited"),
	       "the notes say so");
	strbuf_release(&notes);
}

static int parse(const char *text, size_t len, struct report_cost *cost, struct strbuf *diag)
{
	strbuf_reset(diag);
	return report_cost_parse("dir/box.cost", text, len, diag, cost);
}

static void bad(const char *text, const char *want)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_cost cost = { .name = "untouched" };
	int err = parse(text, strlen(text), &cost, &diag);

	tap_ok(err == -EINVAL && !strcmp(cost.name, "untouched"), "refused: %.*s", (int)strcspn(text, "\n"), text);
	if (!tap_ok(strstr(strbuf_str(&diag), want) != NULL, "because %s", want))
		printf("# got %s", strbuf_str(&diag));
	strbuf_release(&diag);
}

static void files(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_cost cost;
	struct report_work work = { .nr = { [COST_FLUSH] = 3, [COST_REFAULT] = 2 } };
	const char *good = "cpu x y # c\n\n  flush 1000 # per flush\nrefault\t0.5";

	tap_eq(parse(good, strlen(good), &cost, &diag), 0, "a good file");
	tap_ok(!strcmp(cost.name, "box") && !strcmp(cost.cpu, "x y"), "has its headers");
	tap_ok(report_cost_estimate(&cost, &work) == 3001, "and its figures");
	bad("flush 1\nflsh 2\n", "dir/box.cost:2: unknown cost 'flsh'; did you mean 'flush'?");
	bad("flush -1\n", "dir/box.cost:1: 'flush' wants nanoseconds");
	bad("flush nan\n", "wants nanoseconds");
	bad("flush 1e9\n", "wants nanoseconds");
	bad("flush 1.\n", "wants nanoseconds");
	bad("flush\n", "wants nanoseconds");
	bad("flush 1 2\n", "wants nanoseconds");
	bad("flush 12345678901\n", "wants nanoseconds");
	bad("flush 1\nflush 2\n", ":2: a second 'flush'");
	bad("cpu a\ncpu b\n", ":2: a second 'cpu'");
	bad("kernel\n", ":1: 'kernel' without a text");
	bad("", "no cost in the whole file");
	tap_eq(report_cost_load("/nonexistent", &diag, &cost), -ENOENT, "a missing file");
	tap_eq(report_cost_load("/", &diag, &cost), -EISDIR, "a folder");
	tap_eq(report_cost_load("/dev/zero", &diag, &cost), -E2BIG, "an endless file");
	strbuf_release(&diag);
}

/* What is written reads as the same table, to four digits. */
static void written(void)
{
	struct report_cost cost = { .name = "box", .kernel = "Linux 1", .cpu = "c", .date = "d",
				    .source = "s" }, back;
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	unsigned int i, off = 0;

	for (i = 0; i < COST_NR; i++) {
		cost.known[i] = i != COST_FLUSH;
		cost.ns[i] = cost.known[i] ? 0.0123456 * pow(10, i) : 0;
	}
	report_cost_write(&cost, &text);
	tap_eq(report_cost_parse("f", strbuf_str(&text), text.len, &diag, &back), 0, "written and read");
	for (i = 0; i < COST_NR; i++)
		off += back.known[i] != cost.known[i] || fabs(back.ns[i] - cost.ns[i]) > 0.005 * cost.ns[i];
	tap_eq(off, 0, "the same figures");
	tap_ok(!strcmp(back.date, "d") && !strcmp(back.name, "box") && !strcmp(back.source, "s") &&
	       !strcmp(back.kernel, "Linux 1") && !strcmp(back.cpu, "c"), "the same headers");
	strbuf_release(&text);
	strbuf_release(&diag);
}

static void noise(void)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_cost cost;
	char text[300];
	unsigned int i, j, refused = 0;
	struct rng rng;

	rng_seed(&rng, 4);
	for (i = 0; i < 20000; i++) {
		size_t len = rng_below(&rng, sizeof(text));

		memcpy(text, report_cost_default_text(), sizeof(text));
		for (j = 0; j < 3 && len; j++)
			text[rng_below(&rng, len)] = rng_next(&rng);
		refused += parse(text, len, &cost, &diag) == -EINVAL;
	}
	tap_ok(refused > 1000, "damaged files (seed 4): %u refused", refused);
	strbuf_release(&diag);
}

int main(void)
{
	built_in();
	files();
	written();
	noise();
	return tap_done();
}
