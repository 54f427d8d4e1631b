// SPDX-License-Identifier: GPL-2.0-or-later
/* The addresses that a script uses. */
#include "guest_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>

bool ranges_touch(const struct ranges *ranges, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < ranges->nr; i++)
		if (start < ranges->range[i].end && end > ranges->range[i].start)
			return true;
	return false;
}

static int add_range(struct ranges *ranges, uint64_t start, uint64_t len)
{
	int err = mem_grow(&ranges->range, &ranges->cap, ranges->nr + 1,
			   sizeof(*ranges->range));

	if (err)
		return err;
	ranges->range[ranges->nr].start = start;
	ranges->range[ranges->nr].end = start + len < start ? UINT64_MAX : start + len;
	ranges->nr++;
	return 0;
}

int ranges_of_maps(const struct script *script, struct ranges *ranges)
{
	const struct script_op *op;
	uint64_t heap = 0;
	int err = 0;
	size_t i;

	for (i = 0; i < script->nr_ops && !err; i++) {
		op = &script->ops[i];
		if (op->code == OP_MAP)
			err = add_range(ranges, op->addr,
					(op->len + GUEST_PAGE - 1) & -GUEST_PAGE);
		else if (op->code == OP_MREMAP)
			err = add_range(ranges, op->addr2,
					(op->len2 + GUEST_PAGE - 1) & -GUEST_PAGE);
		else if (op->code == OP_AGE)
			err = add_range(ranges, op->addr, op->len);
		else if (op->code == OP_HEAP)
			heap = op->addr;
		else if (op->code == OP_BRK && op->addr > heap)
			err = add_range(ranges, heap,
					((op->addr - heap) + GUEST_PAGE - 1) &
						-GUEST_PAGE);
	}
	return err;
}

int ranges_reserved(const struct ranges *maps, uint64_t *ret_start, uint64_t *ret_end)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t start, end;
	const char *line;
	char *dash;
	int err = get_file("/proc/self/maps", &text);

	for (line = strbuf_str(&text); !err && *line; line = strchrnul(line, '\n') + 1) {
		start = strtoull(line, &dash, 16);
		end = *dash == '-' ? strtoull(dash + 1, NULL, 16) : start;
		if (start < end && end >> 63 == 0 && ranges_touch(maps, start, end)) {
			*ret_start = start;
			*ret_end = end;
			err = -EADDRINUSE;
		}
		if (!*strchrnul(line, '\n'))
			break;
	}
	strbuf_release(&text);
	return err;
}

int ranges_of_slots(const struct script *script, struct ranges *slots)
{
	const struct script_op *op;
	int err = 0;
	size_t i;

	for (i = 0; i < script->nr_ops && !err; i++) {
		op = &script->ops[i];
		if (op->code == OP_MEMSLOT && !(op->flags & SCRIPT_MEMSLOT_DELETE))
			err = add_range(slots, script_op_gpa(op), op->len);
	}
	return err;
}
