// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as a cost table: refused with a reason, or written and read back as it was. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <base/strbuf.h>
#include <report/cost.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const struct report_cost *cost)
{
	struct strbuf text = STRBUF_INIT, again = STRBUF_INIT, diag = STRBUF_INIT;
	struct report_cost back;

	report_cost_write(cost, &text);
	assert(!report_cost_parse("fuzz", text.buf, text.len, &diag, &back));
	report_cost_write(&back, &again);
	assert(!strcmp(strbuf_str(&text), strbuf_str(&again)));
	strbuf_release(&text);
	strbuf_release(&again);
	strbuf_release(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_cost cost;
	int err = report_cost_parse("fuzz", (const char *)data, size, &diag, &cost);

	assert(!err || (err == -EINVAL && diag.len));
	if (!err)
		check_written(&cost);
	strbuf_release(&diag);
	return 0;
}
