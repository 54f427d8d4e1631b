// SPDX-License-Identifier: GPL-2.0-or-later
/* The audit of the primary side: counts everything again, from the top tables down. */
#include "mm_internal.h"

#include <mm/audit.h>

#include <stdarg.h>
#include <stdio.h>

struct audit {
	struct machine *m;
	struct mm_struct *mm;
	mm_audit_report *report;
	void *ctx;
	int64_t violations;
	uint64_t tables;
	uint64_t cached;   /* folios that files hold */
	uint32_t *pages;   /* map counts found, by frame of PFN_SMALL_BASE */
	uint32_t *entire;  /* by block of PFN_HUGE_BASE */
	uint32_t *mapped;  /* sum over the pages of a block */
	uint32_t *gigantic; /* by block of PFN_GIGANTIC_BASE */
};

__attribute__((format(printf, 3, 4))) static void violation(struct audit *audit,
							     unsigned int invariant,
							     const char *fmt, ...)
{
	char text[200];
	va_list ap;

	audit->violations++;
	if (!audit->report)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	audit->report(audit->ctx, invariant, text);
}

/* A device's frame is the one that the VMA says, not counted. */
static void count_dax(struct audit *audit, uint64_t pfn, unsigned int level, uint64_t addr)
{
	const struct vm_area_struct *vma = find_vma(audit->mm, addr);
	uint64_t pages = pt_size(audit->m->geo, level) >> PAGE_SHIFT;

	if (!vma || !vma_is_dax(vma) || vma->vm_start > addr ||
	    ((vma->vm_file->first_pfn + linear_page_index(vma, addr)) & ~(pages - 1)) != pfn)
		violation(audit, 7, "frame %#llx of a device mapped at %#llx",
			  (unsigned long long)pfn, (unsigned long long)addr);
}

/* Was the frame ever handed out, as one that an entry of @level can map? */
static bool frame_exists(const struct machine *m, uint64_t pfn, unsigned int level)
{
	if (pfn_is_gigantic(pfn))
		return level == PT_LEVEL_PUD && IS_ALIGNED(pfn, HPAGE_PUD_NR) &&
		       (pfn - PFN_GIGANTIC_BASE) / HPAGE_PUD_NR < m->next_gigantic;
	if (pfn_is_huge(pfn))
		return (level == PT_LEVEL_PTE ||
			(level == PT_LEVEL_PMD && IS_ALIGNED(pfn, HPAGE_PMD_NR))) &&
		       (pfn - PFN_HUGE_BASE) / HPAGE_PMD_NR < m->next_folio;
	return level == PT_LEVEL_PTE && pfn - PFN_SMALL_BASE < m->next_page;
}

/* Every leaf is some VMA's. */
static void check_in_vma(struct audit *audit, unsigned int level, uint64_t addr)
{
	const struct vm_area_struct *vma = find_vma(audit->mm, addr);

	if (!vma || vma->vm_start > addr)
		violation(audit, 6, "an entry of level %u maps %#llx, where no VMA is", level,
			  (unsigned long long)addr);
}

/*
 * What an entry at @index tells of its table's record: where entries are in use, and what is said
 * of all of them (change_alike() in mprotect.c takes it for granted).
 */
static void check_info(struct audit *audit, const struct pt_info *info, pte_t entry,
		       unsigned int index, uint64_t addr)
{
	if (index < info->first || index > info->last)
		violation(audit, 6, "the entry at %#llx is outside of those in use",
			  (unsigned long long)addr);
	if (info->level != PT_LEVEL_PTE)
		return;
	if (pte_is_marker(entry) && !info->maybe_marker)
		violation(audit, 6, "a marker at %#llx in a table without markers",
			  (unsigned long long)addr);
	if (pte_present(entry) && !info->maybe_shared &&
	    !(pte_dirty(entry) && pte_soft_dirty(entry) &&
	      (page_flags(audit->m, pte_pfn(entry)) & PG_ANON_EXCLUSIVE)))
		violation(audit, 6, "entry %#llx at %#llx in a table without shared pages",
			  (unsigned long long)entry.val, (unsigned long long)addr);
}

static void count_leaf(struct audit *audit, pte_t entry, unsigned int level, uint64_t addr)
{
	uint64_t pfn = pte_pfn(entry);

	if (!pte_check(entry, level))
		violation(audit, 6, "malformed entry %#llx of level %u at %#llx",
			  (unsigned long long)entry.val, level, (unsigned long long)addr);
	if (pfn_is_zero(pfn))
		return;
	if (!pfn_has_record(pfn)) {
		count_dax(audit, pfn, level, addr);
		return;
	}
	if (!frame_exists(audit->m, pfn, level)) {
		violation(audit, 7, "entry of level %u at %#llx maps frame %#llx", level,
			  (unsigned long long)addr, (unsigned long long)pfn);
		return;
	}
	if (pfn_is_gigantic(pfn)) {
		audit->gigantic[(pfn - PFN_GIGANTIC_BASE) / HPAGE_PUD_NR]++;
	} else if (level == PT_LEVEL_PMD) {
		audit->entire[(pfn - PFN_HUGE_BASE) / HPAGE_PMD_NR]++;
	} else if (level == PT_LEVEL_PTE) {
		if (pfn_is_huge(pfn))
			audit->mapped[(pfn - PFN_HUGE_BASE) / HPAGE_PMD_NR]++;
		else
			audit->pages[pfn - PFN_SMALL_BASE]++;
	}
	if (page_flags(audit->m, pfn) & PG_FREE)
		violation(audit, 7, "free frame %#llx mapped at %#llx", (unsigned long long)pfn,
			  (unsigned long long)addr);
}

static void audit_table(struct audit *audit, pte_t *table, unsigned int level, uint64_t addr)
{
	struct machine *m = audit->m;
	struct pt_info *info = pt_info(m, table);
	unsigned int i, used = 0;
	uint64_t start = addr;

	audit->tables++;
	if (info->level != level)
		violation(audit, 6, "table of level %u used at level %u, address %#llx",
			  info->level, level, (unsigned long long)addr);
	for (i = 0; i < m->geo->entries[level]; i++, addr += pt_size(m->geo, level)) {
		if (pte_none(table[i]))
			continue;
		used++;
		check_info(audit, info, table[i], i, addr);
		if (pte_leaf(table[i], level) || pte_is_marker(table[i]))
			check_in_vma(audit, level, addr);
		if (pte_is_marker(table[i]))
			continue;
		if (pte_leaf(table[i], level))
			count_leaf(audit, table[i], level, addr);
		else if (!pte_table(table[i], level) ||
			 !pt_arena_owns(&m->tables, pte_table_pfn(table[i])))
			violation(audit, 6, "entry of level %u at %#llx points to no table", level,
				  (unsigned long long)addr);
		else
			audit_table(audit, pt_table(m, table[i]), level - 1, addr);
	}
	if (used != info->used)
		violation(audit, 6, "table at %#llx has %u entries in use and counts %u",
			  (unsigned long long)start, used, info->used);
}

static void audit_vmas(struct audit *audit)
{
	struct vm_area_struct *vma;
	uint64_t end = 0;
	unsigned int count = 0;

	RB_FOREACH (vma, vma_tree, &audit->mm->vmas) {
		if (vma->vm_start < end || vma->vm_start >= vma->vm_end)
			violation(audit, 6, "VMA [%#llx, %#llx) out of order",
				  (unsigned long long)vma->vm_start,
				  (unsigned long long)vma->vm_end);
		end = vma->vm_end;
		count++;
	}
	if (count != audit->mm->map_count)
		violation(audit, 6, "%u VMAs, map_count is %u", count, audit->mm->map_count);
	if (audit->mm->notifier.counts.active)
		violation(audit, 4, "%llu notifications started and never ended",
			  (unsigned long long)audit->mm->notifier.counts.active);
}

/* A folio counts once, when its first page is met; hugetlbfs has it once anyway. */
static void audit_file_page(void *ctx, uint64_t index, uint64_t pfn)
{
	struct audit *audit = ctx;
	struct machine *m = audit->m;

	if ((page_flags(m, pfn) & (PG_CACHE | PG_FREE)) != PG_CACHE)
		violation(audit, 7, "frame %#llx, page %llu of a file, is not cached",
			  (unsigned long long)pfn, (unsigned long long)index);
	if (pfn_is_gigantic(pfn) || !page_is_large(m, pfn) || IS_ALIGNED(pfn, HPAGE_PMD_NR))
		audit->cached++;
}

/* Whatever is marked as cached is in a file. */
static uint64_t count_cached(const struct machine *m)
{
	const struct page *pages = m->pages.base, *part = m->subpages.base;
	const struct folio *folios = m->folios.base, *gigantic = m->gigantic.base;
	uint64_t nr = 0, i, j;

	for (i = 0; i < m->next_page; i++)
		nr += (pages[i].flags & (PG_CACHE | PG_FREE)) == PG_CACHE;
	for (i = 0; i < m->next_folio; i++) {
		nr += (folios[i].flags & (PG_CACHE | PG_FREE)) == PG_CACHE;
		for (j = 0; folios[i].split && j < HPAGE_PMD_NR; j++)
			nr += (part[i * HPAGE_PMD_NR + j].flags & PG_CACHE) != 0;
	}
	for (i = 0; i < m->next_gigantic; i++)
		nr += (gigantic[i].flags & (PG_CACHE | PG_FREE)) == PG_CACHE;
	return nr;
}

static void audit_files(struct audit *audit)
{
	const struct mm_file *file;
	uint64_t cached = count_cached(audit->m);

	LIST_FOREACH (file, &audit->m->files, node)
		audit->tables += filemap_walk(file, audit_file_page, audit);
	if (audit->cached != cached)
		violation(audit, 7, "files hold %llu folios, %llu are marked as cached",
			  (unsigned long long)audit->cached, (unsigned long long)cached);
	if (audit->tables != audit->m->tables.live)
		violation(audit, 6, "%llu tables can be reached, %llu are in use",
			  (unsigned long long)audit->tables,
			  (unsigned long long)audit->m->tables.live);
}

static void audit_gigantic(struct audit *audit)
{
	const struct folio *folios = audit->m->gigantic.base;
	uint64_t i;

	for (i = 0; i < audit->m->next_gigantic; i++)
		if (!(folios[i].flags & PG_FREE) &&
		    audit->gigantic[i] != folios[i].entire_mapcount)
			violation(audit, 7, "1 GiB frame %#llx is mapped %u times and counts %u",
				  (unsigned long long)(PFN_GIGANTIC_BASE + i * HPAGE_PUD_NR),
				  audit->gigantic[i], folios[i].entire_mapcount);
}

static void audit_frames(struct audit *audit)
{
	struct machine *m = audit->m;
	const struct page *pages = m->pages.base;
	const struct folio *folios = m->folios.base;
	uint64_t i;

	for (i = 0; i < m->next_page; i++) {
		if (pages[i].flags & PG_FREE ? audit->pages[i] :
					       audit->pages[i] != pages[i].mapcount)
			violation(audit, 7, "frame %#llx is mapped %u times and counts %u",
				  (unsigned long long)(PFN_SMALL_BASE + i), audit->pages[i],
				  pages[i].mapcount);
		else if (!pages[i].mapcount && !pages[i].held &&
			 !(pages[i].flags & (PG_FREE | PG_CACHE)))
			violation(audit, 7, "frame %#llx is leaked",
				  (unsigned long long)(PFN_SMALL_BASE + i));
	}
	for (i = 0; i < m->next_folio; i++) {
		if (folios[i].flags & PG_FREE)
			continue;
		if (audit->entire[i] != folios[i].entire_mapcount ||
		    audit->mapped[i] != folios[i].nr_mapped)
			violation(audit, 7,
				  "huge frame %#llx is mapped %u times whole and %u times in "
				  "parts and counts %u and %u",
				  (unsigned long long)(PFN_HUGE_BASE + i * HPAGE_PMD_NR),
				  audit->entire[i], audit->mapped[i], folios[i].entire_mapcount,
				  folios[i].nr_mapped);
		else if (!folios[i].entire_mapcount && !folios[i].nr_mapped && !folios[i].split &&
			 !(folios[i].flags & (PG_CACHE | PG_PINNED)))
			violation(audit, 7, "huge frame %#llx is leaked",
				  (unsigned long long)(PFN_HUGE_BASE + i * HPAGE_PMD_NR));
	}
}

static int audit_alloc(struct audit *audit)
{
	audit->pages = mem_zalloc(audit->m->next_page * sizeof(uint32_t));
	audit->entire = mem_zalloc(audit->m->next_folio * sizeof(uint32_t));
	audit->mapped = mem_zalloc(audit->m->next_folio * sizeof(uint32_t));
	audit->gigantic = mem_zalloc(audit->m->next_gigantic * sizeof(uint32_t));
	return audit->pages && audit->entire && audit->mapped && audit->gigantic ? 0 : -ENOMEM;
}

int64_t mm_audit(struct machine *machine, mm_audit_report *report, void *ctx)
{
	struct audit audit = { .m = machine, .report = report, .ctx = ctx };
	int err = audit_alloc(&audit);

	if (!err) {
		LIST_FOREACH (audit.mm, &machine->mms, node) {
			audit_vmas(&audit);
			audit_table(&audit, pt_top(audit.mm), machine->geo->levels, 0);
		}
		audit_files(&audit);
		audit_frames(&audit);
		audit_gigantic(&audit);
	}
	mem_free(audit.pages);
	mem_free(audit.entire);
	mem_free(audit.mapped);
	mem_free(audit.gigantic);
	return err ? err : audit.violations;
}

bool mm_entry_used(const struct mm_struct *mm, uint64_t addr, unsigned int level)
{
	pte_t *entry = pt_lookup(mm, addr, level, NULL);

	return entry && !pte_none(*entry);
}
