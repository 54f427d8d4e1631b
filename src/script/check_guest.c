// SPDX-License-Identifier: GPL-2.0-or-later
/* What can be wrong with an operation on a guest's own page tables. */
#include "script_internal.h"

#define SIZE_4M (4ull << 20)
#define SIZE_4G (4ull << 30)

/*
 * struct format - what a format of tables can say
 * @end: end of the guest-virtual addresses that a script may use; the rest belongs to the
 *	executor, which keeps its guest's code there
 * @sizes: of pages, a sum
 */
static const struct format {
	const char *name;
	uint64_t end;
	uint64_t sizes;
} formats[SCRIPT_PAGING_NR] = {
	[SCRIPT_PAGING_LONG] = {"four-level", 255ull << 39, PAGE_SIZE | SIZE_2M | SIZE_1G},
	[SCRIPT_PAGING_LA57] = {"five-level", 255ull << 48, PAGE_SIZE | SIZE_2M | SIZE_1G},
	[SCRIPT_PAGING_PAE] = {"PAE", 3ull << 30, PAGE_SIZE | SIZE_2M},
	[SCRIPT_PAGING_32] = {"two-level", 1023ull << 22, PAGE_SIZE | SIZE_4M},
};

/* tables= and the page size, which is 4K unless given. */
static int check_tables(struct parser *p, struct script_op *op, bool via)
{
	struct span none = {NULL, 0};

	if (!(op->flags & SCRIPT_GPTE_TABLES))
		return diag_error(p, none, "'%s' lacks tables=GPA, where the top table is",
				  script_opcode_name(op->code));
	if (via && !(op->flags & SCRIPT_GPTE_VIA))
		return diag_error(p, none,
				  "'%s' lacks via=GVA, where the guest sees its tables",
				  script_opcode_name(op->code));
	if (script_op_tables(op) & (PAGE_SIZE - 1))
		return diag_error(p, p->group[GROUP_TABLES], "the top table is not at a multiple "
							     "of 4K");
	if (via && script_op_via(op) & (PAGE_SIZE - 1))
		return diag_error(p, p->group[GROUP_VIA], "via= is not a multiple of 4K");
	if (!p->group[GROUP_PAGE].len)
		op->page_size = PAGE_SIZE;
	if (op->page_size != PAGE_SIZE && op->page_size != SIZE_2M && op->page_size != SIZE_4M &&
	    op->page_size != SIZE_1G)
		return diag_error(p, p->group[GROUP_PAGE], "a page is 4K, 2M, 4M or 1G");
	if (op->prot && !(op->prot & SCRIPT_PROT_R))
		return diag_error(p, p->arg[via ? 3 : 4],
				  "a page that the guest maps can be read: r, rw, rx or rwx");
	return 0;
}

int check_multiple(struct parser *p, struct span at, uint64_t value, uint64_t page_size)
{
	if (!(value & (page_size - 1)))
		return 0;
	return diag_error(p, at, "0x%llx is not a multiple of the page size 0x%llx",
			  (unsigned long long)value, (unsigned long long)page_size);
}

int check_new_entries(struct parser *p, const struct script_op *op)
{
	if (!op->len)
		return diag_error(p, p->arg[3], "the length is 0");
	if (!op->prot)
		return diag_error(p, p->arg[4], "nothing to map with: r, rw, rx or rwx");
	return 0;
}

static int check_format(struct parser *p, const struct script_op *op)
{
	const struct format *format = &formats[op->paging];

	if (!(format->sizes & op->page_size))
		return diag_error(p, p->group[GROUP_PAGE], "%s tables have no pages of that size",
				  format->name);
	if (op->addr >= format->end || op->len > format->end - op->addr)
		return diag_error(p, p->arg[1],
				  "with %s tables a script has the addresses below 0x%llx",
				  format->name, (unsigned long long)format->end);
	if (op->paging >= SCRIPT_PAGING_PAE && script_op_tables(op) >= SIZE_4G)
		return diag_error(p, p->group[GROUP_TABLES],
				  "a 32-bit guest has its top table below 4G");
	if (op->paging == SCRIPT_PAGING_32 &&
	    (op->addr2 >= SIZE_4G || op->len > SIZE_4G - op->addr2))
		return diag_error(p, p->arg[2], "an entry of 4 bytes maps what is below 4G");
	return 0;
}

int check_guest_map(struct parser *p, struct script_op *op)
{
	int err = check_tables(p, op, false);

	if (!err)
		err = check_new_entries(p, op);
	if (!err)
		err = check_multiple(p, p->arg[1], op->addr, op->page_size);
	if (!err)
		err = check_multiple(p, p->arg[2], op->addr2, op->page_size);
	if (!err)
		err = check_multiple(p, p->arg[3], op->len, op->page_size);
	if (!err)
		err = check_wrap(p, p->arg[2], op->addr2, op->len);
	return err ? err : check_format(p, op);
}

int check_guest_remap(struct parser *p, struct script_op *op)
{
	int err = check_tables(p, op, true);

	if (!err)
		err = check_multiple(p, p->arg[1], op->addr, op->page_size);
	return err ? err : check_multiple(p, p->arg[2], op->addr2, op->page_size);
}

int check_cr3(struct parser *p, struct script_op *op)
{
	if (op->addr2 & (PAGE_SIZE - 1))
		return diag_error(p, p->arg[1], "the top table is not at a multiple of 4K");
	return 0;
}
