// SPDX-License-Identifier: GPL-2.0-or-later
/* The parser of operations, driven by the table. */
#include "script_internal.h"

#include <base/mem.h>
#include <base/nearest.h>

#include <errno.h>

uint64_t op_field(const struct script_op *op, unsigned int offset, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)op + offset, size);
	return value;
}

void op_set_field(struct script_op *op, unsigned int offset, unsigned int size,
		  uint64_t value)
{
	memcpy((char *)op + offset, &value, size);
}

/* [profile...] counter */
static int parse_counter(struct parser *p, struct span t, struct script_op *op)
{
	struct diag_word buf;
	const char *hint;
	uint64_t mask = 0;
	bool looks;

	while (profile_token(t, &mask))
		t = next_token(p);
	hint = profile_hint(t, &looks);
	if (looks)
		return diag_error(p, t, "unknown profile %s%s%s%s", diag_word(t, &buf),
				  hint ? "; did you mean '" : "", hint ? hint : "",
				  hint ? "'?" : "");
	if (!name_valid(t))
		return diag_expected(p, t, "a counter such as remote_tlb_flush", NULL);
	op->profiles = mask ? mask : UINT64_MAX;
	return name_intern(p, t, &op->name2);
}

/* gpa=GPA, or "delete", after which nothing is expected: 1. */
static int parse_slot_gpa(struct parser *p, struct span t, struct script_op *op)
{
	struct span gpa = {t.s + 4, t.len - 4};

	if (span_is(t, "delete", 6)) {
		op->flags |= SCRIPT_MEMSLOT_DELETE;
		return 1;
	}
	if (t.len < 4 || memcmp(t.s, "gpa=", 4))
		return diag_expected(p, t, "gpa=GPA or 'delete'", NULL);
	if (!gpa.len)
		return diag_error(p, t,
				  "expected a guest-physical address behind 'gpa='");
	return parse_gpa(p, gpa, "a guest-physical address such as 4G", &op->addr2);
}

/* GPA, gva=GVA, or l2=L2GPA */
static int parse_accessed(struct parser *p, struct span t, const char *what, struct script_op *op)
{
	struct span gva = {t.s + 4, t.len - 4}, l2 = {t.s + 3, t.len - 3};

	if (t.len > 3 && !memcmp(t.s, "l2=", 3)) {
		op->flags |= SCRIPT_GUEST_L2;
		return parse_gpa(p, l2, "an address of L2 such as 2M", &op->addr2);
	}
	if (t.len < 4 || memcmp(t.s, "gva=", 4))
		return parse_gpa(p, t, what, &op->addr2);
	op->flags |= SCRIPT_GUEST_GVA;
	if (!gva.len)
		return diag_error(p, t, "expected a guest-virtual address behind 'gva='");
	return parse_gpa(p, gva, "a guest-virtual address such as 2M", &op->addr2);
}

/* One positional argument: 0, a negative errno, or 1 when the line must end here. */
static int parse_arg(struct parser *p, const struct arg *arg, struct span t,
		     struct script_op *op)
{
	uint64_t value = 0;
	uint32_t name = SCRIPT_NO_NAME;
	int err = 0;

	if (!t.len && arg->shape == SHAPE_NEW_ADDR) {
		op->addr2 = op->addr;
		return 0;
	}
	if (!t.len)
		return diag_expected(p, t, arg->what, NULL);
	switch (arg->shape) {
	case SHAPE_DECLARE:
		return name_declare(p, t, arg->kind, &op->name);
	case SHAPE_REF:
		err = name_ref(p, t, arg->kind, false, &name);
		value = name;
		break;
	case SHAPE_ADDR:
	case SHAPE_NEW_ADDR:
		err = parse_address(p, t, arg->what, &value);
		break;
	case SHAPE_GPA:
		err = parse_gpa(p, t, arg->what, &value);
		break;
	case SHAPE_SIZE:
		err = parse_number(p, t, arg->what, &value);
		break;
	case SHAPE_NUMBER:
		err = parse_number(p, t, arg->what, &value);
		if (!err && value > arg->max)
			return diag_expected(p, t, arg->what, NULL);
		break;
	case SHAPE_COUNT:
		err = parse_number(p, t, arg->what, &value);
		if (!err && !value)
			return diag_expected(p, t, arg->what, NULL);
		break;
	case SHAPE_PROT:
		return parse_prot(p, t, &op->prot);
	case SHAPE_WORD:
		err = parse_word(p, t, arg->what, arg->words, &value);
		break;
	case SHAPE_NODE:
		err = parse_nodes(p, t, &value);
		if (!err && value & (value - 1))
			return diag_expected(p, t, arg->what, NULL);
		break;
	case SHAPE_ACCESSED:
		return parse_accessed(p, t, arg->what, op);
	case SHAPE_SLOT_GPA:
		return parse_slot_gpa(p, t, op);
	case SHAPE_COUNTER:
		return parse_counter(p, t, op);
	}
	if (!err)
		op_set_field(op, arg->offset, arg->size, value);
	return err;
}

/* What an option word does; @value is what stands behind its '='. */
static int apply_option(struct parser *p, const struct option *option, struct span t,
			struct span value, struct script_op *op)
{
	uint32_t name;
	uint64_t number = 0;
	int err = 0;

	switch (option->type) {
	case OPTION_FLAG:
		op->flags |= option->value;
		return 0;
	case OPTION_SET:
		number = option->value;
		break;
	case OPTION_KIND:
		op->kind = option->value;
		return value.len ? parse_number(p, value, "a page size", &op->page_size)
				 : 0;
	case OPTION_SIZE:
		err = parse_number(p, value, "a size such as 4K, 2M or 1G", &number);
		break;
	case OPTION_GPA:
		err = parse_gpa(p, value, "a guest address such as 16M", &number);
		op->flags |= option->value;
		break;
	case OPTION_VIEW:
		err = name_ref(p, value, NAME_MAP, false, &name);
		number = name;
		op->flags |= option->value;
		break;
	case OPTION_NODES:
		err = parse_nodes(p, t, &number);
		break;
	}
	if (!err)
		op_set_field(op, option->offset, option->size, number);
	return err;
}

/* An option word that the table does not have. */
static int unknown_option(struct parser *p, const struct op_row *row, struct span t)
{
	const struct option *option;
	const char *words[32], *hint;
	struct diag_word buf;
	size_t nr = 0;

	if (!row->options)
		return diag_error(p, t, "%s is too much here; usage: %s",
				  diag_word(t, &buf), row->synopsis);
	for (option = row->options; option->word; option++)
		words[nr++] = option->word;
	hint = nearest_word(t.s, t.len, words, nr);
	if (hint)
		return diag_error(p, t, "%s is not a word of '%s'; did you mean '%s'?",
				  diag_word(t, &buf), row->word, hint);
	return diag_error(p, t, "%s is not a word of '%s'; usage: %s", diag_word(t, &buf),
			  row->word, row->synopsis);
}

static bool option_matches(const struct option *option, struct span t, struct span *value)
{
	size_t len = strlen(option->word);

	*value = (struct span){NULL, 0};
	if (option->type == OPTION_NODES)
		return t.s[0] >= '0' && t.s[0] <= '9';
	if (option->word[len - 1] != '=')
		return span_is(t, option->word, len);
	if (t.len < len || memcmp(t.s, option->word, len))
		return false;
	*value = (struct span){t.s + len, t.len - len};
	return true;
}

static int parse_option(struct parser *p, const struct op_row *row, struct span t,
			struct script_op *op)
{
	const struct option *option = row->options;
	struct diag_word buf, other;
	struct span value, *seen;

	for (; option && option->word; option++)
		if (option_matches(option, t, &value))
			break;
	if (!option || !option->word)
		return unknown_option(p, row, t);
	seen = &p->group[option->group];
	if (seen->len && span_is(*seen, t.s, t.len))
		return diag_error(p, t, "%s is given twice", diag_word(t, &buf));
	if (seen->len)
		return diag_error(p, t, "%s contradicts %s", diag_word(t, &buf),
				  diag_word(*seen, &other));
	if (value.s && !value.len)
		return diag_error(p, t, "expected a value behind '%s'", option->word);
	*seen = t;
	return apply_option(p, option, t, value, op);
}

/* Everything behind the operation's word. */
static int parse_arguments(struct parser *p, const struct op_row *row,
			   struct script_op *op)
{
	const struct arg *arg = row->args;
	const struct option *unused = NULL;
	struct op_row ends = *row;
	struct span t;
	int err = 0;

	memset(p->group, 0, sizeof(p->group));
	for (; arg->shape != SHAPE_END && !err; arg++) {
		t = next_token(p);
		p->arg[arg - row->args] = t;
		err = parse_arg(p, arg, t, op);
	}
	if (err < 0)
		return err;
	if (err)
		ends.options = unused;
	while ((t = next_token(p)).len) {
		err = parse_option(p, &ends, t, op);
		if (err)
			return err;
	}
	return 0;
}

/* Later lines may use the name of a line that is wrong: one mistake, one message. */
static void declare_broken(struct parser *p, const struct op_row *row,
			   const struct script_op *op)
{
	struct name_info *info;

	if (row->args[0].shape != SHAPE_DECLARE || op->name == SCRIPT_NO_NAME)
		return;
	info = &p->names.infos[op->name];
	info->kind = row->args[0].kind;
	info->line = p->line_nr;
	info->broken = true;
	info->alive = true;
}

int op_row_find(struct span word)
{
	int code;

	for (code = 0; code < OP_NR; code++) {
		const char *w = op_rows[code].word;

		if (w[0] == word.s[0] && !strncmp(w, word.s, word.len) && !w[word.len])
			return code;
	}
	return -1;
}

static int unknown_operation(struct parser *p, struct span word)
{
	const char *words[OP_NR], *hint;
	struct diag_word buf;
	int code;

	for (code = 0; code < OP_NR; code++)
		words[code] = op_rows[code].word;
	hint = nearest_word(word.s, word.len, words, OP_NR);
	if (hint)
		return diag_error(p, word, "unknown operation %s; did you mean '%s'?",
				  diag_word(word, &buf), hint);
	return diag_error(p, word, "unknown operation %s", diag_word(word, &buf));
}

/*
 * A line that is wrong still becomes an operation, so that the lines that belong to it
 * are not reported as well; the script is refused in any case.
 */
int parse_operation(struct parser *p, struct span word)
{
	struct script *script = p->script;
	int err, code = op_row_find(word);
	struct script_op *op;

	if (script->nr_ops == SCRIPT_MAX_OPS)
		return diag_fatal(p, -E2BIG, "more than %u operations", SCRIPT_MAX_OPS);
	if (mem_grow(&script->ops, &script->cap_ops, script->nr_ops + 1, sizeof(*op)))
		return p->stop = -ENOMEM;
	op = &script->ops[script->nr_ops];
	memset(op, 0, sizeof(*op));
	op->code = code;
	op->line = p->line_nr;
	op->name = op->name2 = SCRIPT_NO_NAME;
	op->expect = script->nr_expects;
	op->text = word.s - script->text;
	if (code < 0) {
		script->nr_ops++;
		return unknown_operation(p, word);
	}
	err = parse_arguments(p, &op_rows[code], op);
	if (!err || code == OP_REPEAT || code == OP_END)
		if (op_rows[code].check && op_rows[code].check(p, op))
			err = -EINVAL;
	if (err)
		declare_broken(p, &op_rows[code], op);
	op->text_len = p->token_end - word.s;
	script->nr_ops++;
	return err;
}
