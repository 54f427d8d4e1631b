/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the script room share: the parser's state and its table of
 * operations.
 */
#ifndef SCRIPT_INTERNAL_H
#define SCRIPT_INTERNAL_H

#include <script/script.h>

#include <bsd/sys/tree.h>
#include <string.h>

#define PAGE_SIZE 4096ull
#define SIZE_2M (2ull << 20)
#define SIZE_1G (1ull << 30)

/*
 * struct span - a token: [s, s + len) of the script's text; len 0 is the end of the line
 */
struct span {
	const char *s;
	size_t len;
};

static inline bool span_is(struct span t, const char *word, size_t len)
{
	return t.len == len && !memcmp(t.s, word, len);
}

/* Without the blanks around it. */
static inline struct span span_trim(struct span t)
{
	while (t.len && (t.s[0] == ' ' || t.s[0] == '\t')) {
		t.s++;
		t.len--;
	}
	while (t.len && (t.s[t.len - 1] == ' ' || t.s[t.len - 1] == '\t'))
		t.len--;
	return t;
}

/* name.c: what a name stands for */
enum name_kind {
	NAME_UNUSED, /* only mentioned so far, as a counter is */
	NAME_MAP,
	NAME_HEAP,
	NAME_VM,
	NAME_PROCESS,
	NAME_DEVICE,
	NAME_KIND_NR
};

/*
 * struct name_info - one name of script->names[]
 * @addr: of a map or heap
 * @line: of the latest declaration
 * @alive: a process that has not exited
 * @broken: its declaration had an error; uses of it are accepted in silence
 * @map_kind, @map_flags: of a map, for views of its object
 */
struct name_info {
	uint64_t addr;
	uint32_t hash;
	uint32_t line;
	uint32_t map_flags;
	uint8_t map_kind;
	uint8_t kind;
	bool alive;
	bool broken;
};

struct name_table {
	uint32_t *slots; /* name index + 1, 0 is empty */
	size_t nr_slots; /* a power of two */
	struct name_info *infos;
	size_t cap_infos;
};

/* layout.c: the live maps of the first process as disjoint ranges */
struct live_range;
RB_HEAD(live_tree, live_range);
struct layout {
	struct live_tree tree;
	struct live_range *unused;
	struct live_chunk *chunks;
};

/* param_internal.h: the parameters of a script, and the lines that use some */
struct params;

#define MAX_ARGS 5
#define MAX_GROUPS 9

/*
 * struct parser - the state of one parse
 * @line, @line_end: the current line without its line end
 * @code_end: where its comment starts
 * @next: where the next token is looked for, @token_end: where the latest one ended
 * @arg: the positional tokens of the current line, @group: its option words by group
 * @stop: negative errno that ends the parse
 * @params: NULL for a script without parameters
 */
struct parser {
	struct script *script;
	struct params *params;
	struct strbuf *diag;
	const char *line;
	const char *line_end;
	const char *code_end;
	const char *next;
	const char *token_end;
	uint32_t line_nr;
	unsigned int nr_errors;
	unsigned int nr_warnings;
	int stop;
	struct span arg[MAX_ARGS];
	struct span group[MAX_GROUPS];
	struct name_table names;
	struct layout layout;
	uint32_t process;
	uint32_t last_loop_line;
	uint32_t last_end_line;
	unsigned int depth;
	uint32_t loop[SCRIPT_LOOP_DEPTH];
};

/* parse.c */
struct span next_token(struct parser *p);
/* Parses @text, which the script takes over in every case. */
int script_parse_owned(const char *file, char *text, size_t len,
		       const struct script_value *values, size_t nr_values,
		       struct strbuf *diag, struct script **ret_script);
/* Is this a byte that no text has? */
bool is_binary(char c);

/* param.c */
/*
 * Reads the declarations, sets the parameters to @values or their only value, and puts
 * them into the text. Errors that are the user's are counted in p->nr_errors.
 */
int params_expand(struct parser *p, const struct script_value *values, size_t nr_values);
/* Hands what the parameters are set to over to the script. */
int params_give(struct parser *p);
void params_free(struct params *params);
/* Appends how the line reads in the source if a parameter was put into it. */
void params_note(struct parser *p);

/* param_expr.c */
/*
 * struct expression - what stands between "${" and "}"
 * @value: of a parameter's name; false when there is none
 * @at, @problem: where and why it has no value
 */
struct expression {
	bool (*value)(void *ctx, struct span name, struct span *ret_value);
	void *ctx;
	const char *next;
	const char *end;
	unsigned int depth;
	struct span at;
	const char *problem;
};
bool expression_value(struct expression *e, uint64_t *ret);

/* diag.c: all diag_error*() return -EINVAL; @at of length 0 points behind the line */
#define DIAG_TOKEN 48
struct diag_word {
	char s[DIAG_TOKEN * 4 + 8];
};
__attribute__((format(printf, 3, 4))) int diag_error(struct parser *p, struct span at,
						     const char *fmt, ...);
__attribute__((format(printf, 3, 4))) void diag_warn(struct parser *p, struct span at,
						     const char *fmt, ...);
/* "expected WHAT, got 'TOKEN'; did you mean 'WORD'?"; @hint may be NULL */
int diag_expected(struct parser *p, struct span got, const char *what, const char *hint);
/* One line without position or quotation, "FILE: error: ..."; sets p->stop to @err. */
__attribute__((format(printf, 3, 4))) int diag_fatal(struct parser *p, int err,
						     const char *fmt, ...);
/* A token in quotes, shortened and printable. */
const char *diag_word(struct span t, struct diag_word *buf);

/* name.c */
int names_init(struct parser *p);
void names_release(struct parser *p);
void name_memory_free(void *memory);
/* True when @t has the form of a name. */
bool name_valid(struct span t);
uint32_t name_find(const struct parser *p, struct span t);
int name_intern(struct parser *p, struct span t, uint32_t *ret_name);
int name_declare(struct parser *p, struct span t, enum name_kind kind,
		 uint32_t *ret_name);
/* A name that must be of @kind; NAME_MAP as @kind with @heap_too accepts a heap. */
int name_ref(struct parser *p, struct span t, enum name_kind kind, bool heap_too,
	     uint32_t *ret_name);
const char *name_kind_text(enum name_kind kind);

/* value.c */
/* A number as in scripts: "4K", "0x10"; false when [s, end) is none. */
bool number_value(const char *s, const char *end, uint64_t *ret);
int parse_number(struct parser *p, struct span t, const char *what, uint64_t *ret);
int parse_address(struct parser *p, struct span t, const char *what, uint64_t *ret);
int parse_gpa(struct parser *p, struct span t, const char *what, uint64_t *ret);
int parse_prot(struct parser *p, struct span t, uint8_t *ret);
int parse_nodes(struct parser *p, struct span t, uint64_t *ret);
int parse_word(struct parser *p, struct span t, const char *what,
	       const char *const *words, uint64_t *ret);

/* layout.c */
void layout_init(struct layout *layout);
void layout_release(struct layout *layout);
/* What a removal cut: the first range cut, and in how many more ranges it cut. */
struct layout_cut {
	uint64_t start;
	uint64_t end;
	uint32_t name;
	size_t more;
};
/*
 * Forget [start, end); -ENOMEM. @cut may be NULL; cut->name is SCRIPT_NO_NAME when
 * nothing was.
 */
int layout_remove(struct layout *layout, uint64_t start, uint64_t end,
		  struct layout_cut *cut);
int layout_insert(struct layout *layout, uint64_t start, uint64_t end, uint32_t name);

/* expect.c */
/*
 * True when @t names a profile ("linux-6.12", "linux-6.12+"); its bits are added to
 * *mask.
 */
bool profile_token(struct span t, uint64_t *mask);
/* The nearest profile of a token that looks like a profile, else NULL; *looks tells. */
const char *profile_hint(struct span t, bool *looks);
int parse_expectation(struct parser *p);
void write_profiles(uint64_t profiles, struct strbuf *out);
void write_expect(const struct script_expect *expect, struct strbuf *out);

/* op_table.c: the table of operations */
enum shape {
	SHAPE_END,
	SHAPE_DECLARE, /* a new name of .kind, to op->name */
	SHAPE_REF,     /* a name of .kind */
	SHAPE_ADDR,
	SHAPE_NEW_ADDR, /* as SHAPE_ADDR; left out it is op->addr */
	SHAPE_GPA,
	SHAPE_SIZE,   /* a number, written with a unit */
	SHAPE_NUMBER, /* a number up to .max */
	SHAPE_COUNT,  /* a number from 1 */
	SHAPE_PROT,
	SHAPE_WORD,     /* one of .words; its index is the value */
	SHAPE_NODE,     /* one NUMA node; its bit is the value */
	SHAPE_ACCESSED, /* GPA, or gva=GVA, l2=L2GPA, which set SCRIPT_GUEST_* */
	SHAPE_SLOT_GPA, /* gpa=GPA, or "delete" which ends the line */
	SHAPE_COUNTER,  /* profiles, then a counter's name */
};

/*
 * struct arg - one positional argument
 * @what: for messages, with its article
 * @offset, @size: the field of struct script_op it goes to
 */
struct arg {
	uint8_t shape;
	uint8_t kind;
	uint8_t offset;
	uint8_t size;
	const char *what;
	const char *const *words;
	uint64_t max;
};

enum option_type {
	OPTION_FLAG, /* op->flags |= value */
	OPTION_SET,  /* field = value */
	OPTION_KIND, /* op->kind = value, op->page_size = what stands behind the '=' */
	OPTION_SIZE, /* field = what stands behind the '=' */
	OPTION_GPA,  /* field = the guest address behind the '=', op->flags |= value */
	OPTION_VIEW, /* op->name2 = the map behind the '=', op->flags |= value */
	OPTION_NODES /* a list of NUMA nodes; has no word */
};

/*
 * struct option - a word that may follow the positional arguments, in any order
 * @word: ends in '=' when a value follows; NULL ends the table
 * @group: of two words of a group only one may stand in a line
 */
struct option {
	const char *word;
	uint8_t type;
	uint8_t group;
	uint8_t offset;
	uint8_t size;
	uint32_t value;
};

struct op_row {
	const char *word;
	const char *synopsis;
	const struct arg *args;
	const struct option *options;
	int (*check)(struct parser *p, struct script_op *op);
};
extern const struct op_row op_rows[OP_NR];
extern const char *const policy_words[], *const uffd_words[], *const access_words[],
	*const age_words[];
extern const char *const sysctl_words[], *const thp_words[], *const compare_words[];
extern const char *const advice_words[], *const mmu_words[];

/* option groups of the tables */
enum {
	GROUP_KIND,
	GROUP_SHARING,
	GROUP_NORESERVE,
	GROUP_HUGE,
	GROUP_POPULATE,
	GROUP_FIXED,
	GROUP_CACHED,
	GROUP_OF,
	GROUP_OFFSET,
	/* of other operations */
	GROUP_ACCESS = 0,
	GROUP_STRIDE,
	GROUP_TABLES = 0,
	GROUP_VIA,
	GROUP_PAGE,
	GROUP_USER,
	GROUP_ACCESSED,
	GROUP_PAGING,
	GROUP_SAME,
	GROUP_NODES = 0,
	GROUP_MOVE,
	GROUP_STRICT,
};

/* ops.c */
int op_row_find(struct span word);
uint64_t op_field(const struct script_op *op, unsigned int offset, unsigned int size);
void op_set_field(struct script_op *op, unsigned int offset, unsigned int size,
		  uint64_t value);
int parse_operation(struct parser *p, struct span word);

/* [addr, addr + len) must end at or below 2^64. */
int check_wrap(struct parser *p, struct span at, uint64_t addr, uint64_t len);

/* check.c, check_guest.c: what can be wrong with a line whose words are right */
int check_map(struct parser *p, struct script_op *op);
int check_touch(struct parser *p, struct script_op *op);
int check_mprotect(struct parser *p, struct script_op *op);
int check_munmap(struct parser *p, struct script_op *op);
int check_madvise(struct parser *p, struct script_op *op);
int check_mremap(struct parser *p, struct script_op *op);
int check_heap(struct parser *p, struct script_op *op);
int check_mbind(struct parser *p, struct script_op *op);
int check_move_pages(struct parser *p, struct script_op *op);
int check_fork(struct parser *p, struct script_op *op);
int check_exec(struct parser *p, struct script_op *op);
int check_switch(struct parser *p, struct script_op *op);
int check_exit(struct parser *p, struct script_op *op);
int check_numa_hint(struct parser *p, struct script_op *op);
int check_pin(struct parser *p, struct script_op *op);
int check_age(struct parser *p, struct script_op *op);
int check_uffd(struct parser *p, struct script_op *op);
int check_pagemap_scan(struct parser *p, struct script_op *op);
int check_vm(struct parser *p, struct script_op *op);
int check_memslot(struct parser *p, struct script_op *op);
int check_guest(struct parser *p, struct script_op *op);
int check_guest_map(struct parser *p, struct script_op *op);
int check_guest_remap(struct parser *p, struct script_op *op);
int check_cr3(struct parser *p, struct script_op *op);
/* check_guest.c: for tables of guests and of guests of guests */
/* @at is where @value, an address or a length, stands. */
int check_multiple(struct parser *p, struct span at, uint64_t value, uint64_t page_size);
/* The length (argument 3) and protection (4) of what a line maps. */
int check_new_entries(struct parser *p, const struct script_op *op);
/* check_l2.c */
int check_l2_map(struct parser *p, struct script_op *op);
int check_l2_remap(struct parser *p, struct script_op *op);
int check_vmrun(struct parser *p, struct script_op *op);
int check_l2_access(struct parser *p, const struct script_op *op);
int check_device(struct parser *p, struct script_op *op);
int check_repeat(struct parser *p, struct script_op *op);
int check_end(struct parser *p, struct script_op *op);

#endif /* SCRIPT_INTERNAL_H */
