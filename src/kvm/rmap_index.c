// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The design "rmap=index": a walk over the reverse-map heads of a range that costs in proportion
 * to the heads in use.
 *
 * Over the heads of a level lie words of 64 bits: at level 0 of the index one bit per head, above
 * it one bit per word that is not zero, up to a single word. A head that is filled or emptied sets
 * or clears its bit, and one more per level only where a word becomes non-zero or zero.
 */
#include "kvm_internal.h"
#include "rmap_internal.h"

/* The word as the heads themselves have it. */
static uint64_t literal_word(const struct slot_rmap *rmap, unsigned int level, uint64_t index)
{
	uint64_t span = 1ull << (6 * level), i = index << (6 * (level + 1)), word = 0;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		uint64_t end = i + span < rmap->nr ? i + span : rmap->nr;
		uint64_t at = i;

		while (at < end && !rmap->heads[at].val)
			at++;
		if (at < end)
			word |= 1ull << bit;
		i += span;
	}
	return word;
}

static uint64_t index_word(const struct kvm *kvm, const struct slot_rmap *rmap,
			   unsigned int level, uint64_t index)
{
	return kvm->literal ? literal_word(rmap, level, index) : rmap->used.level[level][index];
}

void rmap_cursor_init(struct rmap_cursor *cursor, const struct slot_rmap *rmap, uint64_t first,
		      uint64_t last)
{
	*cursor = (struct rmap_cursor){
		.rmap = rmap,
		.next = first,
		.last = last,
		.direct = rmap->nr < RMAP_INDEX_MIN_HEADS || last - first < RMAP_DIRECT_HEADS,
	};
}

void rmap_cursor_yielded(struct rmap_cursor *cursor)
{
	cursor->held = false;
}

/*
 * Nothing is in use from @next to the end of the word of entry @entry: on behind it, once in the
 * next word of level 0, as heads in use are often neighbours, and then one level up.
 */
static void skip_word(struct rmap_cursor *cursor, uint64_t entry)
{
	cursor->next = ((entry >> 6) + 1) << (6 * (cursor->level + 1));
	cursor->held = false;
	if (!cursor->level && ++cursor->empty < 2)
		return;
	cursor->empty = 0;
	if (++cursor->level == cursor->rmap->used.nr_levels)
		cursor->next = cursor->last + 1;
}

/* Entry @entry of the cursor's level is in use, and none from @next to there. */
static void found_entry(struct rmap_cursor *cursor, uint64_t entry)
{
	uint64_t first = entry << (6 * cursor->level);

	if (first > cursor->next)
		cursor->next = first;
	if (cursor->level) {
		cursor->level--;
		return;
	}
	cursor->empty = 0;
	cursor->at_head = true;
}

static enum rmap_step step_held(struct rmap_cursor *cursor)
{
	uint64_t rest = cursor->word >> (cursor->next & 63);

	if (rest) {
		cursor->next += (unsigned int)__builtin_ctzll(rest);
		return cursor->next <= cursor->last ? RMAP_HEAD : RMAP_END;
	}
	skip_word(cursor, cursor->next);
	return cursor->next <= cursor->last ? RMAP_WORD : RMAP_END;
}

enum rmap_step rmap_cursor_step(const struct kvm *kvm, struct rmap_cursor *cursor)
{
	uint64_t entry, rest;

	if (cursor->next > cursor->last)
		return RMAP_END;
	if (cursor->direct || cursor->at_head) {
		cursor->at_head = false;
		return RMAP_HEAD;
	}
	if (cursor->held && cursor->word_index == cursor->next >> 6) {
		enum rmap_step step = step_held(cursor);

		if (step != RMAP_WORD)
			return step;
	}
	entry = cursor->next >> (6 * cursor->level);
	cursor->word_index = entry >> 6;
	cursor->word = index_word(kvm, cursor->rmap, cursor->level, cursor->word_index);
	cursor->held = !cursor->level;
	rest = cursor->word >> (entry & 63);
	if (rest)
		found_entry(cursor, entry + (unsigned int)__builtin_ctzll(rest));
	else
		skip_word(cursor, entry);
	return RMAP_WORD;
}

static void may_yield(struct kvm *kvm, struct rmap_cursor *cursor, struct rmap_walk *walk)
{
	rmap_walk_may_yield(kvm, walk);
	if (!walk->can_yield || !kvm->yield_hook)
		return;
	kvm->yield_hook(kvm->yield_ctx, cursor->next);
	rmap_cursor_yielded(cursor);
}

void zap_level_indexed(struct kvm *kvm, struct slot_rmap *rmap, unsigned int level,
		       uint64_t first, uint64_t last, struct rmap_walk *walk)
{
	struct rmap_cursor cursor;
	enum rmap_step step;

	rmap_cursor_init(&cursor, rmap, first, last);
	while ((step = rmap_cursor_step(kvm, &cursor)) != RMAP_END) {
		kvm->stat.rmap_scanned++;
		walk->stretch++;
		if (step == RMAP_HEAD) {
			kvm->stat.rmap_visited += rmap->heads[cursor.next].val != 0;
			walk->zapped += zap_head(kvm, rmap, cursor.next++, level);
		}
		may_yield(kvm, &cursor, walk);
	}
}

uint64_t rmap_index_bytes(uint64_t nr)
{
	uint64_t words = 0;

	if (nr < RMAP_INDEX_MIN_HEADS)
		return 0;
	do {
		nr = (nr + 63) / 64;
		words += nr;
	} while (nr > 1);
	return words * sizeof(uint64_t);
}

void kvm_rmap_bytes(struct kvm *kvm, uint64_t *ret_heads, uint64_t *ret_index)
{
	unsigned int as_id, l;

	*ret_heads = 0;
	*ret_index = 0;
	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++) {
		struct kvm_memory_slot *slot;

		for (slot = hva_first_slot(&kvm->memslots[as_id], 0, UINT64_MAX); slot;
		     slot = hva_next_slot(slot, 0, UINT64_MAX))
			for (l = 0; l < KVM_NR_LEVELS && slot_has_rmap(slot); l++) {
				*ret_heads += slot->rmap[l].nr * sizeof(struct kvm_rmap_head);
				if (kvm->rmap_index)
					*ret_index += rmap_index_bytes(slot->rmap[l].nr);
			}
	}
}
