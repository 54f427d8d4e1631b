// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reverse maps: from a guest frame to the SPTEs that map it. The chain of descriptors
 * first, then the heads of a slot, then the walk of a notification.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define DESC_POOL_MAX (1ull << 24)

static_assert(sizeof(struct pte_list_desc) == 128, "a descriptor is two cache lines");

int desc_pool_init(struct desc_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	pool->max = DESC_POOL_MAX;
	return region_reserve_most(&pool->mem, sizeof(struct pte_list_desc), &pool->max);
}

void desc_pool_release(struct desc_pool *pool)
{
	region_release(&pool->mem);
	memset(pool, 0, sizeof(*pool));
}

static void desc_free(struct desc_pool *pool, struct pte_list_desc *desc)
{
	desc->more = pool->free;
	pool->free = desc;
	pool->nr_free++;
}

int desc_pool_topup(struct desc_pool *pool, unsigned int nr)
{
	while (pool->nr_free < nr) {
		if (pool->next == pool->max || mem_fail_now()) {
			mem_refuse((pool->max + 1) * sizeof(struct pte_list_desc));
			return -ENOMEM;
		}
		desc_free(pool, (struct pte_list_desc *)pool->mem.base + pool->next++);
	}
	return 0;
}

static struct pte_list_desc *desc_alloc(struct desc_pool *pool)
{
	struct pte_list_desc *desc = pool->free;

	assert(desc);
	pool->free = desc->more;
	pool->nr_free--;
	memset(desc, 0, sizeof(*desc));
	return desc;
}

static struct pte_list_desc *head_desc(const struct kvm_rmap_head *head)
{
	return head->val & 1 ? (struct pte_list_desc *)(uintptr_t)(head->val & ~1ull) :
			       NULL;
}

static spte_t *head_single(const struct kvm_rmap_head *head)
{
	return head->val & 1 ? NULL : (spte_t *)(uintptr_t)head->val;
}

static void set_head_desc(struct kvm_rmap_head *head, struct pte_list_desc *desc)
{
	head->val = (uintptr_t)desc | 1;
}

/* Linux 6.4 on: a full first descriptor gets a new one in front of it. */
static uint64_t add_in_front(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep)
{
	struct pte_list_desc *desc = head_desc(head);
	uint64_t count = desc->tail_count + desc->spte_count;

	if (desc->spte_count == kvm->profile->desc_capacity) {
		struct pte_list_desc *new = desc_alloc(&kvm->descs);

		new->more = desc;
		new->tail_count = count;
		set_head_desc(head, new);
		desc = new;
	}
	desc->sptes[desc->spte_count++] = sptep;
	return count;
}

/*
 * Up to Linux 6.3: full descriptors first, the chain grows at its end. A removal can
 * leave a gap in the middle, which is then filled first; the count returned ends there,
 * as in the kernel.
 */
static uint64_t add_behind(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep)
{
	struct pte_list_desc *desc = head_desc(head);
	uint64_t count = 0;

	while (desc->spte_count == kvm->profile->desc_capacity) {
		count += desc->spte_count;
		if (!desc->more)
			desc->more = desc_alloc(&kvm->descs);
		desc = desc->more;
	}
	count += desc->spte_count;
	desc->sptes[desc->spte_count++] = sptep;
	return count;
}

uint64_t pte_list_add(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep)
{
	if (!head->val) {
		head->val = (uintptr_t)sptep;
		return 0;
	}
	if (!head_desc(head)) {
		struct pte_list_desc *desc = desc_alloc(&kvm->descs);

		desc->sptes[0] = head_single(head);
		desc->sptes[1] = sptep;
		desc->spte_count = 2;
		set_head_desc(head, desc);
		return 1;
	}
	return kvm->profile->desc_newest_first ? add_in_front(kvm, head, sptep) :
						 add_behind(kvm, head, sptep);
}

/*
 * The hole is filled from the first descriptor, which is the only one that is not full.
 */
static void remove_newest_first(struct kvm *kvm, struct kvm_rmap_head *head,
				struct pte_list_desc *desc, unsigned int i)
{
	struct pte_list_desc *first = head_desc(head);
	unsigned int j = first->spte_count - 1;

	desc->sptes[i] = first->sptes[j];
	first->sptes[j] = NULL;
	if (--first->spte_count)
		return;
	if (first->more)
		set_head_desc(head, first->more);
	else
		head->val = 0;
	desc_free(&kvm->descs, first);
}

/*
 * The hole is filled from the same descriptor: a chain may then have gaps in the middle.
 */
static void remove_in_place(struct kvm *kvm, struct kvm_rmap_head *head,
			    struct pte_list_desc *desc, unsigned int i,
			    struct pte_list_desc *prev)
{
	unsigned int j = desc->spte_count - 1;

	desc->sptes[i] = desc->sptes[j];
	desc->sptes[j] = NULL;
	if (--desc->spte_count)
		return;
	if (prev)
		prev->more = desc->more;
	else if (desc->more)
		set_head_desc(head, desc->more);
	else
		head->val = 0;
	desc_free(&kvm->descs, desc);
}

void pte_list_remove(struct kvm *kvm, struct kvm_rmap_head *head, spte_t *sptep)
{
	struct pte_list_desc *desc = head_desc(head), *prev = NULL;
	unsigned int i;

	if (!desc) {
		assert(head_single(head) == sptep);
		head->val = 0;
		return;
	}
	for (; desc; prev = desc, desc = desc->more)
		for (i = 0; i < desc->spte_count; i++) {
			if (desc->sptes[i] != sptep)
				continue;
			if (kvm->profile->desc_newest_first)
				remove_newest_first(kvm, head, desc, i);
			else
				remove_in_place(kvm, head, desc, i, prev);
			return;
		}
	assert(!"an SPTE is missing in its reverse map");
}

uint64_t pte_list_count(const struct kvm_rmap_head *head)
{
	const struct pte_list_desc *desc = head_desc(head);
	uint64_t count = 0;

	if (!desc)
		return head->val != 0;
	for (; desc; desc = desc->more)
		count += desc->spte_count;
	return count;
}

spte_t *rmap_get_first(const struct kvm_rmap_head *head, struct rmap_iterator *iter)
{
	iter->desc = head_desc(head);
	iter->pos = 0;
	return iter->desc ? iter->desc->sptes[0] : head_single(head);
}

spte_t *rmap_get_next(struct rmap_iterator *iter)
{
	if (!iter->desc)
		return NULL;
	if (++iter->pos == iter->desc->spte_count) {
		iter->desc = iter->desc->more;
		iter->pos = 0;
	}
	return iter->desc ? iter->desc->sptes[iter->pos] : NULL;
}

int slot_rmap_init(struct kvm_memory_slot *slot)
{
	unsigned int l;
	int err = 0;

	for (l = 0; l < KVM_NR_LEVELS && !err; l++) {
		unsigned int shift = SPTE_LEVEL_BITS * l;
		struct slot_rmap *rmap = &slot->rmap[l];

		rmap->nr = ((slot->base_gfn + slot->npages - 1) >> shift) -
			   (slot->base_gfn >> shift) + 1;
		err = region_reserve(&rmap->mem, rmap->nr * sizeof(rmap->heads[0]));
		rmap->heads = rmap->mem.base;
		if (!err)
			err = occupancy_init(&rmap->used, rmap->nr);
	}
	if (err)
		slot_rmap_release(slot);
	return err;
}

void slot_rmap_release(struct kvm_memory_slot *slot)
{
	unsigned int l;

	for (l = 0; l < KVM_NR_LEVELS; l++) {
		region_release(&slot->rmap[l].mem);
		occupancy_release(&slot->rmap[l].used);
	}
	memset(slot->rmap, 0, sizeof(slot->rmap));
}

static uint64_t head_index(const struct kvm_memory_slot *slot, uint64_t gfn,
			   unsigned int level)
{
	unsigned int shift = SPTE_LEVEL_BITS * (level - 1);

	return (gfn >> shift) - (slot->base_gfn >> shift);
}

struct kvm_rmap_head *slot_rmap_head(struct kvm_memory_slot *slot, uint64_t gfn,
				     unsigned int level)
{
	return &slot->rmap[level - 1].heads[head_index(slot, gfn, level)];
}

static void zap_sptep(struct kvm *kvm, spte_t *sptep)
{
	*sptep = nonpresent(kvm);
	sptep_sp(kvm, sptep)->used--;
}

uint64_t zap_head(struct kvm *kvm, struct slot_rmap *rmap, uint64_t i, unsigned int level)
{
	struct kvm_rmap_head *head = &rmap->heads[i];
	struct pte_list_desc *desc = head_desc(head), *more;
	uint64_t count = 0;
	unsigned int j;

	if (!head->val)
		return 0;
	if (!desc) {
		zap_sptep(kvm, head_single(head));
		count = 1;
	}
	for (; desc; desc = more) {
		more = desc->more;
		for (j = 0; j < desc->spte_count; j++)
			zap_sptep(kvm, desc->sptes[j]);
		count += desc->spte_count;
		desc_free(&kvm->descs, desc);
	}
	head->val = 0;
	occupancy_clear(&rmap->used, i);
	kvm_update_page_stats(kvm, level, -(int64_t)count);
	return count;
}

void rmap_add(struct kvm *kvm, struct kvm_memory_slot *slot, spte_t *sptep, uint64_t gfn,
	      unsigned int level)
{
	struct slot_rmap *rmap = &slot->rmap[level - 1];
	uint64_t i = head_index(slot, gfn, level), count;

	count = pte_list_add(kvm, &rmap->heads[i], sptep);
	if (!count)
		occupancy_set(&rmap->used, i);
	kvm_update_page_stats(kvm, level, 1);
	if (count > kvm->stat.max_mmu_rmap_size)
		kvm->stat.max_mmu_rmap_size = count;
	if (count > kvm->profile->rmap_recycle) {
		zap_head(kvm, rmap, i, level);
		kvm_flush_remote_tlbs(kvm);
	}
}

void rmap_remove(struct kvm *kvm, spte_t *sptep, uint64_t gfn, unsigned int level)
{
	unsigned int as_id = sptep_sp(kvm, sptep)->role & ROLE_SMM ? 1 : 0;
	struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[as_id], gfn);
	struct slot_rmap *rmap;
	uint64_t i;

	assert(slot);
	rmap = &slot->rmap[level - 1];
	i = head_index(slot, gfn, level);
	pte_list_remove(kvm, &rmap->heads[i], sptep);
	if (!rmap->heads[i].val)
		occupancy_clear(&rmap->used, i);
	kvm_update_page_stats(kvm, level, -1);
}

/*
 * The next head after @i to be visited, at most @last; @last + 1 when all others are
 * empty.
 */
static uint64_t next_head(const struct kvm *kvm, const struct slot_rmap *rmap, uint64_t i,
			  uint64_t last)
{
	if (!kvm->literal)
		return occupancy_next(&rmap->used, i + 1, last + 1);
	while (++i <= last)
		if (rmap->heads[i].val)
			break;
	return i;
}

/*
 * How many heads from @i on, at most up to @last, hold one SPTE each, side by side in one table?
 */
static uint64_t dense_run(const struct slot_rmap *rmap, uint64_t i, uint64_t last)
{
	uint64_t first = rmap->heads[i].val, max = last - i + 1, nr;
	uint64_t room = (PT_TABLE_BYTES - (first & (PT_TABLE_BYTES - 1))) / sizeof(spte_t);

	if (!first || (first & 1))
		return 0;
	if (max > room)
		max = room;
	for (nr = 1; nr < max; nr++)
		if (rmap->heads[i + nr].val != first + nr * sizeof(spte_t))
			break;
	return nr;
}

/* zap_head() of each of them. */
static void zap_dense_run(struct kvm *kvm, struct slot_rmap *rmap, uint64_t i, uint64_t nr,
			  unsigned int level)
{
	spte_t *sptep = head_single(&rmap->heads[i]), none = nonpresent(kvm);
	uint64_t j;

	for (j = 0; j < nr; j++)
		sptep[j] = none;
	memset(&rmap->heads[i], 0, nr * sizeof(rmap->heads[0]));
	sptep_sp(kvm, sptep)->used -= nr;
	occupancy_clear_run(&rmap->used, i, nr);
	kvm_update_page_stats(kvm, level, -(int64_t)nr);
}

static void count_stretch(struct kvm *kvm, struct rmap_walk *walk)
{
	if (walk->stretch > kvm->stat.rmap_longest)
		kvm->stat.rmap_longest = walk->stretch;
	walk->stretch = 0;
}

void rmap_walk_may_yield(struct kvm *kvm, struct rmap_walk *walk)
{
	if (walk->can_yield)
		count_stretch(kvm, walk);
}

/*
 * The walk over one level (arch/x86/kvm/mmu/mmu.c:slot_rmap_walk_next()): the first head is
 * visited whatever it holds, a later one only when it is not empty; looking at an empty one is
 * no chance to yield.
 */
static void zap_level(struct kvm *kvm, struct slot_rmap *rmap, unsigned int level,
		      uint64_t first, uint64_t last, struct rmap_walk *walk)
{
	uint64_t i = first, next;

	walk->stretch++;
	while (i <= last) {
		uint64_t nr = dense_run(rmap, i, last);

		kvm->stat.rmap_visited++;
		if (nr > 1) {
			zap_dense_run(kvm, rmap, i, nr, level);
			walk->zapped += nr;
			kvm->stat.rmap_visited += nr - 1;
			/* with a chance to yield after each, no stretch is longer than one */
			rmap_walk_may_yield(kvm, walk);
			walk->stretch += walk->can_yield ? 1 : nr - 1;
			i += nr - 1;
			rmap_walk_may_yield(kvm, walk);
			next = next_head(kvm, rmap, i, last);
			walk->stretch += (next <= last ? next : last) - i;
			i = next;
			continue;
		}
		/* while this one is zapped the next comes into the cache */
		next = next_head(kvm, rmap, i, last);
		if (next <= last)
			__builtin_prefetch(&rmap->heads[next], 1);
		walk->zapped += zap_head(kvm, rmap, i, level);
		rmap_walk_may_yield(kvm, walk);
		walk->stretch += (next <= last ? next : last) - i;
		i = next;
	}
	kvm->stat.rmap_scanned += last - first + 1;
}

void rmap_zap_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
		    uint64_t end, struct rmap_walk *walk)
{
	unsigned int level;

	for (level = 1; level <= KVM_NR_LEVELS; level++)
		(kvm->rmap_index ? zap_level_indexed :
				   zap_level)(kvm, &slot->rmap[level - 1], level,
					      head_index(slot, start, level),
					      head_index(slot, end - 1, level), walk);
}

void rmap_walk_end(struct kvm *kvm, struct rmap_walk *walk)
{
	count_stretch(kvm, walk);
}

static bool age_head(struct kvm_rmap_head *head, bool clear)
{
	struct rmap_iterator iter;
	bool young = false;
	spte_t *sptep;

	for (sptep = rmap_get_first(head, &iter); sptep; sptep = rmap_get_next(&iter)) {
		young |= (sptep->val & SPTE_ACCESSED) != 0;
		if (clear)
			sptep->val &= ~SPTE_ACCESSED;
	}
	return young;
}

bool rmap_age_range(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t start,
		    uint64_t end, bool clear)
{
	unsigned int level;
	bool young = false;

	for (level = 1; level <= KVM_NR_LEVELS; level++) {
		struct slot_rmap *rmap = &slot->rmap[level - 1];
		uint64_t i = head_index(slot, start, level);
		uint64_t last = head_index(slot, end - 1, level);

		for (; i <= last; i = next_head(kvm, rmap, i, last))
			young |= age_head(&rmap->heads[i], clear);
	}
	return young;
}

/* Take @bits away; true when an entry had one of them. */
static bool protect_head(const struct kvm_rmap_head *head, uint64_t bits)
{
	struct rmap_iterator iter;
	bool changed = false;
	spte_t *sptep;

	for (sptep = rmap_get_first(head, &iter); sptep; sptep = rmap_get_next(&iter)) {
		changed |= (sptep->val & bits) != 0;
		sptep->val &= ~bits;
	}
	return changed;
}

bool rmap_write_protect(const struct kvm_rmap_head *head)
{
	return protect_head(head, SPTE_WRITABLE);
}

bool rmap_protect_for_tables(const struct kvm_rmap_head *head)
{
	return protect_head(head, SPTE_WRITABLE | SPTE_MMU_WRITABLE);
}

bool rmap_write_protect_slot(struct kvm *kvm, struct kvm_memory_slot *slot,
			     unsigned int min_level)
{
	bool writable = false;
	unsigned int level;

	for (level = min_level; level <= KVM_NR_LEVELS; level++) {
		struct slot_rmap *rmap = &slot->rmap[level - 1];
		uint64_t i = 0;

		for (; i < rmap->nr; i = next_head(kvm, rmap, i, rmap->nr - 1))
			writable |= rmap_write_protect(&rmap->heads[i]);
	}
	return writable;
}

static bool collapsible(struct kvm *kvm, const struct kvm_memory_slot *slot, const spte_t *sptep)
{
	const struct kvm_mmu_page *sp = sptep_sp(kvm, sptep);

	return (sp->role & ROLE_DIRECT) && sp->gfn >= slot->base_gfn &&
	       sp->gfn < slot->base_gfn + slot->npages &&
	       sp_level(sp) < kvm_mmu_max_mapping_level(kvm, slot, sp->gfn);
}

static bool zap_collapsible_head(struct kvm *kvm, struct kvm_memory_slot *slot, uint64_t gfn,
				 unsigned int level)
{
	const struct kvm_rmap_head *head = slot_rmap_head(slot, gfn, level);
	struct rmap_iterator iter;
	bool zapped = false;
	spte_t *sptep = rmap_get_first(head, &iter);

	while (sptep) {
		if (!collapsible(kvm, slot, sptep)) {
			sptep = rmap_get_next(&iter);
			continue;
		}
		rmap_remove(kvm, sptep, gfn, level);
		zap_sptep(kvm, sptep);
		zapped = true;
		sptep = rmap_get_first(head, &iter);
	}
	return zapped;
}

bool rmap_zap_collapsible(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	bool zapped = false;
	unsigned int level;

	for (level = SPTE_LEVEL_4K; level < KVM_NR_LEVELS; level++) {
		struct slot_rmap *rmap = &slot->rmap[level - 1];
		unsigned int shift = SPTE_LEVEL_BITS * (level - 1);
		uint64_t i = 0;

		for (; i < rmap->nr; i = next_head(kvm, rmap, i, rmap->nr - 1))
			zapped |= zap_collapsible_head(
				kvm, slot, ((slot->base_gfn >> shift) + i) << shift, level);
	}
	return zapped;
}
