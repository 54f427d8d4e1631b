// SPDX-License-Identifier: GPL-2.0-or-later
#include "occupancy.h"

#include <assert.h>
#include <string.h>

int occupancy_init(struct occupancy *occ, uint64_t nr)
{
	uint64_t words[OCCUPANCY_LEVELS], total = 0, n = nr;
	struct occupancy new = { .nr = nr };
	uint64_t *at;
	unsigned int l;
	int err;

	assert(nr && nr <= 1ull << (6 * OCCUPANCY_LEVELS));
	do {
		n = (n + 63) / 64;
		words[new.nr_levels++] = n;
		total += n;
	} while (n > 1);
	err = region_reserve(&new.words, total * sizeof(uint64_t));
	if (err)
		return err;
	at = new.words.base;
	for (l = 0; l < new.nr_levels; l++) {
		new.level[l] = at;
		at += words[l];
	}
	*occ = new;
	return 0;
}

void occupancy_release(struct occupancy *occ)
{
	region_release(&occ->words);
	memset(occ, 0, sizeof(*occ));
}

/* Down from bit @i of level @l, which is set, to the first entry below it. */
static uint64_t first_below(const struct occupancy *occ, unsigned int l, uint64_t i)
{
	while (l--)
		i = i << 6 | (unsigned int)__builtin_ctzll(occ->level[l][i]);
	return i;
}

uint64_t occupancy_next(const struct occupancy *occ, uint64_t from, uint64_t end)
{
	uint64_t i = from, found;
	unsigned int l;

	if (from >= end)
		return end;
	for (l = 0; l < occ->nr_levels; l++) {
		uint64_t word = occ->level[l][i >> 6] >> (i & 63);

		if (word) {
			found = first_below(occ, l,
					    i + (unsigned int)__builtin_ctzll(word));
			return found < end ? found : end;
		}
		/*
		 * nothing in the rest of this word: on with the next word, one level up
		 */
		i = (i >> 6) + 1;
		if (l + 1 == occ->nr_levels || i > (occ->nr - 1) >> (6 * (l + 1)))
			break;
	}
	return end;
}
