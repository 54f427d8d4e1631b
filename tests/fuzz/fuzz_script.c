// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a script: no crash, a message with every refusal, and what is accepted can
 * be written, parsed again to the same text, and walked.
 */
#include <script/script.h>

#include <base/mem.h>

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct script *script)
{
	struct script_cursor cursor;
	unsigned int steps = 0;

	script_cursor_init(&cursor, script);
	while (steps < 10000 && script_cursor_next(&cursor))
		steps++;
	assert(steps > 0);
}

static void check_round_trip(const struct script *script)
{
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT, diag = STRBUF_INIT;
	struct script *again = NULL;
	int err;

	script_write(script, &once);
	err = script_parse("again", strbuf_str(&once), once.len, &diag, &again);
	assert(!err);
	assert(again->nr_ops == script->nr_ops &&
	       again->nr_expects == script->nr_expects);
	script_write(again, &twice);
	assert(!strcmp(strbuf_str(&once), strbuf_str(&twice)));
	script_free(again);
	strbuf_release(&once);
	strbuf_release(&twice);
	strbuf_release(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	uint64_t live = mem_live();
	int err = script_parse("fuzz", (const char *)data, size, &diag, &script);

	if (err) {
		assert(err == -EINVAL && !script && strstr(strbuf_str(&diag), "error: "));
	} else {
		walk(script);
		check_round_trip(script);
	}
	assert(diag.len < 64 << 10);
	script_free(script);
	strbuf_release(&diag);
	assert(mem_live() == live);
	return 0;
}
