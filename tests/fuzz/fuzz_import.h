/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a recording: no crash, no leak, a reason with every refusal, and what was written,
 * refused or not, is a script.
 */
#ifndef TESTS_FUZZ_FUZZ_IMPORT_H
#define TESTS_FUZZ_FUZZ_IMPORT_H

#include <import/import.h>
#include <script/script.h>

#include <base/mem.h>

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int importer(const struct import_options *, const struct import_source *,
		     const struct import_sink *, struct import_report *);

static inline void check_script(const struct strbuf *text, uint64_t ops)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	int err = script_parse("fuzz", text->buf, text->len, &diag, &script);

	if (ops && err)
		fprintf(stderr, "%.2000s\n%.4000s\n", strbuf_str(&diag), text->buf);
	assert(!ops || (!err && script->nr_ops == ops));
	script_free(script);
	strbuf_release(&diag);
}

static inline void fuzz_import(importer *import, const uint8_t *data, size_t size)
{
	static struct import_report report;
	const uint64_t live = mem_live();

	for (int touch = 0; touch < IMPORT_TOUCH_NR; touch++) {
		struct import_options options = { .touch = touch,
						  .pid = size % 5 ? 0 : 2 };
		struct import_memory memory = { (const char *)data, size, 0 };
		struct import_source source = import_source_memory(&memory);
		struct strbuf out = STRBUF_INIT;
		struct import_sink sink = import_sink_strbuf(&out);
		int err = import(&options, &source, &sink, &report);

		assert(!err || (err == -EINVAL && report.error[0]));
		check_script(&out, report.ops);
		strbuf_release(&out);
	}
	assert(mem_live() == live);
}

#endif /* TESTS_FUZZ_FUZZ_IMPORT_H */
