/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small reproducible random generator (splitmix64): the same seed gives the same numbers. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/** rng_seed() - begin; any seed is as good as another. */
static inline void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

/** rng_next() - the next 64 random bits. */
static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = (rng->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/** rng_below() - a number in [0, @n), @n > 0. */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)rng_next(rng) * n) >> 64);
}

/** rng_chance() - true in @num of @den cases. */
static inline int rng_chance(struct rng *rng, uint32_t num, uint32_t den)
{
	return rng_below(rng, den) < num;
}

#endif /* BASE_RNG_H */
