/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reverse maps of memslots, and the design "rmap=index". */
#ifndef KVM_RMAP_INTERNAL_H
#define KVM_RMAP_INTERNAL_H

#include "kvm_internal.h"

/* ---- rmap.c ---- */

int desc_pool_init(struct desc_pool *pool);
void desc_pool_release(struct desc_pool *pool);
/**
 * desc_pool_topup() - so that the next @nr additions cannot fail. Return: 0 or -ENOMEM.
 */
int desc_pool_topup(struct desc_pool *pool, unsigned int nr);

/**
 * pte_list_add() - Return: how many entries were there before. Needs a descriptor at
 * hand.
 */
uint64_t pte_list_add(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep);
/** pte_list_remove() - @sptep must be in the list. */
void pte_list_remove(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep);
/** pte_list_count() - entries of a head. */
uint64_t pte_list_count(const struct kvm_rmap_head *head);

/** struct rmap_iterator - position in a head */
struct rmap_iterator {
	const struct pte_list_desc *desc;
	unsigned int pos;
};
spte_t *rmap_get_first(const struct kvm_rmap_head *head, struct rmap_iterator *iter);
spte_t *rmap_get_next(struct rmap_iterator *iter);

/**
 * slot_rmap_init() / _release() - heads of all levels; nothing is used until one is
 * written.
 */
int slot_rmap_init(struct kvm_memory_slot *slot);
void slot_rmap_release(struct kvm_memory_slot *slot);
static inline bool slot_has_rmap(const struct kvm_memory_slot *slot)
{
	return slot->rmap[0].heads != NULL;
}

/** slot_rmap_head() - head of a frame of the slot at @level. */
struct kvm_rmap_head *slot_rmap_head(struct kvm_memory_slot *slot, uint64_t gfn,
				     unsigned int level);

/**
 * rmap_add() - @sptep, a leaf of @level, maps @gfn. May zap the head when it is too long.
 */
void rmap_add(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep, uint64_t gfn,
	      unsigned int level);
/** rmap_remove() - @sptep does not map @gfn any more. */
void rmap_remove(struct kvm *kvm, spte_t *sptep, uint64_t gfn, unsigned int level);

/**
 * struct rmap_walk - counts of one locked section over reverse maps
 * @can_yield: a visited head is a chance to yield
 * @stretch: heads scanned since the last chance
 * @zapped: leaves zapped
 */
struct rmap_walk {
	bool can_yield;
	uint64_t stretch;
	uint64_t zapped;
};

/** rmap_zap_range() - zap the leaves that map [@start, @end) of @slot, all levels. */
void rmap_zap_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
		    uint64_t end, struct rmap_walk *walk);
/**
 * zap_head() - kvm_zap_all_rmap_sptes(): zap the leaves of head @i of @rmap. Return: how many.
 */
uint64_t zap_head(struct kvm *kvm, struct slot_rmap *rmap, uint64_t i, unsigned int level);
/** rmap_walk_may_yield() - after a step that looked at something: a chance to yield. */
void rmap_walk_may_yield(struct kvm *kvm, struct rmap_walk *walk);
/** rmap_walk_end() - account for the last stretch. */
void rmap_walk_end(struct kvm *kvm, struct rmap_walk *walk);
/** rmap_age_range() - accessed bits in [@start, @end); cleared if @clear. */
bool rmap_age_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
		    uint64_t end, bool clear);

/** rmap_write_protect() - entries of one head; true if one was writable. */
bool rmap_write_protect(const struct kvm_rmap_head *head);
/** rmap_protect_for_tables() - the same, and for good: the lockless path does not undo it. */
bool rmap_protect_for_tables(const struct kvm_rmap_head *head);
/** rmap_write_protect_slot() - all heads of levels @min_level and up; true as above. */
bool rmap_write_protect_slot(struct kvm *kvm, struct kvm_memory_slot *slot,
			     unsigned int min_level);
/**
 * rmap_zap_collapsible() - leaves of direct tables whose block could be one large page; true if
 * there was one (kvm_rmap_zap_collapsible_sptes).
 */
bool rmap_zap_collapsible(struct kvm *kvm, struct kvm_memory_slot *slot);

/* ---- split.c ---- */

/**
 * kvm_shadow_mmu_split_range() - large leaves in reverse maps of frames [@start, @end), which is
 * not empty, down to 4 KiB. Return: 0 or -ENOMEM.
 */
int kvm_shadow_mmu_split_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
			       uint64_t end);

/* ---- rmap_index.c: the design "rmap=index" ---- */

/* A level with fewer heads has no index: it would be more than 2 % of them. */
#define RMAP_INDEX_MIN_HEADS 512u
/* So many heads, eight cache lines, are looked at themselves: the index could save little. */
#define RMAP_DIRECT_HEADS 64u

/**
 * struct rmap_cursor - position of a walk over the heads in use in [next, last] of one level
 * @next: no head before it is left to visit
 * @level: of the index, where the next word is looked at; 0 is one bit per head
 * @empty: words without a head in use that were met in a row at level 0
 * @at_head: head @next is to be visited: it was in use when it was looked for
 * @direct: without the index
 * @held, @word, @word_index: word of level 0 in hand, and its number
 *
 * What outlives a yield is a position and where to look next, nothing that was read. Heads may be
 * filled and emptied meanwhile: the walk finds every head in use at or after @next, as a scan
 * would, and may visit one that has become empty. It ends however often it yields: every step
 * moves @next, or goes one level down to where the next one does.
 */
struct rmap_cursor {
	const struct slot_rmap *rmap;
	uint64_t next;
	uint64_t last;
	unsigned int level;
	unsigned int empty;
	bool at_head;
	bool direct;
	bool held;
	uint64_t word;
	uint64_t word_index;
};

/** enum rmap_step - what one step of a cursor looked at */
enum rmap_step {
	RMAP_END,  /* nothing: no head in use is left */
	RMAP_WORD, /* one word of the index */
	RMAP_HEAD, /* head @next, which the caller visits and then steps over */
};

void rmap_cursor_init(struct rmap_cursor *cursor, const struct slot_rmap *rmap, uint64_t first,
		      uint64_t last);
/** rmap_cursor_step() - look at one word or deliver one head. Every step is a chance to yield. */
enum rmap_step rmap_cursor_step(const struct kvm *kvm, struct rmap_cursor *cursor);
/** rmap_cursor_yielded() - forget what was read: heads may have come and gone. */
void rmap_cursor_yielded(struct rmap_cursor *cursor);
/** zap_level_indexed() - zap the leaves of the heads [@first, @last] of a level. */
void zap_level_indexed(struct kvm *kvm, struct slot_rmap *rmap, unsigned int level,
		       uint64_t first, uint64_t last, struct rmap_walk *walk);
/** rmap_index_bytes() - memory of the index over @nr heads; 0 where there is none. */
uint64_t rmap_index_bytes(uint64_t nr);

#endif /* KVM_RMAP_INTERNAL_H */
