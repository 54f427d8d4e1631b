// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON out: the exact text, and any bytes as strings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <report/json.h>

#include "tap.h"

static char buf[65536];

static void nested(void)
{
	FILE *out = fmemopen(buf, sizeof(buf), "w");
	struct report_json json;

	report_json_init(&json, out);
	report_json_object(&json, NULL);
	report_json_str(&json, "a", "x\"\\\n\x01\x7f");
	report_json_array(&json, "list");
	report_json_uint(&json, NULL, UINT64_MAX);
	report_json_int(&json, NULL, -5);
	report_json_double(&json, NULL, 1.5);
	report_json_double(&json, NULL, NAN);
	report_json_object(&json, NULL);
	report_json_close(&json);
	report_json_close(&json);
	report_json_bool(&json, "yes", true);
	report_json_line(&json, "line");
	report_json_uint(&json, "a", 0);
	report_json_line(&json, "b");
	report_json_int(&json, "c", INT64_MIN);
	report_json_close(&json);
	report_json_array(&json, "d");
	report_json_close(&json);
	report_json_close(&json);
	report_json_bool(&json, "no", false);
	report_json_close(&json);
	tap_eq(report_json_end(&json), 0, "ends");
	fclose(out);
	tap_ok(!strcmp(buf, "{\n  \"a\": \"x\\\"\\\\\\n\\u0001\\u007f\",\n  \"list\": [\n"
			    "    18446744073709551615,\n    -5,\n    1.5,\n    null,\n    {}\n  ],\n"
			    "  \"yes\": true,\n"
			    "  \"line\": {\"a\": 0, \"b\": {\"c\": -9223372036854775808}, "
			    "\"d\": []},\n  \"no\": false\n}\n"),
	       "an object with everything in it");
}

static void bytes(const char *value, size_t len, const char *want)
{
	FILE *out = fmemopen(buf, sizeof(buf), "w");
	struct report_json json;

	report_json_init(&json, out);
	report_json_strn(&json, NULL, value, len);
	report_json_end(&json);
	fclose(out);
	if (!tap_ok(!strcmp(buf, want), "bytes as a string"))
		printf("# got %s# want %s", buf, want);
}

#define BAD "\xef\xbf\xbd"

static void strings(void)
{
	bytes("\xc3\xa4", 2, "\"\xc3\xa4\"\n");
	bytes("\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"\n");
	bytes("\xc3", 1, "\"" BAD "\"\n");
	bytes("\xff" "a", 2, "\"" BAD "a\"\n");
	bytes("\xc0\x80", 2, "\"" BAD BAD "\"\n");		 /* overlong */
	bytes("\xed\xa0\x80", 3, "\"" BAD BAD BAD "\"\n"); /* a surrogate */
	bytes("\xf4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\"\n");
	bytes("a\0b", 3, "\"a\\u0000b\"\n");
}

static void full(void)
{
	FILE *out = fopen("/dev/full", "w");
	struct report_json json;

	setvbuf(out, NULL, _IONBF, 0);
	report_json_init(&json, out);
	report_json_uint(&json, NULL, 1);
	tap_ok(report_json_end(&json) < 0, "a full disk is reported");
	fclose(out);
}

int main(void)
{
	nested();
	strings();
	full();
	return tap_done();
}
