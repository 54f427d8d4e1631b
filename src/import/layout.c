// SPDX-License-Identifier: GPL-2.0-or-later
/* The maps of one address space, ordered and never overlapping. */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>

static int vma_compare(const struct vma *a, const struct vma *b)
{
	return a->end < b->end ? -1 : a->end > b->end;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
RB_GENERATE(imp_vma_tree, vma, node, vma_compare)
#pragma GCC diagnostic pop

struct vma *imp_vma_find(struct mm *mm, uint64_t addr)
{
	struct vma *vma = RB_ROOT(&mm->tree), *found = NULL;

	while (vma) {
		if (vma->end > addr) {
			found = vma;
			vma = RB_LEFT(vma, node);
		} else {
			vma = RB_RIGHT(vma, node);
		}
	}
	return found;
}

struct vma *imp_vma_next(struct vma *vma)
{
	return RB_NEXT(imp_vma_tree, NULL, vma);
}

int imp_vma_insert(struct mm *mm, const struct vma *like)
{
	struct vma *vma = mem_alloc(sizeof(*vma));

	if (!vma)
		return -ENOMEM;
	*vma = *like;
	RB_INSERT(imp_vma_tree, &mm->tree, vma);
	return 0;
}

int imp_vma_split(struct mm *mm, uint64_t addr)
{
	struct vma *vma = imp_vma_find(mm, addr);
	struct vma *low;

	if (!vma || vma->start >= addr)
		return 0;
	low = mem_alloc(sizeof(*low));
	if (!low)
		return -ENOMEM;
	*low = *vma;
	low->end = addr;
	vma->start = addr; /* the end, by which the tree is ordered, stays */
	RB_INSERT(imp_vma_tree, &mm->tree, low);
	return 0;
}

static void vma_drop(struct mm *mm, struct vma *vma)
{
	RB_REMOVE(imp_vma_tree, &mm->tree, vma);
	mem_free(vma);
}

/* No map crosses @start or @end. */
static int split_at_ends(struct mm *mm, uint64_t start, uint64_t end)
{
	int err = imp_vma_split(mm, start);

	return err ? err : imp_vma_split(mm, end);
}

int imp_vma_remove(struct mm *mm, uint64_t start, uint64_t end)
{
	struct vma *vma, *next;
	int err = split_at_ends(mm, start, end);

	if (err)
		return err;
	for (vma = imp_vma_find(mm, start); vma && vma->start < end; vma = next) {
		next = imp_vma_next(vma);
		vma_drop(mm, vma);
	}
	return 0;
}

static bool alike(const struct vma *low, const struct vma *high)
{
	return low->end == high->start && low->base == high->base &&
	       low->name == high->name && low->number == high->number &&
	       low->prot == high->prot && low->kind == high->kind &&
	       low->shared == high->shared;
}

/*
 * Join the vma that ends at @addr with the one that starts there, if nothing tells them
 * apart.
 */
static void join(struct mm *mm, uint64_t addr)
{
	struct vma *low = addr ? imp_vma_find(mm, addr - 1) : NULL;
	struct vma *high;

	if (!low || low->end != addr)
		return;
	high = imp_vma_next(low);
	if (!high || !alike(low, high))
		return;
	high->start = low->start;
	vma_drop(mm, low);
}

int imp_vma_protect(struct mm *mm, uint64_t start, uint64_t end, unsigned int prot)
{
	struct vma *vma, *next;
	int err = split_at_ends(mm, start, end);

	if (err)
		return err;
	for (vma = imp_vma_find(mm, start); vma && vma->start < end;
	     vma = imp_vma_next(vma))
		vma->prot = prot;
	for (vma = imp_vma_find(mm, start); vma && vma->start < end; vma = next) {
		next = imp_vma_next(vma);
		join(mm, vma->start);
	}
	join(mm, end);
	return 0;
}

int imp_vma_copy_all(struct mm *to, struct mm *from)
{
	struct vma *vma;
	int err = 0;

	RB_FOREACH(vma, imp_vma_tree, &from->tree) {
		err = imp_vma_insert(to, vma);
		if (err)
			break;
	}
	return err;
}

void imp_vma_remove_all(struct mm *mm)
{
	struct vma *vma, *next;

	for (vma = RB_MIN(imp_vma_tree, &mm->tree); vma; vma = next) {
		next = imp_vma_next(vma);
		vma_drop(mm, vma);
	}
}
