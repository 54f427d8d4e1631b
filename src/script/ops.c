// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of operations, one row each, and the parser that it drives. */
#include "script_internal.h"

#include <base/mem.h>
#include <base/nearest.h>

#include <errno.h>

const char *const advice_words[] = {
	[SCRIPT_MADV_NORMAL] = "normal",
	[SCRIPT_MADV_RANDOM] = "random",
	[SCRIPT_MADV_SEQUENTIAL] = "sequential",
	[SCRIPT_MADV_WILLNEED] = "willneed",
	[SCRIPT_MADV_DONTNEED] = "dontneed",
	[SCRIPT_MADV_DONTNEED_LOCKED] = "dontneed_locked",
	[SCRIPT_MADV_FREE] = "free",
	[SCRIPT_MADV_COLD] = "cold",
	[SCRIPT_MADV_PAGEOUT] = "pageout",
	[SCRIPT_MADV_REMOVE] = "remove",
	[SCRIPT_MADV_HUGEPAGE] = "hugepage",
	[SCRIPT_MADV_NOHUGEPAGE] = "nohugepage",
	[SCRIPT_MADV_COLLAPSE] = "collapse",
	[SCRIPT_MADV_MERGEABLE] = "mergeable",
	[SCRIPT_MADV_UNMERGEABLE] = "unmergeable",
	[SCRIPT_MADV_DONTFORK] = "dontfork",
	[SCRIPT_MADV_DOFORK] = "dofork",
	[SCRIPT_MADV_WIPEONFORK] = "wipeonfork",
	[SCRIPT_MADV_KEEPONFORK] = "keeponfork",
	[SCRIPT_MADV_DONTDUMP] = "dontdump",
	[SCRIPT_MADV_DODUMP] = "dodump",
	[SCRIPT_MADV_POPULATE_READ] = "populate_read",
	[SCRIPT_MADV_POPULATE_WRITE] = "populate_write",
	[SCRIPT_MADV_NR] = NULL,
};

const char *const mmu_words[] = { "tdp", "direct", "shadow", "nested", NULL };
const char *const access_words[] = { "r", "w", "x", NULL };
const char *const policy_words[] = { "default", "bind", "preferred", "interleave", "local", NULL };
const char *const uffd_words[] = { "register", "wp", "unwp", "unregister", NULL };
const char *const sysctl_words[] = { "thp", "shmem_thp", NULL };
const char *const thp_words[] = { "never", "madvise", "always", NULL };
const char *const compare_words[] = { "<", "<=", "==", "!=", ">=", ">", NULL };

#define FIELD(member) offsetof(struct script_op, member), sizeof(((struct script_op *)0)->member)
#define DECLARE(kind, what) { SHAPE_DECLARE, kind, FIELD(name), what, NULL, 0 }
#define REF(kind, member, what) { SHAPE_REF, kind, FIELD(member), what, NULL, 0 }
#define ADDR(member, what) { SHAPE_ADDR, 0, FIELD(member), what, NULL, 0 }
#define SIZE(member, what) { SHAPE_SIZE, 0, FIELD(member), what, NULL, 0 }
#define NUMBER(member, max, what) { SHAPE_NUMBER, 0, FIELD(member), what, NULL, max }
#define WORD(member, words, what) { SHAPE_WORD, 0, FIELD(member), what, words, 0 }
#define OTHER(shape, member, what) { shape, 0, FIELD(member), what, NULL, 0 }
#define ARGS(...) ((const struct arg[]){ __VA_ARGS__, { .shape = SHAPE_END } })
#define NO_ARGS ((const struct arg[]){ { .shape = SHAPE_END } })

#define AN_ADDRESS "an address (NAME, NAME+OFFSET or 0x...)"
#define A_LENGTH "a length such as 4K, 2M or 1G"
#define A_GPA "a guest-physical address such as 4G or 0x100000000"
#define RANGE ADDR(addr, AN_ADDRESS), SIZE(len, A_LENGTH)

#define OPTIONS(...) ((const struct option[]){ __VA_ARGS__, { .word = NULL } })
#define FLAG(word, group, value) { word, OPTION_FLAG, group, 0, 0, value }
#define KIND(word, value) { word, OPTION_KIND, GROUP_KIND, 0, 0, value }
#define ACCESS(word, value) { word, OPTION_SET, GROUP_ACCESS, FIELD(access), value }
#define STRIDE { "stride=", OPTION_SIZE, GROUP_STRIDE, FIELD(step), 0 }

static const struct option map_options[] = {
	KIND("anon", SCRIPT_KIND_ANON),
	KIND("shmem", SCRIPT_KIND_SHMEM),
	KIND("file", SCRIPT_KIND_FILE),
	KIND("hugetlb=", SCRIPT_KIND_HUGETLB),
	KIND("dax=", SCRIPT_KIND_DAX),
	FLAG("private", GROUP_SHARING, SCRIPT_MAP_PRIVATE),
	FLAG("shared", GROUP_SHARING, SCRIPT_MAP_SHARED),
	FLAG("noreserve", GROUP_NORESERVE, SCRIPT_MAP_NORESERVE),
	FLAG("huge", GROUP_HUGE, SCRIPT_MAP_HUGE),
	FLAG("nohuge", GROUP_HUGE, SCRIPT_MAP_NOHUGE),
	FLAG("populate", GROUP_POPULATE, SCRIPT_MAP_POPULATE),
	{ "of=", OPTION_VIEW, GROUP_OF, FIELD(name2), SCRIPT_MAP_OF },
	{ "offset=", OPTION_SIZE, GROUP_OFFSET, FIELD(addr2), 0 },
	{ .word = NULL },
};

/* Option tables of rows without options are NULL. */
const struct op_row op_rows[OP_NR] = {
	[OP_MAP] = { "map",
		     "map NAME ADDR LEN PROT KIND private|shared [noreserve] [huge|nohuge] "
		     "[populate] [of=NAME] [offset=SIZE]",
		     ARGS(DECLARE(NAME_MAP, "a name for the map"), RANGE,
			  OTHER(SHAPE_PROT, prot, "a protection (none r rw rx rwx)")),
		     map_options, check_map },
	[OP_TOUCH] = { "touch", "touch ADDR LEN [r|w|x] [stride=SIZE]", ARGS(RANGE),
		       OPTIONS(ACCESS("r", SCRIPT_ACCESS_R), ACCESS("w", SCRIPT_ACCESS_W),
			       ACCESS("x", SCRIPT_ACCESS_X), STRIDE),
		       check_touch },
	[OP_MPROTECT] = { "mprotect", "mprotect ADDR LEN PROT",
			  ARGS(RANGE, OTHER(SHAPE_PROT, prot, "a protection (none r rw rx rwx)")),
			  NULL, check_mprotect },
	[OP_MUNMAP] = { "munmap", "munmap ADDR LEN", ARGS(RANGE), NULL, check_munmap },
	[OP_MADVISE] = { "madvise", "madvise ADDR LEN ADVICE",
			 ARGS(RANGE, WORD(advice, advice_words, "an advice")), NULL,
			 check_madvise },
	[OP_MREMAP] = { "mremap", "mremap OLD LEN NEWLEN NEWADDR [dontunmap]",
			ARGS(RANGE, SIZE(len2, "a new length such as 4K, 2M or 1G"),
			     ADDR(addr2, "a new address (NAME, NAME+OFFSET or 0x...)")),
			OPTIONS(FLAG("dontunmap", 0, SCRIPT_MREMAP_DONTUNMAP)), check_mremap },
	[OP_HEAP] = { "heap", "heap NAME ADDR",
		      ARGS(DECLARE(NAME_HEAP, "a name for the heap"), ADDR(addr, AN_ADDRESS)),
		      NULL, check_heap },
	[OP_BRK] = { "brk", "brk ADDR", ARGS(ADDR(addr, AN_ADDRESS)), NULL, NULL },
	[OP_MBIND] = { "mbind",
		       "mbind ADDR LEN default|bind|preferred|interleave|local [NODES] [move] "
		       "[strict]",
		       ARGS(RANGE, WORD(policy, policy_words, "a memory policy")),
		       OPTIONS({ "NODES", OPTION_NODES, GROUP_NODES, FIELD(nodes), 0 },
			       FLAG("move", GROUP_MOVE, SCRIPT_MBIND_MOVE),
			       FLAG("strict", GROUP_STRICT, SCRIPT_MBIND_STRICT)),
		       check_mbind },
	[OP_MOVE_PAGES] = { "move_pages", "move_pages ADDR LEN NODE",
			    ARGS(RANGE, OTHER(SHAPE_NODE, nodes, "a NUMA node from 0 to 63")),
			    NULL, check_move_pages },
	[OP_FORK] = { "fork", "fork NAME", ARGS(DECLARE(NAME_PROCESS, "a name for the child")),
		      NULL, check_fork },
	[OP_SWITCH] = { "switch", "switch NAME", ARGS(REF(NAME_PROCESS, name, "a process")), NULL,
			check_switch },
	[OP_EXIT] = { "exit", "exit NAME", ARGS(REF(NAME_PROCESS, name, "a process")), NULL,
		      check_exit },
	[OP_FORKWAIT] = { "forkwait", "forkwait", NO_ARGS, NULL, NULL },
	[OP_NUMA_HINT] = { "numa_hint", "numa_hint ADDR LEN", ARGS(RANGE), NULL,
			   check_numa_hint },
	[OP_NUMA_SCAN] = { "numa_scan", "numa_scan N",
			   ARGS(NUMBER(count, UINT32_MAX, "a number of steps")), NULL, NULL },
	[OP_TRUNCATE] = { "truncate", "truncate NAME LEN",
			  ARGS(REF(NAME_MAP, name2, "a map"), SIZE(len, A_LENGTH)), NULL, NULL },
	[OP_UFFD] = { "uffd", "uffd register|wp|unwp|unregister ADDR LEN",
		      ARGS(WORD(flags, uffd_words, "what to do"), RANGE), NULL, check_uffd },
	[OP_CLEAR_REFS] = { "clear_refs", "clear_refs N",
			    ARGS(NUMBER(count, UINT32_MAX, "a number as for /proc/PID/clear_refs")),
			    NULL, NULL },
	[OP_PAGEMAP_SCAN] = { "pagemap_scan", "pagemap_scan ADDR LEN [wp]", ARGS(RANGE),
			      OPTIONS(FLAG("wp", 0, SCRIPT_SCAN_WP)), check_pagemap_scan },
	[OP_KSM] = { "ksm", "ksm N", ARGS(NUMBER(count, UINT32_MAX, "a number of passes")), NULL,
		     NULL },
	[OP_SYSCTL] = { "sysctl", "sysctl thp|shmem_thp never|madvise|always",
			ARGS(WORD(sysctl, sysctl_words, "a setting"),
			     WORD(count, thp_words, "a value")),
			NULL, NULL },
	[OP_VM] = { "vm", "vm NAME tdp|direct|shadow|nested",
		    ARGS(DECLARE(NAME_VM, "a name for the VM"),
			 WORD(mmu, mmu_words, "an MMU kind")),
		    NULL, check_vm },
	[OP_MEMSLOT] = { "memslot",
			 "memslot VM ID gpa=GPA ADDR LEN [readonly], or memslot VM ID delete",
			 ARGS(REF(NAME_VM, name2, "a VM"),
			      NUMBER(slot, UINT16_MAX, "a slot number from 0 to 65535"),
			      OTHER(SHAPE_SLOT_GPA, addr2, "gpa=GPA or 'delete'"), RANGE),
			 OPTIONS(FLAG("readonly", 0, SCRIPT_MEMSLOT_READONLY)), check_memslot },
	[OP_GUEST] = { "guest", "guest VM r|w|x GPA LEN [stride=SIZE]",
		       ARGS(REF(NAME_VM, name2, "a VM"), WORD(access, access_words, "an access"),
			    OTHER(SHAPE_GPA, addr2, A_GPA), SIZE(len, A_LENGTH)),
		       OPTIONS(STRIDE), check_guest },
	[OP_DEVICE] = { "device", "device NAME ADDR LEN",
			ARGS(DECLARE(NAME_DEVICE, "a name for the device"), RANGE), NULL,
			check_device },
	[OP_REPEAT] = { "repeat", "repeat N",
			ARGS(OTHER(SHAPE_COUNT, count, "a number of rounds, at least 1")), NULL,
			check_repeat },
	[OP_END] = { "end", "end", NO_ARGS, NULL, check_end },
	[OP_ASSERT] = { "assert", "assert [PROFILE...] COUNTER <|<=|==|!=|>=|> NUMBER",
			ARGS(OTHER(SHAPE_COUNTER, name2, "a counter"),
			     WORD(compare, compare_words, "a comparison"),
			     NUMBER(count, UINT64_MAX, "a number")),
			NULL, NULL },
};

uint64_t op_field(const struct script_op *op, unsigned int offset, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)op + offset, size);
	return value;
}

void op_set_field(struct script_op *op, unsigned int offset, unsigned int size, uint64_t value)
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
	struct span gpa = { t.s + 4, t.len - 4 };

	if (span_is(t, "delete", 6)) {
		op->flags |= SCRIPT_MEMSLOT_DELETE;
		return 1;
	}
	if (t.len < 4 || memcmp(t.s, "gpa=", 4))
		return diag_expected(p, t, "gpa=GPA or 'delete'", NULL);
	if (!gpa.len)
		return diag_error(p, t, "expected a guest-physical address behind 'gpa='");
	return parse_gpa(p, gpa, "a guest-physical address such as 4G", &op->addr2);
}

/* One positional argument: 0, a negative errno, or 1 when the line must end here. */
static int parse_arg(struct parser *p, const struct arg *arg, struct span t,
		     struct script_op *op)
{
	uint64_t value = 0;
	uint32_t name = SCRIPT_NO_NAME;
	int err = 0;

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
		return value.len ? parse_number(p, value, "a page size", &op->page_size) : 0;
	case OPTION_SIZE:
		err = parse_number(p, value, "a size such as 4K, 2M or 1G", &number);
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
		return diag_error(p, t, "%s is too much here; usage: %s", diag_word(t, &buf),
				  row->synopsis);
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

	*value = (struct span){ NULL, 0 };
	if (option->type == OPTION_NODES)
		return t.s[0] >= '0' && t.s[0] <= '9';
	if (option->word[len - 1] != '=')
		return span_is(t, option->word, len);
	if (t.len < len || memcmp(t.s, option->word, len))
		return false;
	*value = (struct span){ t.s + len, t.len - len };
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
static int parse_arguments(struct parser *p, const struct op_row *row, struct script_op *op)
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
static void declare_broken(struct parser *p, const struct op_row *row, const struct script_op *op)
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
 * A line that is wrong still becomes an operation, so that the lines that belong to it are not
 * reported as well; the script is refused in any case.
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

const char *script_opcode_name(enum script_opcode code)
{
	return (unsigned int)code < OP_NR ? op_rows[code].word : "?";
}

const char *script_advice_name(enum script_advice advice)
{
	return (unsigned int)advice < SCRIPT_MADV_NR ? advice_words[advice] : "?";
}

const char *script_mmu_name(enum script_mmu mmu)
{
	return (unsigned int)mmu < SCRIPT_MMU_NR ? mmu_words[mmu] : "?";
}
