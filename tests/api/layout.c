// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sizes, offsets and numbers that programs were compiled with. A released one never changes;
 * members are appended, and get their lines here. All of it is checked when this is compiled.
 */
#include <mmuscope/mmuscope.h>
#include <tap.h>

#include <assert.h>
#include <stddef.h>

#define AT(type, member, offset) \
	static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define SIZE(type, bytes) static_assert(sizeof(struct type) == (bytes), #type)

AT(ms_machine_options, size, 0);
AT(ms_machine_options, profile, 8);
AT(ms_machine_options, designs, 16);
AT(ms_machine_options, levels, 20);
AT(ms_machine_options, run_level, 24);
AT(ms_machine_options, literal, 28);
AT(ms_machine_options, run_gap, 32);
SIZE(ms_machine_options, 40);

AT(ms_vma, start, 8);
AT(ms_vma, end, 16);
AT(ms_vma, flags, 24);
AT(ms_vma, has_file, 32);
SIZE(ms_vma, 40);

AT(ms_translation, pfn, 8);
AT(ms_translation, level, 16);
AT(ms_translation, writable, 20);
SIZE(ms_translation, 24);

AT(ms_range, start, 0);
AT(ms_range, end, 8);
AT(ms_range, event, 16);
AT(ms_range, blockable, 20);
AT(ms_range, numa, 24);
SIZE(ms_range, 32);

AT(ms_notifier_ops, range_start, 8);
AT(ms_notifier_ops, range_end, 16);
AT(ms_notifier_ops, release, 24);
AT(ms_notifier_ops, clear_flush_young, 32);
AT(ms_notifier_ops, clear_young, 40);
AT(ms_notifier_ops, test_young, 48);
AT(ms_notifier_ops, change_pte, 56);
AT(ms_notifier_ops, numa_protect, 64);
SIZE(ms_notifier_ops, 72);

AT(ms_interval_ops, invalidate, 8);
SIZE(ms_interval_ops, 16);

AT(ms_vm_options, mmu, 8);
SIZE(ms_vm_options, 16);

AT(ms_run_options, profile, 8);
AT(ms_run_options, designs, 16);
AT(ms_run_options, levels, 20);
AT(ms_run_options, run_level, 24);
AT(ms_run_options, literal, 28);
AT(ms_run_options, run_gap, 32);
AT(ms_run_options, mmu, 40);
AT(ms_run_options, audit, 44);
AT(ms_run_options, on_event, 48);
AT(ms_run_options, on_op, 56);
AT(ms_run_options, on_message, 64);
AT(ms_run_options, ctx, 72);
SIZE(ms_run_options, 80);

static_assert(MS_NOTIFY_UNMAP == 0 && MS_NOTIFY_CLEAR == 1 && MS_NOTIFY_PROTECTION_VMA == 2 &&
	      MS_NOTIFY_PROTECTION_PAGE == 3 && MS_NOTIFY_SOFT_DIRTY == 4 &&
	      MS_NOTIFY_RELEASE == 5 && MS_NOTIFY_MIGRATE == 6 && MS_NOTIFY_EXCLUSIVE == 7,
	      "enum ms_notify");
static_assert(MS_DESIGN_TIGHT == 1 && MS_DESIGN_LAZY_UNMAP == 2 && MS_DESIGN_RMAP_INDEX == 4 &&
	      MS_DESIGN_NUMA_SKIP == 8, "enum ms_design");
static_assert(MS_MMU_DEFAULT == 0 && MS_MMU_TDP == 1 && MS_MMU_DIRECT == 2 &&
	      MS_MMU_SHADOW == 3 && MS_MMU_NESTED == 4, "enum ms_mmu");
static_assert(MS_READ == 0 && MS_WRITE == 1 && MS_EXEC == 2, "enum ms_access");
static_assert(MS_THP_NEVER == 0 && MS_THP_MADVISE == 1 && MS_THP_ALWAYS == 2, "enum ms_thp");
static_assert(MS_FILE_PAGE_CACHE == 0 && MS_FILE_SHMEM == 1 && MS_FILE_HUGETLB == 2 &&
	      MS_FILE_DAX == 3, "enum ms_file_kind");
static_assert(MS_MPOL_DEFAULT == 0 && MS_MPOL_PREFERRED == 1 && MS_MPOL_BIND == 2 &&
	      MS_MPOL_INTERLEAVE == 3 && MS_MPOL_LOCAL == 4, "enum ms_mpol");
static_assert(MS_MBIND_MOVE == 1 && MS_MBIND_STRICT == 2 && MS_MEMORY_READONLY == 2 &&
	      MS_EVENT_NUMBERS == 6, "macros");

int main(void)
{
	tap_ok(true, "compiled");
	return tap_done();
}
