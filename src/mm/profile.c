// SPDX-License-Identifier: GPL-2.0-or-later
#include <mm/profile.h>

#include <stddef.h>
#include <string.h>

static const struct mm_profile profiles[] = {
	{
		.name = "linux-3.14",
		.summary = "mprotect notifies the whole chunk of each VMA, populated or not",
		.placement = 0,
		.pud_leaf_bug = true,
		.hugetlb_unmap_notifies = true,
		.dax_cold_bug = true,
		.collapse_target_only = true,
		.unmap_extra_split = true,
		.shmem_thp_any_vma = true,
		.map_unmap_enomem = true,
		.pageout_keeps_referenced = true,
		.moves_by_page = true,
		.dontunmap_joins_none = true,
		.failed_map_unmaps = true,
		.split_notifies = true,
		.migrate_extra_split = true,
		.pte_change_dirty = true,
		.change_pte = true,
		.wp_reuse = WP_REUSE_PAGE_COUNT,
		.lru_batch = 15,
		.unmap_drains = true,
		.uffd_raw_prot = true,
	},
	{
		.name = "linux-6.1",
		.summary = "mprotect notifies from the first populated PMD entry to the end of its 1 GiB",
		.placement = 2,
		.pud_leaf_bug = true,
		.hugetlb_unmap_notifies = true,
		.dax_cold_bug = true,
		.collapse_target_only = true,
		.unmap_extra_split = true,
		.shmem_thp_any_vma = true,
		.map_unmap_enomem = true,
		.pageout_keeps_referenced = true,
		.moves_by_page = true,
		.dontunmap_joins_none = true,
		.failed_map_unmaps = true,
		.zero_start_sentinel = true,
		.split_notifies = true,
		.migrate_extra_split = true,
		.pte_change_dirty = true,
		.change_pte = true,
		.wp_reuse = WP_REUSE_PAGE_COUNT,
		.numa_skips_pinned = true,
		.lru_batch = 15,
		.unmap_drains = true,
		.uffd_raw_prot = true,
	},
	{
		.name = "linux-6.12",
		.summary = "mprotect notifies from the first PUD entry in use to the end of its 512 GiB",
		.failed_map_unmaps = true,
		.placement = 3,
		.zero_start_sentinel = true,
		.split_notifies = true,
		.saved_dirty = true,
		.unaccount_unfaulted = true,
		.mremap_realign = true,
		.pmd_change_writable = true,
		.migrate_extra_split = true,
		.split_to_zeropage = true,
		.ksm_smart_scan = true,
		.numa_vma_state = true,
		.pagemap_scan = true,
		.uffd_wp_vmas = true,
		.wp_reuse = WP_REUSE_SMALL_ONLY,
		.numa_skips_pinned = true,
		.lru_batch = 31,
		.cold_holds = true,
		.collapse_hole_ebusy = true,
		.nohuge_maps_small = true,
		.maps_folio = true,
		.unmap_drains = true,
	},
	{
		.name = "linux-7.2",
		.summary = "as linux-6.12, with the VMA merges and page-table reclaim of 7.x",
		.placement = 3,
		.zero_start_sentinel = true,
		.split_notifies = true,
		.saved_dirty = true,
		.merge_unfaulted = true,
		.unaccount_unfaulted = true,
		.mremap_realign = true,
		.mremap_multi_vma = true,
		.pmd_change_writable = true,
		.reclaim_pt = true,
		.hugetlb_dofork_einval = true,
		.huge_zero_replace = true,
		.collapse_lenient = true,
		.reaper_clear = true,
		.split_to_zeropage = true,
		.ksm_smart_scan = true,
		.numa_vma_state = true,
		.pagemap_scan = true,
		.uffd_wp_vmas = true,
		.wp_reuse = WP_REUSE_LARGE_MAPCOUNT,
		.numa_skips_pinned = true,
		.lru_batch = 31,
		.cold_holds = true,
		.collapse_hole_ebusy = true,
		.nohuge_maps_small = true,
		.maps_folio = true,
		.around_maps_folio = true,
		.holes_halve = true,
	},
};

#define NR_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const struct mm_profile *mm_profile_at(unsigned int index)
{
	return index < NR_PROFILES ? &profiles[index] : NULL;
}

const struct mm_profile *mm_profile_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_PROFILES; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}
