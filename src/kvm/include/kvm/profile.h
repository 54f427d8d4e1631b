/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM does differently from one Linux to the next, as constant tables. */
#ifndef KVM_PROFILE_H
#define KVM_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

/* kvm_profile.rmap_budget: the kernel promises nothing */
#define KVM_NO_BUDGET UINT64_MAX

/**
 * struct kvm_profile - behaviour of one kernel's KVM
 * @name: the name of the mm profile it belongs to
 * @gfn_based_retry: the range of running invalidations is kept in guest frames, each slot
 *	adding its own part (Linux 6.8, commit 8569992d64b8); else in host addresses,
 *	whole
 * @early_retry: a fault tests for a running invalidation before the pfn lookup and again
 *	before mmu_lock (Linux 6.8, commit d02c357e5bfa)
 * @rmap_yields: a blockable walk over reverse maps may yield after each visited head
 *	(6.12)
 * @prefetch: neighbours that the primary MMU maps writable are mapped along
 *	(direct_pte_prefetch)
 * @change_pte: the change_pte callback exists (up to 6.9)
 * @desc_newest_first: a full descriptor gets a new one in front (6.4), else behind
 * @zap_each_level: taking down a TDP root clears 4K, 2M, 1G and root entries in four
 *	passes (seen on 6.12); else the 1G entries with all below them, then the root's
 * @zap_orphans: rewriting an upper nested table zaps the shadow page below at once when
 *	nothing else points to it (seen on 7.2); else it stays until something zaps it,
 *	a page above it, say
 * @clean_rewrite: an entry that is written over one whose writable bit is set, an MMIO entry
 *	included, is not made dirty (make_spte() leaves early; to 6.12)
 * @self_map_4k: a writable page of a guest's tables that holds one of the tables on the way to
 *	it is shadowed with 4 KiB pages (is_self_change_mapping(), up to 6.2)
 * @sync_remakes: synchronising an entry makes it anew, not accessed, even if nothing changed,
 *	and ends at the first one that cannot be read (up to 6.3)
 * @invlpg_maps: INVLPG takes the entry out of an unsync page and maps it anew from the guest
 *	table at once (up to 6.3); else it is synchronised
 * @lockless_aging: aging takes no mmu_lock (7.x); no difference in one thread
 * @probes_poison: a read of the guest's that cannot be translated is tried as a write, too, to
 *	learn whether the page is poisoned (check_user_page_hwpoison(), to 6.12)
 * @aging_no_flush: clear_flush_young flushes no TLB (KVM_ELIDE_TLB_FLUSH_IF_YOUNG, 6.13)
 * @update_flushes: an entry that is made anew without its accessed or dirty bit is flushed
 *	(mmu_spte_update(), to 6.12); else only one that loses the right to write
 * @split_flushes: splitting a large page of a nested guest's shadow tables flushes (seen to 6.12)
 * @narrow_error_code: the lockless path knows 32 bits of the error code (6.1)
 * @changed_last: an entry that pointed to a table is told after what was in the table (7.2)
 * @zap_collapsed_later: a table that is replaced by nothing, so that a large page can come, goes in
 *	one step after the flush (6.10); else its entry is frozen first
 * @recover_huge: when dirty logging stops, a table becomes a large page at once (6.13); else it is
 *	cut off and the next access makes the large page
 * @nonpresent: value of an absent SPTE
 * @frozen: added to it while a table is being taken down
 * @desc_capacity: SPTEs per pte_list_desc
 * @rmap_recycle: a head that holds more SPTEs than this when one is added is zapped
 * @rmap_budget: most heads scanned without a chance to yield that the profile promises
 */
struct kvm_profile {
	const char *name;
	bool gfn_based_retry;
	bool early_retry;
	bool rmap_yields;
	bool prefetch;
	bool change_pte;
	bool desc_newest_first;
	bool zap_each_level;
	bool zap_orphans;
	bool self_map_4k;
	bool sync_remakes;
	bool invlpg_maps;
	bool lockless_aging;
	bool probes_poison;
	bool aging_no_flush;
	bool narrow_error_code;
	bool changed_last;
	bool zap_collapsed_later;
	bool recover_huge;
	bool clean_rewrite;
	bool update_flushes;
	bool split_flushes;
	uint64_t nonpresent;
	uint64_t frozen;
	uint32_t desc_capacity;
	uint32_t rmap_recycle;
	uint64_t rmap_budget;
};

/** kvm_profile_find() - the table of that name; NULL if there is none. */
const struct kvm_profile *kvm_profile_find(const char *name);

#endif /* KVM_PROFILE_H */
