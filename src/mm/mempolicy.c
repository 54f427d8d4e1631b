// SPDX-License-Identifier: GPL-2.0-or-later
/* NUMA: hinting and memory policies (mm/mempolicy.c). */
#include "mm_internal.h"

/*
 * A policy as a number: the mode above, its nodes below. 0 is none; preferred without nodes is
 * local, as it is for Linux.
 */
#define POLICY_SHIFT 4
#define POLICY(mode, nodes) ((uint8_t)((mode) << POLICY_SHIFT | (nodes)))
#define POLICY_NODES(policy) ((policy) & ((1u << POLICY_SHIFT) - 1))
#define POLICY_MODE(policy) ((policy) >> POLICY_SHIFT)
static_assert(MM_NODES <= POLICY_SHIFT, "nodes fit");

static uint8_t shared_policy(const struct mm_file *file, uint64_t index)
{
	size_t i;

	for (i = 0; i < file->nr_policies; i++)
		if (file->policies[i].first <= index && index < file->policies[i].last)
			return file->policies[i].policy;
	return 0;
}

static int add_shared(struct mm_file *file, uint64_t first, uint64_t last, uint8_t policy)
{
	int err;

	if (first >= last || !policy)
		return 0;
	err = mem_grow(&file->policies, &file->cap_policies, file->nr_policies + 1,
		       sizeof(file->policies[0]));
	if (err)
		file->machine->oom = true;
	else
		file->policies[file->nr_policies++] =
			(struct policy_range){ first, last, policy };
	return err;
}

/* Linux: mpol_set_shared_policy(); what others have of the range makes way. */
static int set_shared(struct mm_file *file, uint64_t first, uint64_t last, uint8_t policy)
{
	size_t i = file->nr_policies;
	int err = 0;

	while (i-- > 0 && !err) {
		struct policy_range old = file->policies[i];

		if (old.last <= first || last <= old.first)
			continue;
		file->policies[i] = file->policies[--file->nr_policies];
		err = add_shared(file, old.first, old.last < first ? old.last : first, old.policy);
		if (!err)
			err = add_shared(file, old.first > last ? old.first : last, old.last,
					 old.policy);
	}
	return err ? err : add_shared(file, first, last, policy);
}

static bool has_shared_policy(const struct vm_area_struct *vma)
{
	return vma->vm_file && vma->vm_file->kind == MM_FILE_CACHE;
}

uint8_t vma_policy(const struct vm_area_struct *vma, uint64_t addr, bool huge)
{
	uint64_t index = linear_page_index(vma, addr);

	if (!has_shared_policy(vma))
		return vma->vm_policy;
	return shared_policy(vma->vm_file, huge ? index & ~(HPAGE_PMD_NR - 1ull) : index);
}

static unsigned int node_of(uint8_t policy, const struct vm_area_struct *vma, uint64_t addr,
			    bool huge)
{
	unsigned int nodes = POLICY_NODES(policy), order = huge ? 9 : 0, n, node;
	uint64_t index;

	if (!nodes)
		return 0;
	if (POLICY_MODE(policy) != MM_MPOL_INTERLEAVE)
		return __builtin_ctz(nodes);
	index = (vma->vm_pgoff >> order) + ((addr - vma->vm_start) >> (PAGE_SHIFT + order));
	n = index % __builtin_popcount(nodes);
	for (node = __builtin_ctz(nodes); n; n--)
		for (node++; !(nodes >> node & 1); node++)
			;
	return node;
}

unsigned int policy_node(const struct vm_area_struct *vma, uint64_t addr, bool huge)
{
	return node_of(vma_policy(vma, addr, huge), vma, addr, huge);
}

unsigned int migration_node(const struct vm_area_struct *vma, uint64_t addr, uint64_t pfn)
{
	const struct machine *m = vma->vm_mm->machine;
	bool huge = page_is_large(m, pfn);
	uint64_t at = addr;

	if (huge && m->profile->moves_by_page)
		at -= (pfn & (HPAGE_PMD_NR - 1)) << PAGE_SHIFT;
	if (at < vma->vm_start)
		at = vma->vm_start;
	return node_of(vma_policy(vma, at, false), vma, addr, huge);
}

static int make_policy(unsigned int mode, uint64_t nodes, uint8_t *ret_policy)
{
	uint64_t known = nodes & ((1u << MM_NODES) - 1);

	if (mode == MM_MPOL_DEFAULT || mode == MM_MPOL_LOCAL) {
		if (nodes)
			return -EINVAL;
	} else if (nodes ? !known : mode != MM_MPOL_PREFERRED) {
		return -EINVAL;
	}
	if (mode == MM_MPOL_PREFERRED && !nodes)
		mode = MM_MPOL_LOCAL;
	*ret_policy = mode == MM_MPOL_DEFAULT ? 0 : POLICY(mode, known);
	return 0;
}

struct queue {
	struct vm_area_struct *vma;
	struct machine *m;
	unsigned int nodes; /* where folios may stay */
	bool move;
	bool strict;
	bool found;
	bool failed;	/* a large folio waits to be moved already, and is not the one of before */
	uint64_t large; /* the first frame of that one (6.12) */
	struct migrate_list list; /* folios out of place */
};

/* Linux: migrate_folio_add(), and who calls it */
static int queue_folio(struct queue *queue, unsigned int level, uint64_t addr, uint64_t pfn)
{
	uint64_t head = folio_head(queue->m, pfn);
	bool first = queue->m->profile->moves_by_page;

	/* pages of 1 GiB stay: whether there is another one is the machine's affair */
	if (pfn_is_zero(pfn) || pfn_is_gigantic(pfn) || (queue->nodes >> page_node(queue->m, pfn) & 1))
		return 0;
	if (!queue->move) {
		queue->found = true;
		return 0;
	}
	if (!first && level == PT_LEVEL_PTE && head == queue->large)
		return 0;
	if (level == PT_LEVEL_PTE && folio_order(queue->m, pfn))
		queue->large = head;
	if (migrate_shared(queue->vma, addr, first ? head : pfn))
		return 0;
	if (migrate_isolated(queue->m, pfn)) {
		queue->failed = true;
		return 0;
	}
	return migrate_list_add(queue->m, &queue->list, addr, pfn);
}

static int queue_range(struct queue *queue, pte_t *table, unsigned int level, uint64_t addr,
		       uint64_t end)
{
	const struct pt_geometry *geo = queue->m->geo;
	uint64_t next;
	int err = 0;

	if (!pt_info_clip(queue->m, pt_info(queue->m, table), level, &addr, &end))
		return 0;
	for (; addr < end && !err; addr = next) {
		pte_t *entry = table + pt_index(geo, level, addr);
		uint64_t offset = addr & (pt_size(geo, level) - 1);

		next = pt_addr_end(geo, level, addr, end);
		if (pte_leaf(*entry, level))
			err = queue_folio(queue, level, addr, pte_pfn(*entry) + (offset >> PAGE_SHIFT));
		else if (pte_table(*entry, level))
			err = queue_range(queue, pt_table(queue->m, *entry), level - 1, addr, next);
	}
	return err;
}

/* Linux: queue_pages_range(); holes are for the default policy only. */
static int queue_pages(struct mm_struct *mm, uint64_t start, uint64_t end, bool holes,
		       struct queue *queue)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	uint64_t at = start;
	int err = vma ? 0 : -EFAULT;

	for (; !err && vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (vma->vm_start > at && !holes)
			return -EFAULT;
		if (vma->vm_start > at)
			at = vma->vm_start;
		queue->vma = vma;
		if (vma_is_dax(vma) && queue->strict)
			walk_splits(vma, at, to);
		if (!(vma->vm_flags & VM_MIXEDMAP) && !vma_is_dax(vma))
			err = queue_range(queue, pt_top(mm), queue->m->geo->levels, at, to);
		if (queue->found)
			return -EIO;
		at = to;
	}
	return !err && at < end && !holes ? -EFAULT : err;
}

static int mbind_range(struct mm_struct *mm, uint64_t start, uint64_t end, uint8_t policy)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int err = 0;

	for (; !err && vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > start ? vma->vm_start : start;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (vma->vm_policy == policy)
			continue;
		err = vma_modify_policy(vma, from, to, policy, &vma);
		if (!err && has_shared_policy(vma))
			err = set_shared(vma->vm_file, linear_page_index(vma, from),
					 linear_page_index(vma, to), policy);
	}
	return err;
}

int mm_mbind(struct mm_struct *mm, uint64_t addr, uint64_t len, enum mm_mpol mode, uint64_t nodes,
	     unsigned int flags)
{
	uint64_t end = addr + PAGE_ALIGN(len);
	struct queue queue = {
		.m = mm->machine,
		.move = flags & MM_MBIND_MOVE,
		.strict = (flags & MM_MBIND_STRICT) && mode != MM_MPOL_DEFAULT,
	};
	uint8_t policy;
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || end < addr)
		return -EINVAL;
	if (addr == end)
		return 0;
	err = make_policy(mode, nodes, &policy);
	if (err)
		return err;
	queue.nodes = POLICY_NODES(policy);
	if (!queue.move && !queue.strict)
		queue.nodes = (1u << MM_NODES) - 1;
	if (queue.move) {
		mm->machine->nr_emptied++;
		lru_add_drain(mm->machine);
	}
	err = queue_pages(mm, addr, end, !policy, &queue);
	if (!err)
		err = mbind_range(mm, addr, end, policy);
	if (!err)
		err = migrate_list_run(mm, &queue.list, MIGRATE_BY_POLICY);
	migrate_list_free(mm->machine, &queue.list);
	if (err >= 0 && (err || queue.failed))
		return flags & MM_MBIND_STRICT ? -EIO : 0;
	return err;
}

/* Linux: change_prot_numa() */
static uint64_t change_prot_numa(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t changed = change_protection(vma, start, end, PAGE_NONE, MM_CP_PROT_NUMA);

	if (changed)
		vma->vm_mm->machine->stat.tlb_flushes++;
	return changed;
}

int mm_numa_hint(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + PAGE_ALIGN(len);
	struct vm_area_struct *vma;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || end < addr)
		return -EINVAL;
	vma = addr < end ? find_vma(mm, addr) : NULL;
	for (; vma && vma->vm_start < end; vma = vma_next(vma)) {
		uint64_t from = vma->vm_start > addr ? vma->vm_start : addr;
		uint64_t to = vma->vm_end < end ? vma->vm_end : end;

		if (!(vma->vm_flags & VM_HUGETLB) && !vma_is_dax(vma) && vma_is_accessible(vma))
			change_prot_numa(vma, from, to);
	}
	return 0;
}

/* Linux: sysctl numa_balancing_scan_size_mb */
#define SCAN_SIZE (UINT64_C(256) << 20)

/* Linux: the VMAs that task_numa_work() passes over. */
static bool numa_scan_skips(const struct vm_area_struct *vma)
{
	if ((vma->vm_flags & (VM_HUGETLB | VM_MIXEDMAP)) || vma_is_dax(vma) ||
	    vma_policy(vma, vma->vm_start, false) || !vma_is_accessible(vma))
		return true;
	if (!vma->vm_file)
		return false;
	/* before, an object without a policy of its own was taken for one that wants none */
	return !vma->vm_mm->machine->profile->numa_vma_state ||
	       (vma->vm_flags & (VM_READ | VM_WRITE)) == VM_READ;
}

/* Linux: vma_is_accessed(), for a process with one thread */
static bool vma_is_accessed(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	const struct numab_state *state = &vma->numab;

	return mm->numa_scan_seq - state->start_scan_seq < 2 || state->accessed[0] ||
	       state->accessed[1] || mm->numa_scan_offset > vma->vm_start ||
	       mm->numa_scan_seq > state->prev_scan_seq + 1;
}

enum numa_candidate { NUMA_SCAN, NUMA_SKIP, NUMA_SKIP_UNUSED };

/* Does the state of the VMA let it be scanned now? */
static enum numa_candidate numa_candidate(struct mm_struct *mm, struct vm_area_struct *vma,
					  bool forced)
{
	struct numab_state *state = &vma->numab;

	if (!mm->machine->profile->numa_vma_state)
		return NUMA_SCAN;
	if (!state->ready)
		*state = (struct numab_state){
			.ready = true,
			.start_scan_seq = mm->numa_scan_seq,
			.prev_scan_seq = mm->numa_scan_seq - 1,
			.accessed = { state->accessed[0], state->accessed[1] },
		};
	if (mm->numa_scan_seq) {
		state->accessed[0] = state->accessed[1];
		state->accessed[1] = false;
	}
	if (state->prev_scan_seq == mm->numa_scan_seq) {
		mm->numa_scan_offset = vma->vm_end;
		return NUMA_SKIP;
	}
	return forced || vma_is_accessed(mm, vma) ? NUMA_SCAN : NUMA_SKIP_UNUSED;
}

/* What one step may still scan, in bytes: with changed entries, and at all. */
struct numa_budget {
	int64_t pages;
	int64_t virtpages;
};

/* False when the budget ends; *@start is how far it got. */
static bool numa_scan_vma(struct vm_area_struct *vma, struct numa_budget *budget, uint64_t *start)
{
	if (*start < vma->vm_start)
		*start = vma->vm_start;
	while (*start < vma->vm_end) {
		uint64_t end = (*start + budget->pages + PMD_SIZE - 1) & PMD_MASK;

		if (end > vma->vm_end)
			end = vma->vm_end;
		if (change_prot_numa(vma, *start, end))
			budget->pages -= end - *start;
		budget->virtpages -= end - *start;
		*start = end;
		if (budget->pages <= 0 || budget->virtpages <= 0)
			return false;
	}
	return true;
}

static void reset_ptenuma_scan(struct mm_struct *mm)
{
	mm->numa_scan_seq++;
	mm->numa_scan_offset = 0;
}

/*
 * One round over the VMAs from where the last one ended. *@ret_unused: VMAs were left out because
 * the process has not used them; @forced scans one of those.
 */
static bool numa_scan_round(struct mm_struct *mm, bool forced, struct numa_budget *budget,
			    bool *ret_unused)
{
	uint64_t start = mm->numa_scan_offset;
	struct vm_area_struct *vma = find_vma(mm, start);

	/* behind what a script maps there is always more, which has nothing to scan */
	for (; vma; vma = vma_next(vma)) {
		enum numa_candidate candidate;

		if (numa_scan_skips(vma))
			continue;
		candidate = numa_candidate(mm, vma, forced);
		*ret_unused |= candidate == NUMA_SKIP_UNUSED;
		if (candidate != NUMA_SCAN)
			continue;
		if (!numa_scan_vma(vma, budget, &start))
			break;
		vma->numab.prev_scan_seq = mm->numa_scan_seq;
		if (forced)
			break;
	}
	if (vma)
		mm->numa_scan_offset = start;
	return vma;
}

int mm_numa_scan(struct mm_struct *mm)
{
	struct numa_budget budget = { SCAN_SIZE, 8 * SCAN_SIZE };
	bool unused = false;

	if (numa_scan_round(mm, false, &budget, &unused))
		return 0;
	if (!unused || !numa_scan_round(mm, true, &budget, &unused))
		reset_ptenuma_scan(mm);
	return 0;
}
