// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page tables of a script's guest, its own in every format or L1's nested ones: the loader
 * writes them into the memory slots through the process, in the order in which a walk from the top
 * needs them. What was written is kept here, too, so that nothing has to be read back: a read
 * would be an access of the process that the script does not have.
 */
#include "guest_internal.h"
#include "guestpaging_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>

#define GPTE_P 0x1ull
#define GPTE_W 0x2ull
#define GPTE_U 0x4ull
#define GPTE_A 0x20ull
#define GPTE_D 0x40ull
#define GPTE_PS 0x80ull
#define GPTE_NX (1ull << 63)
#define GPTE_FRAME 0x000ffffffffff000ull

const struct guest_format guest_formats[SCRIPT_PAGING_NR] = {
	[SCRIPT_PAGING_LONG] = { 4, 9, 8, 255 },
	[SCRIPT_PAGING_LA57] = { 5, 9, 8, 255 },
	[SCRIPT_PAGING_PAE] = { 3, 9, 8, 3 },
	[SCRIPT_PAGING_32] = { 2, 10, 4, 1023 },
};

static const struct guest_format *format_of(const struct guest_space *space)
{
	return &guest_formats[space->paging];
}

static uint64_t entry_gpa(const struct guest_space *space, uint64_t table, uint64_t va,
			  unsigned int level)
{
	const struct guest_format *f = format_of(space);
	uint64_t index = va >> (12 + f->bits * (level - 1));

	return table + (index & ((1ull << f->bits) - 1)) * f->entry_size;
}

/* What was written to the table at @gpa; made when @make. */
static struct guest_table *table_at(struct guest_vm *vm, uint64_t gpa, bool make)
{
	struct guest_table *table;

	gpa &= -GUEST_PAGE;
	LIST_FOREACH (table, &vm->tables_at[gpa >> 12 & (GUEST_TABLE_HASH - 1)], link)
		if (table->gpa == gpa)
			return table;
	table = make ? mem_zalloc(sizeof(*table)) : NULL;
	if (!table)
		return NULL;
	table->gpa = gpa;
	LIST_INSERT_HEAD(&vm->tables_at[gpa >> 12 & (GUEST_TABLE_HASH - 1)], table, link);
	return table;
}

static uint64_t kept_entry(struct guest_vm *vm, const struct guest_space *space, uint64_t gpa)
{
	const struct guest_table *table = table_at(vm, gpa, false);
	uint64_t value = 0;

	if (table)
		memcpy(&value, table->bytes + (gpa & (GUEST_PAGE - 1)),
		       format_of(space)->entry_size);
	return value;
}

int guest_keep_entry(struct guest_vm *vm, const struct guest_space *space, uint64_t gpa,
		     uint64_t value)
{
	struct guest_table *table = table_at(vm, gpa, true);

	if (!table)
		return -ENOMEM;
	memcpy(table->bytes + (gpa & (GUEST_PAGE - 1)), &value, format_of(space)->entry_size);
	return 0;
}

/* The process writes an entry. */
static int load_entry(struct guest_vm *vm, const struct guest_space *space, uint64_t gpa,
		      uint64_t value)
{
	uint64_t hva = guest_hva(vm, gpa);
	int err;

	if (!hva)
		return -ENOENT;
	err = format_of(space)->entry_size == 8 ? touch_store((void *)hva, value)
						: touch_store32((void *)hva, value);
	return err ? err : guest_keep_entry(vm, space, gpa, value);
}

struct guest_space *guest_find_space(struct guest_vm *vm, uint64_t root)
{
	size_t i;

	for (i = 0; i < vm->nr_spaces; i++)
		if (vm->spaces[i].root == root)
			return &vm->spaces[i];
	return NULL;
}

/* The entry for the executor's own part, which is accessed and dirty. */
static int load_own_entry(struct guest_vm *vm, const struct guest_space *space)
{
	const struct guest_format *f = format_of(space);
	unsigned int index = f->own_index;
	uint64_t value;

	value = vm->nested ? l1_own_entry(&index) : guest_own_entry(space->paging);
	return load_entry(vm, space, space->root + (uint64_t)index * f->entry_size, value);
}

static int make_space(struct guest_vm *vm, const struct script_op *op,
		      struct guest_space **ret_space)
{
	struct guest_space space = { .root = script_op_tables(op),
				     .next = script_op_tables(op) + GUEST_PAGE,
				     .paging = op->paging };
	int err = load_own_entry(vm, &space);

	if (!err)
		err = mem_grow(&vm->spaces, &vm->cap_spaces, vm->nr_spaces + 1,
			       sizeof(*vm->spaces));
	if (err)
		return err;
	vm->spaces[vm->nr_spaces] = space;
	*ret_space = &vm->spaces[vm->nr_spaces++];
	return 0;
}

int guest_get_space(struct guest_vm *vm, const struct script_op *op,
		    struct guest_space **ret_space)
{
	struct guest_space *space = guest_find_space(vm, script_op_tables(op));

	if (!space)
		return make_space(vm, op, ret_space);
	if (space->paging != op->paging)
		return -EINVAL;
	*ret_space = space;
	return 0;
}

/* PAE's four top entries have no rights. */
static uint64_t table_flags(const struct guest_space *space, unsigned int level, uint64_t user)
{
	return space->paging == SCRIPT_PAGING_PAE && level == 3 ? GPTE_P : GPTE_P | GPTE_W | user;
}

/* Where there is none or a large page, one is made. */
static int next_table(struct guest_vm *vm, struct guest_space *space, uint64_t gpa,
		      uint64_t flags, uint64_t *ret_table)
{
	uint64_t entry = kept_entry(vm, space, gpa);
	bool absent = !(entry & GPTE_P) || (entry & GPTE_PS && flags & GPTE_W);
	int err;

	if (absent)
		entry = space->next;
	if (absent || flags & ~entry) {
		err = load_entry(vm, space, gpa, entry | flags);
		if (err)
			return err;
		space->next += absent ? GUEST_PAGE : 0;
	}
	*ret_table = entry & GPTE_FRAME;
	return 0;
}

static int map_one(struct guest_vm *vm, struct guest_space *space, uint64_t va,
		   unsigned int leaf, uint64_t value)
{
	uint64_t table = space->root;
	unsigned int level;
	int err;

	for (level = format_of(space)->levels; level > leaf; level--) {
		err = next_table(vm, space, entry_gpa(space, table, va, level),
				 table_flags(space, level, value & GPTE_U), &table);
		if (err)
			return err;
	}
	return load_entry(vm, space, entry_gpa(space, table, va, leaf), value);
}

static unsigned int leaf_level(uint64_t page_size)
{
	return page_size == 1ull << 30 ? 3 : page_size > GUEST_PAGE ? 2 : 1;
}

/* What L2 has is user's memory in L1's tables. */
static bool is_nested(const struct script_op *op)
{
	return op->code == OP_L2_MAP || op->code == OP_L2_REMAP;
}

uint64_t guest_leaf(const struct guest_space *space, const struct script_op *op, uint64_t gpa)
{
	uint64_t value = gpa | GPTE_P;

	if (!op->prot)
		return 0;
	value |= op->prot & SCRIPT_PROT_W ? GPTE_W : 0;
	value |= op->flags & SCRIPT_GPTE_USER || is_nested(op) ? GPTE_U : 0;
	value |= op->flags & SCRIPT_GPTE_ACCESSED ? GPTE_A : 0;
	value |= op->flags & SCRIPT_GPTE_DIRTY ? GPTE_D : 0;
	value |= op->page_size > GUEST_PAGE ? GPTE_PS : 0;
	if (!(op->prot & SCRIPT_PROT_X) && format_of(space)->entry_size == 8)
		value |= GPTE_NX;
	return value;
}

int guest_find_entry(struct guest_vm *vm, const struct guest_space *space,
		     const struct script_op *op, uint64_t *ret_gpa)
{
	unsigned int level, leaf = leaf_level(op->page_size);
	uint64_t table = space->root, entry;

	for (level = format_of(space)->levels; level > leaf; level--) {
		entry = kept_entry(vm, space, entry_gpa(space, table, op->addr, level));
		if (!(entry & GPTE_P) || entry & GPTE_PS)
			return -ENOENT;
		table = entry & GPTE_FRAME;
	}
	*ret_gpa = entry_gpa(space, table, op->addr, leaf);
	return 0;
}

int guest_map_range(struct guest_vm *vm, struct guest_space *space, const struct script_op *op)
{
	uint64_t at;
	int err = 0;

	for (at = 0; at < op->len && !err; at += op->page_size)
		err = map_one(vm, space, op->addr + at, leaf_level(op->page_size),
			      guest_leaf(space, op,
					 script_op_gpa(op) +
						 (op->flags & SCRIPT_GPTE_SAME ? 0 : at)));
	return err;
}

int op_guest_map(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	struct guest_space *space;
	int err;

	if (vm->fd < 0)
		return -EBADF;
	if (vm->mmu != SCRIPT_MMU_SHADOW)
		return -EINVAL;
	err = guest_get_space(vm, op, &space);
	return err ? err : guest_map_range(vm, space, op);
}
