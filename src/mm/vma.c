// SPDX-License-Identifier: GPL-2.0-or-later
/* VMAs: the ordered tree of an address space, anon_vma identity, protections. */
#include "mm_internal.h"

#include <string.h>

static int vma_cmp(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_start < b->vm_start ? -1 : a->vm_start > b->vm_start;
}

RB_GENERATE(vma_tree, vm_area_struct, vm_rb, vma_cmp)

struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma = mm->vma_cache, *best = NULL;

	if (vma && vma->vm_start <= addr && addr < vma->vm_end)
		return vma;
	vma = RB_ROOT(&mm->vmas);
	while (vma) {
		if (vma->vm_end > addr) {
			best = vma;
			if (vma->vm_start <= addr)
				break;
			vma = RB_LEFT(vma, vm_rb);
		} else {
			vma = RB_RIGHT(vma, vm_rb);
		}
	}
	if (best)
		mm->vma_cache = best;
	return best;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return RB_NEXT(vma_tree, NULL, vma);
}

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
	return RB_PREV(vma_tree, NULL, vma);
}

struct vm_area_struct *find_vma_before(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma = RB_ROOT(&mm->vmas), *best = NULL;

	while (vma) {
		if (vma->vm_end <= addr) {
			best = vma;
			vma = RB_RIGHT(vma, vm_rb);
		} else {
			vma = RB_LEFT(vma, vm_rb);
		}
	}
	return best;
}

struct vm_area_struct *vma_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = mem_zalloc(sizeof(*vma));

	if (vma)
		vma->vm_mm = mm;
	else
		mm->machine->oom = true;
	return vma;
}

struct vm_area_struct *vma_dup(const struct vm_area_struct *vma)
{
	struct vm_area_struct *new = vma_alloc(vma->vm_mm);

	if (!new)
		return NULL;
	*new = *vma;
	new->numab = (struct numab_state){ 0 };
	if (new->vm_file)
		mm_file_get(new->vm_file);
	if (new->anon_vma)
		anon_vma_get(new->anon_vma);
	return new;
}

void vma_free(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		mm_file_put(vma->vm_file);
	if (vma->anon_vma)
		anon_vma_put(vma->anon_vma);
	mem_free(vma);
}

void vma_reinsert(struct vm_area_struct *vma)
{
	vma->anon_order = ++vma->vm_mm->machine->next_order;
	vma_relink_file(vma);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	assert(vma->vm_start < vma->vm_end && IS_ALIGNED(vma->vm_start | vma->vm_end, PAGE_SIZE));
	RB_INSERT(vma_tree, &mm->vmas, vma);
	mm->map_count++;
	vma->anon_order = ++mm->machine->next_order;
	if (vma->vm_file)
		TAILQ_INSERT_TAIL(&vma->vm_file->i_mmap, vma, i_mmap);
}

void vma_relink_file(struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return;
	TAILQ_REMOVE(&vma->vm_file->i_mmap, vma, i_mmap);
	TAILQ_INSERT_TAIL(&vma->vm_file->i_mmap, vma, i_mmap);
}

void vma_relink_after(struct vm_area_struct *vma, struct vm_area_struct *parent)
{
	if (!vma->vm_file)
		return;
	TAILQ_REMOVE(&vma->vm_file->i_mmap, vma, i_mmap);
	TAILQ_INSERT_AFTER(&vma->vm_file->i_mmap, parent, vma, i_mmap);
}

void vma_unlink(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	RB_REMOVE(vma_tree, &mm->vmas, vma);
	mm->map_count--;
	if (mm->vma_cache == vma)
		mm->vma_cache = NULL;
	if (vma->vm_file)
		TAILQ_REMOVE(&vma->vm_file->i_mmap, vma, i_mmap);
}

/* The start is the tree's key; moving it never changes the order, for VMAs do not overlap. */
void vma_set_start(struct vm_area_struct *vma, uint64_t start)
{
	int64_t pages = (int64_t)(start - vma->vm_start) >> PAGE_SHIFT;

	vma->vm_pgoff += pages;
	vma->vm_start = start;
}

/* Linux: protection_map[] of x86: private writable memory is mapped read-only first. */
pgprot_t protection_map(uint32_t flags)
{
	bool write = (flags & VM_WRITE) && (flags & VM_SHARED);

	if (!(flags & VM_ACCESS_FLAGS))
		return PAGE_NONE;
	if (flags & VM_EXEC)
		return write ? PAGE_SHARED_EXEC : PAGE_READONLY_EXEC;
	return write ? PAGE_SHARED : PAGE_READONLY;
}

/* Linux: vma_set_page_prot(), vma_wants_writenotify() */
pgprot_t vm_get_page_prot(uint32_t flags)
{
	bool notify = !(flags & (VM_SOFTDIRTY | VM_HUGETLB)) || (flags & VM_UFFD_WP);

	return protection_map(notify ? flags & ~VM_SHARED : flags);
}

void anon_vma_get(struct anon_vma *anon_vma)
{
	anon_vma->refs++;
}

void anon_vma_put(struct anon_vma *anon_vma)
{
	assert(anon_vma->refs);
	while (anon_vma && !--anon_vma->refs) {
		struct anon_vma *parent = anon_vma->parent;

		mem_free(anon_vma);
		anon_vma = parent;
	}
}

static struct anon_vma *anon_vma_alloc(struct machine *m)
{
	struct anon_vma *anon_vma = mem_zalloc(sizeof(*anon_vma));

	if (!anon_vma) {
		m->oom = true;
		return NULL;
	}
	anon_vma->id = ++m->next_anon_vma;
	anon_vma->refs = 1;
	return anon_vma;
}

/* Linux: anon_vma_compatible(): @a directly below @b, alike but for the access flags. */
static bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file && a->vm_policy == b->vm_policy &&
	       !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

static struct anon_vma *reusable_anon_vma(const struct vm_area_struct *old,
					  const struct vm_area_struct *a,
					  const struct vm_area_struct *b)
{
	if (!anon_vma_compatible(a, b) || !old->anon_vma || old->anon_chained)
		return NULL;
	return old->anon_vma;
}

static struct anon_vma *find_mergeable_anon_vma(struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma_next(vma), *prev = vma_prev(vma);
	struct anon_vma *found = NULL;

	if (next)
		found = reusable_anon_vma(next, vma, next);
	if (!found && prev)
		found = reusable_anon_vma(prev, prev, vma);
	return found;
}

int anon_vma_prepare(struct vm_area_struct *vma)
{
	struct anon_vma *anon_vma;

	if (vma->anon_vma)
		return 0;
	anon_vma = find_mergeable_anon_vma(vma);
	if (anon_vma)
		anon_vma_get(anon_vma);
	else
		anon_vma = anon_vma_alloc(vma->vm_mm->machine);
	if (!anon_vma)
		return -ENOMEM;
	vma->anon_vma = anon_vma;
	vma->anon_chained = false;
	return 0;
}

int anon_vma_fork(struct vm_area_struct *child, const struct vm_area_struct *parent)
{
	struct anon_vma *own;

	child->anon_vma = NULL;
	child->anon_chained = false;
	if (!parent->anon_vma)
		return 0;
	own = anon_vma_alloc(child->vm_mm->machine);
	if (!own)
		return -ENOMEM;
	own->parent = parent->anon_vma;
	anon_vma_get(own->parent);
	child->anon_vma = own;
	child->anon_chained = true;
	return 0;
}

bool mm_vma_next(struct mm_struct *mm, uint64_t addr, struct mm_vma_info *ret_info)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!vma)
		return false;
	*ret_info = (struct mm_vma_info){
		.start = vma->vm_start,
		.end = vma->vm_end,
		.flags = vma->vm_flags,
		.pgoff = vma->vm_pgoff,
		.has_file = vma->vm_file,
		.has_anon_vma = vma->anon_vma,
		.hugetlb = vma->vm_flags & VM_HUGETLB,
	};
	return true;
}
