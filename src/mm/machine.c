// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine and the life of address spaces. */
#include "mm_internal.h"

int machine_create(const struct machine_config *config, struct machine **ret_machine)
{
	struct machine *m = mem_zalloc(sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->profile = config->profile;
	m->design = config->design;
	m->geo = config->geo;
	m->run = pte_run_best();
	m->events = config->events;
	m->thp = config->thp;
	m->shmem_thp = config->shmem_thp;
	m->before_change = config->before_change;
	m->ctx = config->ctx;
	LIST_INIT(&m->mms);
	LIST_INIT(&m->files);
	err = pt_arena_init(&m->tables, PFN_TABLE_BASE, PFN_TABLE_MAX, sizeof(struct pt_info));
	if (!err)
		err = page_init(m);
	if (err) {
		machine_destroy(m);
		return err;
	}
	*ret_machine = m;
	return 0;
}

void machine_end(struct machine *machine)
{
	machine->ending = true;
}

struct machine *machine_destroy(struct machine *machine)
{
	if (!machine)
		return NULL;
	while (!LIST_EMPTY(&machine->mms))
		mm_destroy(LIST_FIRST(&machine->mms));
	while (!LIST_EMPTY(&machine->files)) {
		struct mm_file *file = LIST_FIRST(&machine->files);

		file->refs = 1;
		mm_file_put(file);
	}
	ksm_destroy(machine);
	page_exit(machine);
	pt_arena_release(&machine->tables);
	mem_free(machine);
	return NULL;
}

const struct mm_stat *machine_stat(const struct machine *machine)
{
	return &machine->stat;
}

const struct mm_profile *machine_profile(const struct machine *machine)
{
	return machine->profile;
}

bool machine_oom(const struct machine *machine)
{
	return machine->oom;
}

void machine_set_thp(struct machine *machine, enum thp_mode mode)
{
	machine->thp = mode;
}

void machine_set_numa_balancing(struct machine *machine, bool on)
{
	machine->numa_off = !on;
}

void machine_set_shmem_thp(struct machine *machine, enum thp_mode mode)
{
	machine->shmem_thp = mode;
}

void machine_memory(const struct machine *machine, struct mm_memory *ret)
{
	const struct mm_struct *mm;

	*ret = (struct mm_memory){
		.tables = machine->tables.live * (PT_TABLE_BYTES + sizeof(struct pt_info)),
		.frames = machine->live_pages * sizeof(struct page) +
			  machine->live_folios * sizeof(struct folio),
		.pages = machine->live_pages + machine->live_folios * HPAGE_PMD_NR,
	};
	LIST_FOREACH (mm, &machine->mms, node)
		ret->vmas += mm->map_count * sizeof(struct vm_area_struct);
}

uint64_t machine_bytes(const struct machine *machine, uint64_t *ret_peak)
{
	uint64_t per_table = PT_TABLE_BYTES + sizeof(struct pt_info);
	struct mm_memory memory;

	machine_memory(machine, &memory);
	if (ret_peak)
		*ret_peak = (machine->tables.next - 1) * per_table +
			    machine->next_page * sizeof(struct page) +
			    machine->next_folio * sizeof(struct folio);
	return memory.tables + memory.frames;
}

int mm_create(struct machine *machine, struct mm_struct **ret_mm)
{
	struct mm_struct *mm = mem_zalloc(sizeof(*mm));
	int err;

	if (!mm) {
		machine->oom = true;
		return -ENOMEM;
	}
	mm->machine = machine;
	mm->order = machine->next_mm++;
	RB_INIT(&mm->vmas);
	mmu_notifier_mm_init(&mm->notifier, machine->events);
	err = pt_alloc_table(machine, machine->geo->levels, &mm->pgd);
	if (err) {
		mmu_notifier_mm_destroy(&mm->notifier);
		mem_free(mm);
		return err;
	}
	LIST_INSERT_HEAD(&machine->mms, mm, node);
	*ret_mm = mm;
	return 0;
}

/* Linux: exit_mmap(): only interval notifiers are left to see the unmap. */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_notifier_range range;

	mmu_notifier_release(&mm->notifier);
	ksm_exit(mm);
	mmu_notifier_range_init(&range, MMU_NOTIFY_UNMAP, 0, UINT64_MAX);
	mmu_notifier_invalidate_range_start(&mm->notifier, &range);
	RB_FOREACH_SAFE (vma, vma_tree, &mm->vmas, next) {
		if (!mm->machine->ending)
			unmap_page_range(vma, vma->vm_start, vma->vm_end, false);
		vma_unlink(vma);
		vma_free(vma);
	}
	mmu_notifier_invalidate_range_end(&mm->notifier, &range);
	if (!mm->machine->ending)
		pt_free_all(mm);
}

struct mm_struct *mm_destroy(struct mm_struct *mm)
{
	struct machine *m;

	if (!mm)
		return NULL;
	m = mm->machine;
	exit_mmap(mm);
	pt_arena_free(&m->tables, mm->pgd);
	mmu_notifier_mm_destroy(&mm->notifier);
	LIST_REMOVE(mm, node);
	mem_free(mm);
	return NULL;
}

struct machine *mm_machine(const struct mm_struct *mm)
{
	return mm->machine;
}

uint64_t mm_pgd(const struct mm_struct *mm)
{
	return mm->pgd;
}

const uint64_t *mm_table(const struct machine *machine, uint64_t pfn)
{
	return pt_arena_owns(&machine->tables, pfn) ? pt_arena_table(&machine->tables, pfn) : NULL;
}

void mm_set_threaded(struct mm_struct *mm)
{
	mm->threaded = true;
}

void mm_observe(struct mm_struct *mm)
{
	mm->notifier.observed = true;
}
