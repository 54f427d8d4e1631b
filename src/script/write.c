// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts as text, driven by the table of operations. */
#include "script_internal.h"

static void write_hex(uint64_t value, struct strbuf *out)
{
	strbuf_addstr(out, "0x");
	strbuf_addhex(out, value, 1);
}

static void write_prot(unsigned int prot, struct strbuf *out)
{
	if (!prot)
		strbuf_addstr(out, "none");
	if (prot & SCRIPT_PROT_R)
		strbuf_addch(out, 'r');
	if (prot & SCRIPT_PROT_W)
		strbuf_addch(out, 'w');
	if (prot & SCRIPT_PROT_X)
		strbuf_addch(out, 'x');
}

static void write_nodes(uint64_t nodes, struct strbuf *out)
{
	bool comma = false;
	unsigned int node;

	for (node = 0; node < 64; node++) {
		if (!(nodes & 1ull << node))
			continue;
		if (comma)
			strbuf_addch(out, ',');
		strbuf_adddec(out, node);
		comma = true;
	}
}

static void write_arg(const struct script *script, const struct script_op *op,
		      const struct arg *arg, struct strbuf *out)
{
	uint64_t value = op_field(op, arg->offset, arg->size);

	strbuf_addch(out, ' ');
	switch (arg->shape) {
	case SHAPE_DECLARE:
	case SHAPE_REF:
		strbuf_addstr(out, script_name(script, value));
		break;
	case SHAPE_COUNTER:
		write_profiles(op->profiles, out);
		strbuf_addstr(out, script_name(script, value));
		break;
	case SHAPE_ADDR:
	case SHAPE_NEW_ADDR:
	case SHAPE_GPA:
		write_hex(value, out);
		break;
	case SHAPE_SIZE:
		strbuf_addsize(out, value);
		break;
	case SHAPE_NUMBER:
	case SHAPE_COUNT:
		strbuf_adddec(out, value);
		break;
	case SHAPE_PROT:
		write_prot(value, out);
		break;
	case SHAPE_WORD:
		strbuf_addstr(out, arg->words[value]);
		break;
	case SHAPE_NODE:
		write_nodes(value, out);
		break;
	case SHAPE_ACCESSED:
		if (op->flags & SCRIPT_GUEST_L2)
			strbuf_addstr(out, "l2=");
		strbuf_addstr(out, op->flags & SCRIPT_GUEST_GVA ? "gva=" : "");
		write_hex(value, out);
		break;
	case SHAPE_SLOT_GPA:
		strbuf_addstr(out, "gpa=");
		write_hex(value, out);
		break;
	}
}

/* A 4 KiB stride, a 4 KiB page and a read are what a line without these words means. */
static bool is_default(const struct script_op *op, const struct option *option)
{
	uint64_t value = op_field(op, option->offset, option->size);

	if (option->type == OPTION_SET)
		return value != option->value || !value;
	if (option->offset == offsetof(struct script_op, step) ||
	    option->offset == offsetof(struct script_op, page_size))
		return value == PAGE_SIZE;
	return !value;
}

/* Of flags that are part of another, "accessed" of "dirty", only the other is written. */
static bool is_set(const struct script_op *op, const struct option *option)
{
	if (option->value == SCRIPT_GPTE_ACCESSED &&
	    (op->code == OP_GUEST_MAP || op->code == OP_GUEST_REMAP ||
	     op->code == OP_L2_MAP || op->code == OP_L2_REMAP) &&
	    op->flags & SCRIPT_GPTE_DIRTY)
		return false;
	return (op->flags & option->value) == option->value;
}

static void write_option(const struct script *script, const struct script_op *op,
			 const struct option *option, struct strbuf *out)
{
	uint64_t value = op_field(op, option->offset, option->size);

	switch (option->type) {
	case OPTION_FLAG:
		if (is_set(op, option))
			strbuf_addf(out, " %s", option->word);
		break;
	case OPTION_SET:
		if (!is_default(op, option))
			strbuf_addf(out, " %s", option->word);
		break;
	case OPTION_KIND:
		if (op->kind != option->value)
			break;
		strbuf_addf(out, " %s", option->word);
		if (op->page_size)
			strbuf_addsize(out, op->page_size);
		break;
	case OPTION_SIZE:
		if (!is_default(op, option)) {
			strbuf_addf(out, " %s", option->word);
			strbuf_addsize(out, value);
		}
		break;
	case OPTION_GPA:
		if (op->flags & option->value) {
			strbuf_addf(out, " %s", option->word);
			write_hex(value, out);
		}
		break;
	case OPTION_VIEW:
		if (op->flags & option->value)
			strbuf_addf(out, " %s%s", option->word,
				    script_name(script, value));
		break;
	case OPTION_NODES:
		if (value) {
			strbuf_addch(out, ' ');
			write_nodes(value, out);
		}
		break;
	}
}

void script_write_op(const struct script *script, const struct script_op *op,
		     struct strbuf *out)
{
	const struct op_row *row = &op_rows[op->code];
	const struct option *option;
	const struct arg *arg;

	strbuf_addstr(out, row->word);
	for (arg = row->args; arg->shape != SHAPE_END; arg++) {
		if (arg->shape == SHAPE_SLOT_GPA && op->flags & SCRIPT_MEMSLOT_DELETE) {
			strbuf_addstr(out, " delete");
			return;
		}
		if (arg->shape != SHAPE_NEW_ADDR || op->addr2 != op->addr)
			write_arg(script, op, arg, out);
	}
	for (option = row->options; option && option->word; option++)
		write_option(script, op, option, out);
}

void script_write(const struct script *script, struct strbuf *out)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < script->nr_ops; i++) {
		const struct script_op *op = &script->ops[i];

		script_write_op(script, op, out);
		strbuf_addch(out, '\n');
		for (k = 0; k < op->nr_expect; k++) {
			write_expect(&script->expects[op->expect + k], out);
			strbuf_addch(out, '\n');
		}
	}
}
