// SPDX-License-Identifier: GPL-2.0-or-later
/* Random scripts about a guest of one kind: which one, and what is done with it. */
#include "random_internal.h"

#define WAYS                                                                                \
	(SCRIPT_RANDOM_GUEST | SCRIPT_RANDOM_NESTED | SCRIPT_RANDOM_SHADOW |                    \
	 SCRIPT_RANDOM_MEMSLOT)

/* One of the bits of @set; 0 for none. */
static unsigned int pick_bit(struct random_state *r, unsigned int set)
{
	unsigned int nr = __builtin_popcount(set), i;

	if (!nr)
		return 0;
	for (i = rng_below(&r->rng, nr); i; i--)
		set &= set - 1;
	return set & -set;
}

/* Slots that change and logs can come with a guest that has tables of its own. */
static unsigned int pick_ways(struct random_state *r, unsigned int ways)
{
	const unsigned int slots = chance(r, 1, 2) ? ways & SCRIPT_RANDOM_MEMSLOT : 0;
	unsigned int way;

	if (r->mmu == SCRIPT_MMU_NESTED)
		return SCRIPT_RANDOM_NESTED | slots;
	ways &= ~(unsigned int)SCRIPT_RANDOM_NESTED;
	if (r->mmu != SCRIPT_MMU_SHADOW)
		ways &= ~(unsigned int)SCRIPT_RANDOM_SHADOW;
	way = pick_bit(r, ways);
	if (way == SCRIPT_RANDOM_SHADOW)
		return way | slots;
	return way ? way : SCRIPT_RANDOM_GUEST;
}

void random_pick_kind(struct random_state *r)
{
	const unsigned int features = r->options->features;

	r->features = features;
	r->kind_given = r->options->kinds;
	if (!r->kind_given)
		return;
	r->mmu = __builtin_ctz(pick_bit(r, r->options->kinds));
	r->features = (features & ~(unsigned int)WAYS) | pick_ways(r, features & WAYS);
}
