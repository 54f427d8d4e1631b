/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random scripts: the same seed and options give the same text. */
#ifndef SCRIPT_RANDOM_H
#define SCRIPT_RANDOM_H

#include <stdint.h>
#include <base/strbuf.h>

/* What a random script may contain, as bits of script_random_options.features. */
enum {
	SCRIPT_RANDOM_ANON = 1 << 0,
	SCRIPT_RANDOM_SHMEM = 1 << 1,
	SCRIPT_RANDOM_FILE = 1 << 2,
	SCRIPT_RANDOM_THP = 1 << 3,
	SCRIPT_RANDOM_HUGETLB = 1 << 4,
	SCRIPT_RANDOM_DAX = 1 << 5,
	SCRIPT_RANDOM_FORK = 1 << 6,
	SCRIPT_RANDOM_NUMA = 1 << 7,
	SCRIPT_RANDOM_GUEST = 1 << 8,
	SCRIPT_RANDOM_MREMAP = 1 << 9,
	SCRIPT_RANDOM_TRUNCATE = 1 << 10, /* truncate and MADV_REMOVE */
	SCRIPT_RANDOM_COLLAPSE = 1 << 11, /* MADV_COLLAPSE */
	SCRIPT_RANDOM_SHMEM_THP = 1 << 12, /* huge pages in shmem objects */
	SCRIPT_RANDOM_TRACK = 1 << 13, /* userfaultfd, soft-dirty bits */
	SCRIPT_RANDOM_PLACE = 1 << 14, /* mbind, move_pages */
	SCRIPT_RANDOM_KSM = 1 << 15,
	SCRIPT_RANDOM_PAGEOUT = 1 << 16,
	SCRIPT_RANDOM_HEAP = 1 << 17,
	SCRIPT_RANDOM_NESTED = 1 << 18, /* an L1 hypervisor; with GUEST one VM of four */
	SCRIPT_RANDOM_SHADOW = 1 << 19, /* a guest with page tables of its own */
	SCRIPT_RANDOM_MEMSLOT = 1 << 20, /* slots that change, dirty logs, two VMs */
	SCRIPT_RANDOM_AGE = 1 << 21, /* accessed bits of guests are asked for and taken away */
	SCRIPT_RANDOM_EXEC = 1 << 22, /* exec; no guests then */
};

/**
 * struct script_random_options - what to generate
 * @ops: number of operations
 * @features: SCRIPT_RANDOM_*
 * @max_touched: pages a script may touch in all (the real machine has little memory)
 * @kinds: bits over SCRIPT_MMU_*: each script has a guest, of one of these kinds, and GUEST,
 *	NESTED, SHADOW and MEMSLOT of @features say which ways of having it are drawn from (GUEST
 *	where none does); 0: @features alone say whether there is a guest
 */
struct script_random_options {
	unsigned int ops;
	unsigned int features;
	uint64_t max_touched;
	unsigned int kinds;
};

/** script_random() - append a script's text to @out; @seed decides everything. */
void script_random(uint64_t seed, const struct script_random_options *options, struct strbuf *out);

#endif /* SCRIPT_RANDOM_H */
