/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script: a list of operations with the expectations behind them. Pure data; two independent
 * executors (the sim room and the host room) run it. docs/script.md is the language's reference.
 *
 * All addresses are resolved to numbers by the parser; the text of each line is kept for messages
 * and for the tracing_mark_write record.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/strbuf.h>

/**
 * enum script_opcode - the operations; in brackets which fields of struct script_op each uses
 */
enum script_opcode {
	OP_MAP,		/* [name addr len prot kind flags page_size name2 addr2] mmap(MAP_FIXED) */
	OP_TOUCH,	/* [addr len access step] CPU accesses */
	OP_MPROTECT,	/* [addr len prot] */
	OP_MUNMAP,	/* [addr len] */
	OP_MADVISE,	/* [addr len advice] */
	OP_MREMAP,	/* [addr len len2 addr2 flags] MREMAP_MAYMOVE | MREMAP_FIXED, or in place */
	OP_HEAP,	/* [name addr] where the heap starts (start_brk = brk = addr) */
	OP_BRK,		/* [addr] */
	OP_MBIND,	/* [addr len policy nodes flags] */
	OP_MOVE_PAGES,	/* [addr len nodes] */
	OP_FORK,	/* [name] */
	OP_SWITCH,	/* [name name2] both are the process */
	OP_EXIT,	/* [name name2] both are the process */
	OP_FORKWAIT,	/* [] */
	OP_EXEC,	/* [] execve() of the running process: an empty address space */
	OP_NUMA_HINT,	/* [addr len] */
	OP_PIN,		/* [addr len] pin for DMA for as long as the script runs */
	OP_AGE,		/* [addr len policy] secondary MMUs are asked for accessed pages */
	OP_NUMA_SCAN,	/* [count] */
	OP_TRUNCATE,	/* [name2 len] ftruncate of the object behind a map */
	OP_UFFD,	/* [addr len flags] userfaultfd: register / wp / unwp / unregister */
	OP_CLEAR_REFS,	/* [count] write of count to /proc/self/clear_refs */
	OP_PAGEMAP_SCAN, /* [addr len flags] */
	OP_KSM,		/* [count] count full passes of ksmd */
	OP_SYSCTL,	/* [sysctl count] a system-wide setting */
	OP_VM,		/* [name mmu flags] */
	OP_MEMSLOT,	/* [name2 slot gpa addr len flags] */
	OP_DIRTY_LOG,	/* [name2 slot flags] read a slot's log of written pages */
	OP_CLEAR_DIRTY_LOG, /* [name2 slot addr2 len flags] clear a part of it */
	OP_GUEST,	/* [name2 access gpa len step flags] guest accesses; addr2 is a GVA with
			   SCRIPT_GUEST_GVA, an address of L2 with SCRIPT_GUEST_L2 */
	OP_GUEST_MAP,	/* [name2 addr gpa len prot flags tables page_size paging] the loader
			   makes tables of the guest; addr is the GVA */
	OP_GUEST_REMAP, /* [name2 addr gpa prot flags tables via page_size] the guest rewrites one
			   entry */
	OP_CR3,		/* [name2 gpa] */
	OP_INVLPG,	/* [name2 addr] */
	OP_L2_MAP,	/* [name2 addr gpa len prot flags tables page_size] the loader makes
			   nested tables of L1; addr is L2's address */
	OP_L2_REMAP,	/* [name2 addr gpa prot flags tables page_size] L1 rewrites one entry */
	OP_VMRUN,	/* [name2 flags tables] L1 enters L2, which leaves at once */
	OP_DEVICE,	/* [name addr len] a device mirror with an interval notifier */
	OP_REPEAT,	/* [count jump] jump = index of the matching OP_END */
	OP_END,		/* [jump] jump = index of the matching OP_REPEAT */
	OP_ASSERT,	/* [name2 compare count] a budget on a counter */
	OP_NR
};

/* script_op.prot */
enum { SCRIPT_PROT_R = 1, SCRIPT_PROT_W = 2, SCRIPT_PROT_X = 4 };

/* script_op.access */
enum { SCRIPT_ACCESS_R, SCRIPT_ACCESS_W, SCRIPT_ACCESS_X };

/* script_op.kind */
enum script_kind {
	SCRIPT_KIND_ANON,
	SCRIPT_KIND_SHMEM,
	SCRIPT_KIND_FILE,
	SCRIPT_KIND_HUGETLB, /* page_size = 2 MiB or 1 GiB */
	SCRIPT_KIND_DAX,     /* page_size = 4 KiB, 2 MiB or 1 GiB */
	SCRIPT_KIND_NR
};

/* script_op.flags of OP_MAP */
enum {
	SCRIPT_MAP_PRIVATE = 1 << 0,
	SCRIPT_MAP_SHARED = 1 << 1,
	SCRIPT_MAP_NORESERVE = 1 << 2,
	SCRIPT_MAP_HUGE = 1 << 3,     /* madvise(MADV_HUGEPAGE) after the mmap */
	SCRIPT_MAP_NOHUGE = 1 << 4,   /* madvise(MADV_NOHUGEPAGE) after the mmap */
	SCRIPT_MAP_POPULATE = 1 << 5, /* MAP_POPULATE */
	SCRIPT_MAP_FIXED = 1 << 7,    /* meant to replace what is there: no warning */
	SCRIPT_MAP_CACHED = 1 << 8,   /* the file's pages are in the page cache already */
	SCRIPT_MAP_OF = 1 << 6,	      /* of=NAME2, offset=addr2: another view of NAME2's object */
};

/* script_op.flags of OP_MREMAP */
enum {
	SCRIPT_MREMAP_DONTUNMAP = 1 << 0,
	SCRIPT_MREMAP_IN_PLACE = 1 << 1, /* addr2 == addr: resize without moving */
};

/* script_op.policy and .flags of OP_MBIND; .nodes is a bit mask of NUMA nodes */
enum script_policy {
	SCRIPT_MPOL_DEFAULT,
	SCRIPT_MPOL_BIND,
	SCRIPT_MPOL_PREFERRED,
	SCRIPT_MPOL_INTERLEAVE,
	SCRIPT_MPOL_LOCAL,
	SCRIPT_MPOL_NR
};
enum { SCRIPT_MBIND_MOVE = 1 << 0, SCRIPT_MBIND_STRICT = 1 << 1 };

/* script_op.flags of OP_UFFD */
enum script_uffd { SCRIPT_UFFD_REGISTER, SCRIPT_UFFD_WP, SCRIPT_UFFD_UNWP, SCRIPT_UFFD_UNREGISTER };

/* script_op.flags of OP_PAGEMAP_SCAN */
enum { SCRIPT_SCAN_WP = 1 << 0 };

/* script_op.advice: one per MADV_* that a script can give, by the lower-case name */
enum script_advice {
	SCRIPT_MADV_NORMAL,
	SCRIPT_MADV_RANDOM,
	SCRIPT_MADV_SEQUENTIAL,
	SCRIPT_MADV_WILLNEED,
	SCRIPT_MADV_DONTNEED,
	SCRIPT_MADV_DONTNEED_LOCKED,
	SCRIPT_MADV_FREE,
	SCRIPT_MADV_COLD,
	SCRIPT_MADV_PAGEOUT,
	SCRIPT_MADV_REMOVE,
	SCRIPT_MADV_HUGEPAGE,
	SCRIPT_MADV_NOHUGEPAGE,
	SCRIPT_MADV_COLLAPSE,
	SCRIPT_MADV_MERGEABLE,
	SCRIPT_MADV_UNMERGEABLE,
	SCRIPT_MADV_DONTFORK,
	SCRIPT_MADV_DOFORK,
	SCRIPT_MADV_WIPEONFORK,
	SCRIPT_MADV_KEEPONFORK,
	SCRIPT_MADV_DONTDUMP,
	SCRIPT_MADV_DODUMP,
	SCRIPT_MADV_POPULATE_READ,
	SCRIPT_MADV_POPULATE_WRITE,
	SCRIPT_MADV_NR
};

/* script_op.sysctl: settings that change what the kernel does; count is the value */
enum script_sysctl {
	SCRIPT_SYSCTL_THP,	 /* transparent_hugepage/enabled: SCRIPT_THP_* */
	SCRIPT_SYSCTL_SHMEM_THP, /* transparent_hugepage/shmem_enabled: SCRIPT_THP_* */
	SCRIPT_SYSCTL_NR
};
enum script_thp { SCRIPT_THP_NEVER, SCRIPT_THP_MADVISE, SCRIPT_THP_ALWAYS, SCRIPT_THP_NR };

/* script_op.policy of OP_AGE: mmu_notifier_clear_flush_young(), _clear_young(), _test_young() */
enum { SCRIPT_AGE_FLUSH, SCRIPT_AGE_CLEAR, SCRIPT_AGE_TEST };

/* script_op.mmu */
enum script_mmu {
	SCRIPT_MMU_TDP,
	SCRIPT_MMU_DIRECT,
	SCRIPT_MMU_SHADOW,
	SCRIPT_MMU_NESTED,
	SCRIPT_MMU_NR
};

/* script_op.flags of OP_MEMSLOT */
enum {
	SCRIPT_MEMSLOT_READONLY = 1 << 0,
	SCRIPT_MEMSLOT_DELETE = 1 << 1,
	SCRIPT_MEMSLOT_DIRTY_LOG = 1 << 2, /* KVM_MEM_LOG_DIRTY_PAGES */
};

/* script_op.flags of OP_VM: KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, and nested with tdp_mmu=0 */
enum {
	SCRIPT_VM_MANUAL_PROTECT = 1 << 0,
	SCRIPT_VM_INITIALLY_SET = 1 << 1,
	SCRIPT_VM_NO_TDP_MMU = 1 << 2,
};

/* script_op.compare of OP_ASSERT */
enum script_compare { SCRIPT_LT, SCRIPT_LE, SCRIPT_EQ, SCRIPT_NE, SCRIPT_GE, SCRIPT_GT };

/* script_op.flags of OP_GUEST */
enum { SCRIPT_GUEST_GVA = 1 << 0, SCRIPT_GUEST_L2 = 1 << 1 };

/* script_op.flags of OP_GUEST_MAP, OP_GUEST_REMAP, OP_L2_MAP, OP_L2_REMAP and OP_VMRUN */
enum {
	SCRIPT_GPTE_USER = 1 << 0,
	SCRIPT_GPTE_ACCESSED = 1 << 1,
	SCRIPT_GPTE_DIRTY = 1 << 2,
	SCRIPT_GPTE_TABLES = 1 << 3, /* tables= was given */
	SCRIPT_GPTE_VIA = 1 << 4,    /* via= was given */
	SCRIPT_GPTE_SAME = 1 << 5,   /* every page is mapped to the same GPA */
};

/* script_op.paging of OP_GUEST_MAP: the format of the guest's tables */
enum script_paging {
	SCRIPT_PAGING_LONG, /* long mode, four levels: 4K, 2M, 1G */
	SCRIPT_PAGING_LA57, /* five levels */
	SCRIPT_PAGING_PAE,  /* 32 bits, 8 byte entries: 4K, 2M */
	SCRIPT_PAGING_32,   /* 32 bits, 4 byte entries, two levels: 4K, 4M */
	SCRIPT_PAGING_NR
};

/* Where L2's addresses end, and the guest-physical ones that its tables may name. */
#define SCRIPT_L2_END (1ull << 39)
#define SCRIPT_L2_GPA_END ((1ull << 40) - (64u << 10))

#define SCRIPT_NO_NAME UINT32_MAX

/* Limits of the language; a script over the last four is refused with -E2BIG. */
#define SCRIPT_MAX_LINE 65536u		  /* bytes of one line */
#define SCRIPT_MAX_NAME 64u		  /* bytes of one name */
#define SCRIPT_MAX_BYTES (1ull << 30)	  /* bytes of a script */
#define SCRIPT_MAX_OPS (16u << 20)	  /* operations */
#define SCRIPT_MAX_EXPECTS (16u << 20)	  /* expectation lines */
#define SCRIPT_MAX_NAMES (1u << 20)	  /* distinct names */
#define SCRIPT_ADDRESS_END (1ull << 56)	  /* a map ends here at the latest */

/* The name of the process that a script starts in. */
#define SCRIPT_MAIN "main"

/**
 * struct script_op - one operation
 * @code: enum script_opcode; says which of the other fields mean something
 * @line: source line, from 1
 * @name: index of the name that the line declares, SCRIPT_NO_NAME if none
 * @name2: index of a name that the line refers to (VM, other map, counter)
 * @addr: first byte, @len: bytes (as written: neither need be page aligned)
 * @addr2: second address (mremap: new address; map: offset in bytes; memslot, guest: GPA)
 * @len2: second length (mremap: new length; guest_map and the like: GPA of the top table)
 * @step: distance between two accesses in bytes
 * @count: repetitions, steps or value; guest_remap: GVA at which the guest sees its tables
 * @jump: index of the partner of OP_REPEAT / OP_END
 * @text, @text_len: the line as written, without comment and surrounding blanks, in script->text
 * @expect, @nr_expect: the expectations that follow the line, in script->expects
 */
struct script_op {
	uint8_t code;
	uint8_t prot;
	uint8_t kind;
	uint8_t access;
	uint8_t advice;
	uint8_t policy;
	uint8_t mmu;
	uint8_t compare;
	uint8_t paging;
	uint32_t flags;
	uint32_t line;
	uint32_t name;
	uint32_t name2;
	uint32_t slot;
	uint32_t sysctl;
	uint64_t nodes;
	uint64_t page_size;
	uint64_t addr;
	uint64_t len;
	uint64_t addr2;
	uint64_t len2;
	uint64_t step;
	uint64_t count;
	uint64_t profiles; /* OP_ASSERT: as script_expect.profiles */
	uint32_t jump;
	uint32_t text_len;
	size_t text;
	uint32_t expect;
	uint32_t nr_expect;
};

/*
 * the memslot and guest operations' guest-physical address is kept in addr2, as is the offset of
 * clear_dirty_log; slot has the address space in bit 16 (1: system management mode)
 */
#define script_op_gpa(op) ((op)->addr2)
/* tables= of guest_map, guest_remap, l2_map, l2_remap and vmrun; via= of guest_remap */
#define script_op_tables(op) ((op)->len2)
#define script_op_via(op) ((op)->count)

enum script_expect_kind { EXPECT_EVENT, EXPECT_NONE, EXPECT_ERRNO };

/**
 * struct script_expect - one '>' line
 * @kind: an event, "none" (no event at all) or "errno NAME" ("errno 0" is success)
 * @profiles: bit mask over script_profile_names[] of the profiles it is meant for; all ones when
 *            the line names none
 * @event: MMU_NOTIFY_* number (base/event.h), @start, @end: half-open range, for EXPECT_EVENT
 * @no_end: EXPECT_EVENT whose range_end must never come ("noend": the address-zero quirk)
 * @err: positive errno value or 0, for EXPECT_ERRNO
 */
struct script_expect {
	uint8_t kind;
	uint8_t event;
	bool no_end;
	int err;
	uint32_t line;
	uint64_t profiles;
	uint64_t start;
	uint64_t end;
};

/*
 * The profiles that a script may name, oldest kernel first and designs last; NULL-terminated.
 * "NAME+" means NAME and the later kernels, never a design.
 */
extern const char *const script_profile_names[];

/* The two halves of it: the kernels, and the designs that no kernel has. NULL-terminated. */
extern const char *const script_kernel_names[];
extern const char *const script_design_names[];

/** script_nr_kernels() - index of the first design in script_profile_names[]. */
unsigned int script_nr_kernels(void);

/** script_profile_index() - index of @name in script_profile_names[], -1 when unknown. */
int script_profile_index(const char *name);

/** struct script_value - what a parameter is set to (script/param.h); NUL-terminated */
struct script_value {
	const char *name;
	const char *value;
};

/**
 * struct script - a parsed script
 * @file: name for messages, as given to the parser
 * @text: the whole source, with the values of its parameters in it
 * @ops: @nr_ops operations in source order
 * @names: @nr_names distinct names, NUL-terminated; names[0] is SCRIPT_MAIN
 * @params: @nr_params parameters with what they are set to; the value of one that is not set and
 *	not used is NULL
 * @name_memory: where the names are stored; the script room's own
 */
struct script {
	char *file;
	char *text;
	size_t text_len;
	struct script_op *ops;
	size_t nr_ops;
	size_t cap_ops;
	struct script_expect *expects;
	size_t nr_expects;
	size_t cap_expects;
	char **names;
	size_t nr_names;
	size_t cap_names;
	struct script_value *params;
	size_t nr_params;
	void *name_memory;
};

/** script_name() - the text of name index @name; "" for SCRIPT_NO_NAME. */
const char *script_name(const struct script *script, uint32_t name);

/**
 * script_parse() - parse @len bytes of @text.
 * @file: for messages: "FILE:LINE:COL: error: ..."
 * @diag: error and warning lines are appended here, at most 20 errors, each ended by a newline;
 *        warnings may come with success
 * @ret_script: the script, to be freed with script_free(); untouched on failure
 *
 * Return: 0; -EINVAL for a malformed script; -E2BIG over a stated limit; -ENOMEM.
 */
int script_parse(const char *file, const char *text, size_t len, struct strbuf *diag,
		 struct script **ret_script);

/**
 * script_load() - read and parse a file; "-" is standard input.
 * Return: as script_parse(), or the negative errno of open or read (with a line in @diag).
 */
int script_load(const char *path, struct strbuf *diag, struct script **ret_script);

/** script_free() - NULL is fine; returns NULL. */
struct script *script_free(struct script *script);

/** script_write() - the script as text that parses to the same operations and expectations. */
void script_write(const struct script *script, struct strbuf *out);

/** script_write_op() - one operation as one line of text without a newline. */
void script_write_op(const struct script *script, const struct script_op *op, struct strbuf *out);

/**
 * struct script_cursor - steps through a script with its loops unrolled
 *
 * Both executors walk a script with this, so that both run the same operations.
 */
#define SCRIPT_LOOP_DEPTH 8
struct script_cursor {
	const struct script *script;
	size_t next;
	unsigned int depth;
	uint64_t left[SCRIPT_LOOP_DEPTH];
};

/** script_cursor_init() - before the first operation of @script, which must outlive the cursor. */
void script_cursor_init(struct script_cursor *cursor, const struct script *script);

/** script_cursor_next() - the next operation to run, never OP_REPEAT or OP_END; NULL at the end. */
const struct script_op *script_cursor_next(struct script_cursor *cursor);

/** script_opcode_name() - "mprotect" for OP_MPROTECT. */
const char *script_opcode_name(enum script_opcode code);
/** script_advice_name() - "dontneed" for SCRIPT_MADV_DONTNEED. */
const char *script_advice_name(enum script_advice advice);
/** script_advice_number() - MADV_DONTNEED for SCRIPT_MADV_DONTNEED (include/uapi/asm-generic). */
int script_advice_number(enum script_advice advice);
/** script_advice_find() - SCRIPT_MADV_DONTNEED for MADV_DONTNEED; SCRIPT_MADV_NR when there is none. */
enum script_advice script_advice_find(uint64_t number);
/** script_mmu_name() - "tdp" for SCRIPT_MMU_TDP. */
const char *script_mmu_name(enum script_mmu mmu);

#endif /* SCRIPT_SCRIPT_H */
