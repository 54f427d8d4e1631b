// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables of a script's guest, four levels in the guest's memory, written by the
 * loader (this process, through its own mapping) or by the guest itself. What they hold
 * is also kept here, so that making them reads no memory of the script.
 */
#include "guest_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>

#include <base/mem.h>

#define GPTE_PRESENT (1ull << 0)
#define GPTE_WRITABLE (1ull << 1)
#define GPTE_USER (1ull << 2)
#define GPTE_ACCESSED (1ull << 5)
#define GPTE_DIRTY (1ull << 6)
#define GPTE_LARGE (1ull << 7)
#define GPTE_NX (1ull << 63)
#define GPTE_FRAME 0x000ffffffffff000ull

#define LEVELS 4u

/* struct table_page - what a page of tables holds */
struct table_page {
	SLIST_ENTRY(table_page) link;
	uint64_t gpa;
	uint64_t entry[512];
};

/* struct table_area - tables below one top table: where the next one goes */
struct table_area {
	SLIST_ENTRY(table_area) link;
	uint64_t root;
	uint64_t next;
};

struct gtables {
	SLIST_HEAD(, table_page) pages;
	SLIST_HEAD(, table_area) areas;
};

static uint64_t *entry_at(struct guest_vm *vm, uint64_t gpa)
{
	struct table_page *page;

	SLIST_FOREACH (page, &vm->tables->pages, link)
		if (page->gpa == (gpa & -GUEST_PAGE))
			return &page->entry[(gpa & (GUEST_PAGE - 1)) / 8];
	page = mem_zalloc(sizeof(*page));
	if (!page)
		return NULL;
	page->gpa = gpa & -GUEST_PAGE;
	SLIST_INSERT_HEAD(&vm->tables->pages, page, link);
	return &page->entry[(gpa & (GUEST_PAGE - 1)) / 8];
}

static int store(struct guest_vm *vm, uint64_t gpa, uint64_t value, bool live)
{
	uint64_t *entry = entry_at(vm, gpa), hva;
	int err;

	if (!entry)
		return -ENOMEM;
	if (live) {
		err = l1_store(vm, gpa, value);
	} else {
		hva = guest_hva(vm, gpa);
		err = hva ? touch_store((void *)hva, value) : -ENOENT;
	}
	if (!err)
		*entry = value;
	return err;
}

static struct table_area *find_area(struct guest_vm *vm, uint64_t root)
{
	struct table_area *area = NULL;

	if (vm->tables)
		SLIST_FOREACH (area, &vm->tables->areas, link)
			if (area->root == root)
				break;
	return area;
}

/*
 * The area of the tables below @root. A new one's top table gets the entry for the
 * executor's own part.
 */
static int get_area(struct guest_vm *vm, uint64_t root, struct table_area **ret_area)
{
	struct table_area *area = find_area(vm, root);
	unsigned int index;
	uint64_t own = l1_own_entry(&index);
	int err;

	if (!vm->tables)
		vm->tables = mem_zalloc(sizeof(*vm->tables));
	if (!vm->tables)
		return -ENOMEM;
	if (!area) {
		err = store(vm, root + 8 * index, own, false);
		area = err ? NULL : mem_zalloc(sizeof(*area));
		if (!area)
			return err ? err : -ENOMEM;
		area->root = root;
		area->next = root + GUEST_PAGE;
		SLIST_INSERT_HEAD(&vm->tables->areas, area, link);
	}
	*ret_area = area;
	return 0;
}

/* Where the entry of @leaf for @addr is; tables that are absent are made unless @find. */
static int find_entry(struct guest_vm *vm, struct table_area *area, uint64_t addr,
		      unsigned int leaf, bool find, uint64_t *ret_gpa)
{
	uint64_t table = area->root, gpa, *entry;
	unsigned int level;
	int err;

	for (level = LEVELS;; level--) {
		gpa = table + 8 * (addr >> (12 + 9 * (level - 1)) & 511);
		if (level == leaf)
			break;
		entry = entry_at(vm, gpa);
		if (!entry)
			return -ENOMEM;
		if (!(*entry & GPTE_PRESENT) || *entry & GPTE_LARGE) {
			err = find ? -ENOENT :
				     store(vm, gpa,
					   area->next | GPTE_PRESENT | GPTE_WRITABLE | GPTE_USER,
					   false);
			if (err)
				return err;
			area->next += GUEST_PAGE;
		}
		table = *entry & GPTE_FRAME;
	}
	*ret_gpa = gpa;
	return 0;
}

static unsigned int leaf_level(const struct script_op *op)
{
	return op->page_size >> 30 ? 3 : op->page_size >> 21 ? 2 : 1;
}

static uint64_t leaf_entry(const struct script_op *op, uint64_t gpa)
{
	if (!op->prot)
		return 0;
	return gpa | GPTE_PRESENT | GPTE_USER | (op->prot & SCRIPT_PROT_W ? GPTE_WRITABLE : 0) |
	       (op->prot & SCRIPT_PROT_X ? 0 : GPTE_NX) |
	       (op->flags & SCRIPT_GPTE_ACCESSED ? GPTE_ACCESSED : 0) |
	       (op->flags & SCRIPT_GPTE_DIRTY ? GPTE_DIRTY : 0) |
	       (leaf_level(op) > 1 ? GPTE_LARGE : 0);
}

int op_l2_map(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct table_area *area;
	uint64_t at, entry;
	int err = guest_l1(ex, vm);

	if (!err)
		err = get_area(vm, script_op_tables(op), &area);
	if (err)
		return err;
	if (!vm->ncr3)
		vm->ncr3 = script_op_tables(op);
	for (at = 0; at < op->len && !err; at += op->page_size) {
		err = find_entry(vm, area, op->addr + at, leaf_level(op), false, &entry);
		if (!err)
			err = store(vm, entry, leaf_entry(op, script_op_gpa(op) + at), false);
	}
	return err;
}

int op_l2_remap(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct table_area *area = NULL;
	uint64_t entry;
	int err = guest_l1(ex, vm);

	if (!err)
		area = find_area(vm, script_op_tables(op));
	if (!err && !area)
		err = -ENOENT;
	if (!err)
		err = find_entry(vm, area, op->addr, leaf_level(op), true, &entry);
	return err ? err : store(vm, entry, leaf_entry(op, script_op_gpa(op)), true);
}

int op_vmrun(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct table_area *area;
	int err = guest_l1(ex, vm);

	if (!err && op->flags & SCRIPT_GPTE_TABLES) {
		err = get_area(vm, script_op_tables(op), &area);
		if (!err)
			vm->ncr3 = script_op_tables(op);
	}
	if (!err && !vm->ncr3)
		err = -EINVAL;
	return err ? err : l1_vmrun(vm);
}
