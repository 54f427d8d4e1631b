// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/stall.h>

#include <errno.h>
#include <string.h>

#define ADDRESS_END (1ull << 56)

void report_stall_estimate(const struct report_cost *cost, const struct report_work *work,
			   uint64_t longest_heads, uint64_t frames, struct report_stall *ret_stall)
{
	struct report_work lock = { .nr = {
		[COST_HEAD_SCANNED] = work->nr[COST_HEAD_SCANNED],
		[COST_HEAD_VISITED] = work->nr[COST_HEAD_VISITED],
		[COST_SPTE_ZAPPED] = work->nr[COST_SPTE_ZAPPED],
		[COST_FLUSH] = work->nr[COST_FLUSH],
	} };
	struct report_stall stall = { .frames = frames };

	stall.lock = report_cost_estimate(cost, &lock);
	stall.total = report_cost_estimate(cost, work);
	lock.nr[COST_HEAD_SCANNED] = longest_heads;
	stall.longest = report_cost_estimate(cost, &lock);
	if (stall.longest > stall.lock)
		stall.longest = stall.lock;
	*ret_stall = stall;
}

uint64_t report_stall_turn(double ns, uint64_t bytes, double limit, uint64_t most)
{
	double turn;

	if (!(ns > 0) || !bytes)
		return UINT64_MAX;
	turn = limit / ns * bytes;
	if (turn > (double)ADDRESS_END || turn > (double)most)
		return UINT64_MAX;
	return turn;
}

static double unit_ns(const char *unit)
{
	static const struct { const char *name; double ns; } units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (!strcmp(unit, units[i].name))
			return units[i].ns;
	return 0;
}

int report_parse_duration(const char *text, double *ret_ns)
{
	unsigned int digits = 0, decimals = 0;
	double value = 0, scale = 1;

	for (; *text >= '0' && *text <= '9'; text++, digits++)
		value = value * 10 + (*text - '0');
	if (digits && *text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++, decimals++) {
			value = value * 10 + (*text - '0');
			scale *= 10;
		}
		if (!decimals)
			return -EINVAL;
	}
	if (!digits || digits > 9 || decimals > 9 || unit_ns(text) == 0)
		return -EINVAL;
	*ret_ns = value / scale * unit_ns(text);
	return 0;
}
