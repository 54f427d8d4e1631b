/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which entries of a large sparse array are in use: one bit per entry, above it one bit
 * per non-zero word, and so on up to a single word. Costs address space, and memory where
 * used.
 */
#ifndef KVM_OCCUPANCY_H
#define KVM_OCCUPANCY_H

#include <stdint.h>

#include <base/mem.h>

#define OCCUPANCY_LEVELS 6

/**
 * struct occupancy - the bits
 * @words: all levels, the entries' own first
 * @level: start of each level
 * @nr_levels: levels in use; the last has one word
 * @nr: entries
 */
struct occupancy {
	struct region words;
	uint64_t *level[OCCUPANCY_LEVELS];
	unsigned int nr_levels;
	uint64_t nr;
};

/** occupancy_init() - @nr entries (1 to 2^36), none in use. Return: 0 or -ENOMEM. */
int occupancy_init(struct occupancy *occ, uint64_t nr);
void occupancy_release(struct occupancy *occ);

/**
 * occupancy_next() - the first entry >= @from and < @end in use; @end when there is none.
 */
uint64_t occupancy_next(const struct occupancy *occ, uint64_t from, uint64_t end);

static inline void occupancy_set(struct occupancy *occ, uint64_t i)
{
	unsigned int l;

	for (l = 0; l < occ->nr_levels; l++, i >>= 6) {
		uint64_t old = occ->level[l][i >> 6];

		occ->level[l][i >> 6] = old | 1ull << (i & 63);
		if (old)
			break;
	}
}

/** occupancy_set_run(), occupancy_clear_run() - [@i, @i + @nr). */
void occupancy_set_run(struct occupancy *occ, uint64_t i, uint64_t nr);
void occupancy_clear_run(struct occupancy *occ, uint64_t i, uint64_t nr);

static inline void occupancy_clear(struct occupancy *occ, uint64_t i)
{
	unsigned int l;

	for (l = 0; l < occ->nr_levels; l++, i >>= 6) {
		occ->level[l][i >> 6] &= ~(1ull << (i & 63));
		if (occ->level[l][i >> 6])
			break;
	}
}

#endif /* KVM_OCCUPANCY_H */
