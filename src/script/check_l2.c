// SPDX-License-Identifier: GPL-2.0-or-later
/* What can be wrong with a line about a guest of a guest. */
#include "script_internal.h"

static int check_below(struct parser *p, struct span at, uint64_t start, uint64_t len,
		       uint64_t end)
{
	if (start > end || len > end - start)
		return diag_error(p, at, "ends behind 0x%llx", (unsigned long long)end);
	return 0;
}

static int check_tables(struct parser *p, const struct script_op *op)
{
	struct span at = p->group[GROUP_TABLES];
	uint64_t tables = script_op_tables(op);
	int err;

	if (!(op->flags & SCRIPT_GPTE_TABLES))
		return diag_error(p, (struct span){ NULL, 0 },
				  "'%s' lacks tables=GPA, where the top table is",
				  script_opcode_name(op->code));
	if (!tables)
		return diag_error(p, at, "the top table cannot be at 0");
	err = check_multiple(p, at, tables, PAGE_SIZE);
	return err ? err : check_below(p, at, tables, PAGE_SIZE, SCRIPT_L2_GPA_END);
}

/* Both ends of a mapping of @len bytes. */
static int check_mapping(struct parser *p, struct script_op *op, uint64_t len)
{
	int err = check_tables(p, op);

	if (err)
		return err;
	err = check_multiple(p, p->arg[1], op->addr, op->page_size);
	err = err ? err : check_multiple(p, p->arg[2], op->addr2, op->page_size);
	err = err ? err : check_below(p, p->arg[1], op->addr, len, SCRIPT_L2_END);
	return err ? err : check_below(p, p->arg[2], op->addr2, len, SCRIPT_L2_GPA_END);
}

static int check_page(struct parser *p, struct script_op *op, struct span prot)
{
	if (!p->group[GROUP_PAGE].len)
		op->page_size = PAGE_SIZE;
	if (op->page_size != PAGE_SIZE && op->page_size != SIZE_2M && op->page_size != SIZE_1G)
		return diag_error(p, p->group[GROUP_PAGE], "a page is 4K, 2M or 1G");
	if (op->prot && !(op->prot & SCRIPT_PROT_R))
		return diag_error(p, prot, "a page that L2 has can be read: r, rw, rx or rwx");
	return 0;
}

int check_l2_map(struct parser *p, struct script_op *op)
{
	int err = check_page(p, op, p->arg[4]);

	if (!err)
		err = check_new_entries(p, op);
	if (!err)
		err = check_multiple(p, p->arg[3], op->len, op->page_size);
	return err ? err : check_mapping(p, op, op->len);
}

int check_l2_remap(struct parser *p, struct script_op *op)
{
	int err = check_page(p, op, p->arg[3]);

	op->len = op->page_size;
	return err ? err : check_mapping(p, op, op->len);
}

int check_vmrun(struct parser *p, struct script_op *op)
{
	return op->flags & SCRIPT_GPTE_TABLES ? check_tables(p, op) : 0;
}

int check_l2_access(struct parser *p, const struct script_op *op)
{
	return check_below(p, p->arg[2], op->addr2, op->len, SCRIPT_L2_END);
}
