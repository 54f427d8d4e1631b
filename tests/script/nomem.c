// SPDX-License-Identifier: GPL-2.0-or-later
/* Every allocation of a parse fails once. */
#include "script_test.h"

#include <errno.h>
#include <script/random.h>

/*
 * Parses with the n-th allocation failing; false when that was the last one of the parse.
 */
static bool parse_failing(const char *text, uint64_t n, int want, bool *right)
{
	struct parsed p = {.script = NULL, .diag = STRBUF_INIT};
	uint64_t live = mem_live(), before = mem_count();
	bool failed;

	mem_fail_at(n);
	p.err = script_parse("t.mms", text, strlen(text), &p.diag, &p.script);
	mem_fail_at(0);
	failed = mem_count() >= before + n;
	*right = *right && (p.err == -ENOMEM || p.err == want) && !p.script == !!p.err;
	if (failed)
		*right = *right && p.err == -ENOMEM;
	release(&p);
	*right = *right && mem_live() == live;
	return failed;
}

static void test_text(const char *text, int want, const char *name)
{
	bool right = true;
	uint64_t n = 1;

	while (parse_failing(text, n, want, &right))
		n++;
	tap_ok(right && n > 5, "%s: %llu allocations", name, (unsigned long long)n - 1);
}

static void test_load(void)
{
	bool right = true, failed = true;
	uint64_t live = mem_live(), n;

	for (n = 1; failed; n++) {
		struct parsed p = {.script = NULL, .diag = STRBUF_INIT};
		uint64_t before = mem_count();

		mem_fail_at(n);
		p.err = script_load("/dev/null", &p.diag, &p.script);
		mem_fail_at(0);
		failed = mem_count() >= before + n;
		right = right && p.err == (failed ? -ENOMEM : -EINVAL);
		release(&p);
	}
	tap_ok(right && mem_live() == live, "load: %llu allocations",
	       (unsigned long long)n - 2);
}

int main(void)
{
	struct script_random_options options = { .ops = 3000, .features = 0x3ff, .max_touched = 1 << 20 };
	struct strbuf text = STRBUF_INIT;
	unsigned int i;

	script_random(1, &options, &text);
	for (i = 0; i < 5000; i++)
		strbuf_addf(&text,
			    "map name_of_a_map_%u 0x%x000 4K r anon private\n> none\n", i,
			    3 * i + 16);
	for (i = 0; i < 5000; i++)
		strbuf_addf(&text, "munmap 0x%x000 4K\n", 3 * i + 17);
	test_text(strbuf_str(&text), 0, "a long script with warnings");
	test_text("map a 0 4K r anon private\nmprotect a 4K q\nmadvise a 4K q\nbogus\n",
		  -EINVAL, "a malformed script");
	test_load();
	strbuf_release(&text);
	return tap_done();
}
