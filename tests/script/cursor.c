// SPDX-License-Identifier: GPL-2.0-or-later
/* Loops are unrolled in source order. */
#include "script_test.h"

/* The counts of the numa_scan lines that a script runs, in order. */
static void check_order(const char *text, const char *want)
{
	struct parsed p = parse_ok(text);
	struct strbuf got = STRBUF_INIT;
	struct script_cursor cursor;
	const struct script_op *op;

	script_cursor_init(&cursor, p.script);
	while ((op = script_cursor_next(&cursor)))
		strbuf_adddec(&got, op->count);
	if (!tap_ok(!strcmp(strbuf_str(&got), want), "runs %s", want))
		printf("# got %s\n", strbuf_str(&got));
	tap_ok(!script_cursor_next(&cursor) && !cursor.depth, "and stays at the end");
	release(&p);
	strbuf_release(&got);
}

static void test_expectations_repeat(void)
{
	struct parsed p = parse_ok("repeat 3\nforkwait\n> none\nend\n");
	struct script_cursor cursor;
	const struct script_op *op;
	unsigned int n = 0;

	script_cursor_init(&cursor, p.script);
	while ((op = script_cursor_next(&cursor)))
		n += op->nr_expect;
	tap_eq(n, 3, "an expectation holds in each round");
	release(&p);
}

int main(void)
{
	check_order("numa_scan 1\nnuma_scan 2\n", "12");
	check_order("repeat 3\nnuma_scan 1\nend\n", "111");
	check_order("numa_scan 0\nrepeat 2\nnuma_scan 1\nrepeat 2\nnuma_scan "
		    "2\nend\nnuma_scan 3\n"
		    "end\nnuma_scan 4\n",
		    "0122312234");
	check_order("repeat 2\nrepeat 1\nrepeat 2\nnuma_scan 5\nend\nend\nend\n", "5555");
	check_order("repeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat "
		    "1\nrepeat 2\n"
		    "numa_scan 1\nend\nend\nend\nend\nend\nend\nend\nend\n",
		    "11");
	check_order("repeat 2\nnuma_scan 1\nend\nrepeat 2\nnuma_scan 2\nend\n", "1122");
	test_expectations_repeat();
	return tap_done();
}
