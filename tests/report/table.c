// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers as people read them, and tables as files hold them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>
#include <report/table.h>

#include "tap.h"

static void same(struct strbuf *got, const char *want)
{
	if (!tap_ok(!strcmp(strbuf_str(got), want), "%s", want))
		printf("# got %s\n", strbuf_str(got));
	strbuf_release(got);
}

static void counts(uint64_t count, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	report_add_count(&out, count);
	same(&out, want);
}

static void sizes(uint64_t bytes, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	report_add_size(&out, bytes);
	same(&out, want);
}

static void times(double ns, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	report_add_ns(&out, ns);
	same(&out, want);
}

static void numbers(void)
{
	counts(0, "0");
	counts(999, "999");
	counts(1000, "1,000");
	counts(134217728, "134,217,728");
	counts(UINT64_MAX, "18,446,744,073,709,551,615");
	sizes(0, "0");
	sizes(4096, "4K");
	sizes(1023, "1023");
	sizes(512ull << 30, "512G");
	sizes(3ull << 29, "1.5G");
	sizes((2ull << 20) + 4096, "2.0M");
	sizes((512ull << 30) + 4096, "512G");
	sizes(UINT64_MAX, "15.9E");
	times(0, "0");
	times(31, "31 ns");
	times(1.23, "1.23 ns");
	times(999.4, "999 ns");
	times(999.6, "1.00 us");
	times(12345, "12.3 us");
	times(165e6, "165 ms");
	times(2.5e9, "2.50 s");
	times(1e12, "1000 s");
}

static char *print(bool headings, int *ret_err)
{
	static const struct report_column columns[] = { { "OP" }, { "HEADS", REPORT_RIGHT },
							{ "NOTE" } };
	struct report_table *table;
	char *text = NULL;
	size_t len;
	FILE *out;

	*ret_err = report_table_new(columns, 3, headings, &table);
	if (*ret_err)
		return NULL;
	report_table_row(table);
	report_table_str(table, "mprotect ram 512G r");
	report_table_count(table, 134217728);
	report_table_str(table, "x");
	report_table_row(table);
	report_table_str(table, "touch");
	report_table_size(table, 4096);
	report_table_str(table, "");
	out = tmpfile();
	*ret_err = report_table_print(table, out);
	report_table_free(table);
	len = ftell(out);
	text = calloc(1, len + 1);
	rewind(out);
	if (fread(text, 1, len, out) != len)
		text[0] = '\0';
	fclose(out);
	return text;
}

static void tables(void)
{
	uint64_t n, live = mem_live();
	int err;
	char *text = print(true, &err);

	tap_ok(!strcmp(text, "OP                        HEADS NOTE\n"
			     "mprotect ram 512G r 134,217,728 x\n"
			     "touch                        4K\n"),
	       "numbers to the right, no blanks at the end of a line");
	free(text);
	text = print(false, &err);
	tap_ok(!strncmp(text, "mprotect", 8), "without headings");
	free(text);
	for (n = 1, err = 1; err && n < 20; n++) {
		mem_fail_at(n);
		free(print(true, &err));
		mem_fail_at(0);
		if (err && !tap_ok(err == -ENOMEM, "allocation %d fails cleanly", (int)n))
			break;
	}
	tap_eq(mem_live(), live, "nothing leaks");
}

int main(void)
{
	numbers();
	tables();
	return tap_done();
}
