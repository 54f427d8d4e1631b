// SPDX-License-Identifier: GPL-2.0-or-later
#include <kvm/profile.h>

#include <stddef.h>
#include <string.h>

#include <arch/spte.h>

/*
 * 3.14 had no TDP MMU and its reverse maps and retry range were another design: its row
 * is 6.1's, so that placements can be compared on one secondary MMU.
 */
#define PROFILE_6_1                                                                      \
	.prefetch = true, .change_pte = true, .self_map_4k = true,             \
	.sync_remakes = true, .invlpg_maps = true, .nonpresent = SPTE_NONPRESENT_ZERO,   \
	.frozen = SPTE_FROZEN, .narrow_error_code = true, .desc_capacity = 14,           \
	.rmap_recycle = 1000, .rmap_budget = KVM_NO_BUDGET, .probes_poison = true

#define PROFILE_6_12                                                                     \
	.gfn_based_retry = true, .early_retry = true, .rmap_yields = true,               \
	.prefetch = true, .desc_newest_first = true, .zap_each_level = true,             \
	.nonpresent = SPTE_NONPRESENT_VE, .zap_collapsed_later = true,                   \
	.desc_capacity = 14, .rmap_recycle = 1000, .rmap_budget = KVM_NO_BUDGET

static const struct kvm_profile profiles[] = {
	{ .name = "linux-3.14", PROFILE_6_1, .clean_rewrite = true, .update_flushes = true,
	  .split_flushes = true },
	{ .name = "linux-6.1", PROFILE_6_1, .clean_rewrite = true, .update_flushes = true,
	  .split_flushes = true },
	{ .name = "linux-6.12", PROFILE_6_12, .frozen = SPTE_FROZEN, .clean_rewrite = true,
	  .update_flushes = true, .split_flushes = true, .probes_poison = true },
	{ .name = "linux-7.2",
	  PROFILE_6_12,
	  .frozen = SPTE_FROZEN_7,
	  .recover_huge = true,
	  .changed_last = true,
	  .zap_orphans = true,
	  .lockless_aging = true,
	  .aging_no_flush = true },
};

const struct kvm_profile *kvm_profile_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}
