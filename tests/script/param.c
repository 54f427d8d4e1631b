// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters: declarations, where they are put, arithmetic, and every way to get them wrong. */
#include "script_test.h"

#include <errno.h>
#include <script/param.h>

static struct parsed parse_with(const char *text, const struct script_value *values, size_t nr)
{
	struct parsed parsed = {.script = NULL, .diag = STRBUF_INIT};

	parsed.err = script_parse_with("t.mms", text, strlen(text), values, nr, &parsed.diag,
				       &parsed.script);
	return parsed;
}

static void test_values(void)
{
	const struct script_value values[] = { { "len", "8K" }, { "kind", "shmem shared" } };
	struct parsed p = parse_with("param len 4K,8K # a comment\nparam kind anon private\n"
				     "map a 0x10000 $len rw $kind # $len\r\n"
				     "touch a ${len}\n> none\nmprotect a+${len/2} 4K r\n",
				     values, 2);

	tap_ok(!p.err, "a script with parameters is parsed");
	if (p.err) {
		comment(strbuf_str(&p.diag));
		release(&p);
		return;
	}
	tap_eq(p.script->ops[0].len, 8192, "$len is put in");
	tap_eq(p.script->ops[0].kind, SCRIPT_KIND_SHMEM, "a value of two words is put in");
	tap_eq(p.script->ops[0].line, 3, "lines keep their numbers");
	tap_eq(p.script->ops[1].len, 8192, "${len} is put in");
	tap_eq(p.script->ops[2].addr, 0x10000 + 4096, "${len/2} is put in");
	tap_eq(p.script->nr_params, 2, "the script knows its parameters");
	tap_ok(!strcmp(p.script->params[0].name, "len") && !strcmp(p.script->params[0].value, "8K"),
	       "and what they are set to");
	tap_ok(strstr(p.script->text, "# $len\r\n"), "comments and line ends stay as they are");
	release(&p);
}

static void test_same_text(void)
{
	static const char plain[] = "# costs $5, param x\nmap a 0x10000 4K rw anon private\n";
	struct parsed p = parse(plain);

	tap_ok(!p.err && !strcmp(p.script->text, plain),
	       "a script without parameters stays as it is, '$' in comments included");
	release(&p);
}

static void test_numbers(void)
{
	static const struct { const char *expression, *want; } cases[] = {
		{ "n*4K", "16384" },	    { "n + 2 * 3", "10" },  { "(n+2)*3", "18" },
		{ "7 % n * 2", "6" },	    { "64K/n/2", "8192" },  { "0x10-n-4", "8" },
		{ "(((n)))", "4" },	    { " n ", "4" },	    { "n+0", "4" },
		{ "8E+7E+n-4", "17293822569102704640" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf text = STRBUF_INIT;
		struct parsed p;
		char want[64];

		strbuf_addf(&text, "param n 4\nmap a 0x10000 4K rw anon private\nrepeat ${%s}\n"
				   "touch a 4K\nend\n", cases[i].expression);
		snprintf(want, sizeof(want), "repeat %s\n", cases[i].want);
		p = parse(strbuf_str(&text));
		tap_ok(!p.err && strstr(p.script->text, want), "${%s} is %s", cases[i].expression,
		       cases[i].want);
		if (p.err)
			comment(strbuf_str(&p.diag));
		release(&p);
		strbuf_release(&text);
	}
}

/* The message must stand at this place and have these words. */
static void wrong(const char *text, const char *place, const char *words)
{
	struct parsed p = parse(text);
	const char *diag = strbuf_str(&p.diag);

	if (!tap_ok(p.err == -EINVAL && !strncmp(diag, place, strlen(place)) && strstr(diag, words),
		    "%.*s: %s", (int)strcspn(text, "\n"), text, words))
		comment(diag);
	release(&p);
}

static void test_errors(void)
{
	wrong("param\n", "t.mms:1:6: ", "expected a name");
	wrong("param 9x 4\n", "t.mms:1:7: ", "expected a name (letters, digits, _)");
	wrong("param a.b 4\n", "t.mms:1:7: ", "expected a name");
	wrong("param x\n", "t.mms:1:8: ", "expected a value");
	wrong("param x 1,,2\n", "t.mms:1:9: ", "expected values with commas");
	wrong("param x 1,$y\n", "t.mms:1:9: ", "expected values with commas");
	wrong("param x 1\nparam x 2\n", "t.mms:2:7: ", "was declared in line 1");
	wrong("param x 1\nmap a 0x10000 4K rw anon private\n", "t.mms:1:7: ", "never used");
	wrong("param x 1,2\nrepeat $x\nend\n", "t.mms:1:7: ", "2 values (1, 2): set one with --param");
	wrong("param len 1\nrepeat $lem\nend\n", "t.mms:2:9: ", "did you mean 'len'?");
	wrong("param x 1\nrepeat ${x\nend\n", "t.mms:2:8: ", "has no '}'");
	wrong("param x 1\nrepeat $ # $x\nrepeat $x\nend\nend\n", "t.mms:2:8: ", "got '$'");
	wrong("param x 1\nrepeat ${}\nend\n", "t.mms:2:10: ", "expected a number or a parameter");
	wrong("param x 1\nrepeat ${x+}\nend\n", "t.mms:2:12: ", "expected a number");
	wrong("param x 1\nrepeat ${x y}\nend\n", "t.mms:2:12: ", "expected one of + - * / %");
	wrong("param x 1\nrepeat ${x/0}\nend\n", "t.mms:2:11: ", "division by 0");
	wrong("param x 1\nrepeat ${x-2}\nend\n", "t.mms:2:11: ", "below 0");
	wrong("param x 8E\nrepeat ${x*2}\nend\n", "t.mms:2:11: ", "does not fit");
	wrong("param x rw\nrepeat ${x*2}\nend\n", "t.mms:2:10: ", "is no number");
	wrong("param x 1\nrepeat ${(x}\nend\n", "t.mms:2:10: ", "has no ')'");
	wrong("map a 0x10000 4K rw anon private\ntouch $a 4K\n", "t.mms:2:8: ",
	      "no parameter is called 'a'");
	wrong("param p q\nmap a 0x10000 4K $p anon private\n", "t.mms:2:18: ",
	      "written as 'map a 0x10000 4K $p anon private' with p='q'");
}

static void test_hostile_values(void)
{
	static const char text[] = "param len 4K\nmap a 0x10000 $len rw anon private\n";
	static const char *const values[] = { "", "4K\nmunmap a 4K", "4K # x", "$len", "4K\r", "\x01" };
	struct script_value value = { "len", NULL };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct parsed p;

		value.value = values[i];
		p = parse_with(text, &value, 1);
		tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag), "the value of the parameter"),
		       "a value that no script could have is refused (%zu)", i);
		release(&p);
	}
	value = (struct script_value){ "lenn", "4K" };
	{
		struct parsed p = parse_with(text, &value, 1);

		tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag), "did you mean 'len'?"),
		       "a value for a parameter that is not there");
		release(&p);
	}
}

/* 64 KiB of "$x" with a value of 60 KiB must not become 2 GiB. */
static void test_long_lines(void)
{
	struct strbuf text = STRBUF_INIT;
	struct parsed p;
	size_t i;

	strbuf_addstr(&text, "param x ");
	for (i = 0; i < 60000; i++)
		strbuf_addch(&text, 'a');
	strbuf_addstr(&text, "\ntouch ");
	for (i = 0; i < 30000; i++)
		strbuf_addstr(&text, "$x");
	p = parse(strbuf_str(&text));
	tap_ok(p.err == -EINVAL && strstr(strbuf_str(&p.diag), "with its values"),
	       "a line that gets too long is refused");
	release(&p);
	strbuf_release(&text);
}

static void test_settings(void)
{
	struct parsed p = parse("param profile linux-6.1,linux-6.12\nparam mmu tdp\n"
				"map a 0x10000 4K rw anon private\n");

	tap_ok(!p.err, "settings need not be used in the text");
	if (!p.err)
		tap_ok(!p.script->params[0].value && !strcmp(p.script->params[1].value, "tdp"),
		       "one of several values is not set, the only one is");
	release(&p);
}

static void test_read(void)
{
	static const char text[] = "param a 1, 2 ,x y\nmap m 0x10000 $a rw anon private\nparam b 3\n";
	struct strbuf diag = STRBUF_INIT;
	struct script_params params;
	int err = script_params_read("t.mms", text, strlen(text), &diag, &params);

	tap_ok(!err && params.nr == 2, "the parameters of a script are read");
	if (!err) {
		tap_ok(params.params[0].nr_values == 3 &&
		       !strcmp(params.params[0].values[2], "x y") && params.params[1].line == 3,
		       "with their values and lines");
		script_params_release(&params);
	}
	strbuf_release(&diag);
}

/* Every allocation fails once. */
static void test_nomem(void)
{
	static const char text[] = "param len 4K,8K\nparam n 2\nmap a 0x10000 $len rw anon private\n"
				   "repeat ${n*2}\ntouch a 4K\nend\n";
	const struct script_value value = { "len", "8K" };
	uint64_t live = mem_live(), n;
	bool right = true, failed = true;

	for (n = 1; failed; n++) {
		uint64_t before = mem_count();
		struct parsed p;

		mem_fail_at(n);
		p = parse_with(text, &value, 1);
		mem_fail_at(0);
		failed = mem_count() >= before + n;
		right = right && p.err == (failed ? -ENOMEM : 0);
		release(&p);
		right = right && mem_live() == live;
	}
	tap_ok(right && n > 10, "%llu allocations fail one by one", (unsigned long long)n - 2);
}

int main(void)
{
	test_values();
	test_same_text();
	test_numbers();
	test_errors();
	test_hostile_values();
	test_long_lines();
	test_settings();
	test_read();
	test_nomem();
	return tap_done();
}
