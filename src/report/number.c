// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/table.h>

#include <math.h>
#include <string.h>

void report_add_count(struct strbuf *out, uint64_t count)
{
	char digits[32];
	int i, len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			strbuf_addch(out, ',');
		strbuf_addch(out, digits[i]);
	}
}

void report_add_size(struct strbuf *out, uint64_t bytes)
{
	static const char units[] = "\0KMGTPE";
	unsigned int unit = 0;
	uint64_t whole = bytes, scale = 1;

	while (whole >= 1024) {
		whole >>= 10;
		scale <<= 10;
		unit++;
	}
	strbuf_adddec(out, whole);
	/* one digit more where it says something: 1.5G, but 512G and 2G */
	if (whole < 100 && bytes & (scale - 1)) {
		uint64_t tenth = (bytes & (scale - 1)) / (scale / 1024) * 10 / 1024;

		strbuf_addf(out, ".%llu", (unsigned long long)tenth);
	}
	if (unit)
		strbuf_addch(out, units[unit]);
}

void report_add_ns(struct strbuf *out, double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0;
	int digits;

	if (!(ns > 0)) {
		strbuf_addch(out, '0');
		return;
	}
	while (unit < 3 && ns >= 999.5) {
		ns /= 1000;
		unit++;
	}
	digits = ns >= 99.95 || (!unit && ns == floor(ns)) ? 0 : ns >= 9.995 ? 1 : 2;
	strbuf_addf(out, "%.*f %s", digits, ns, units[unit]);
}
