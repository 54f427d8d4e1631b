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

/* The bits of word @word of the lowest level that are in [@i, @end). */
static uint64_t bits_in(uint64_t word, uint64_t i, uint64_t end)
{
	uint64_t mask = ~0ull;

	if (i > word << 6)
		mask <<= i & 63;
	if (end < (word + 1) << 6)
		mask &= (1ull << (end & 63)) - 1;
	return mask;
}

void occupancy_set_run(struct occupancy *occ, uint64_t i, uint64_t nr)
{
	uint64_t end = i + nr, word;

	for (word = i >> 6; nr && word <= (end - 1) >> 6; word++) {
		uint64_t mask = bits_in(word, i, end);

		/* the first bit tells the levels above */
		occupancy_set(occ, word << 6 | (unsigned int)__builtin_ctzll(mask));
		occ->level[0][word] |= mask;
	}
}

void occupancy_clear_run(struct occupancy *occ, uint64_t i, uint64_t nr)
{
	uint64_t end = i + nr, word;

	for (word = i >> 6; nr && word <= (end - 1) >> 6; word++) {
		uint64_t mask = bits_in(word, i, end);
		uint64_t last = mask & -mask;

		if (!(occ->level[0][word] & mask))
			continue;
		occ->level[0][word] &= ~mask;
		occ->level[0][word] |= last;
		occupancy_clear(occ, word << 6 | (unsigned int)__builtin_ctzll(last));
	}
}
