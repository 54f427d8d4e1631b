// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of operations: one row each. The parser and the writer are driven by it. */
#include "script_internal.h"

/* clang-format off */
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
const char *const policy_words[] = { "default",    "bind",  "preferred",
				     "interleave", "local", NULL };
const char *const age_words[] = { "flush", "clear", "test", NULL };
const char *const uffd_words[] = { "register", "wp", "unwp", "unregister", NULL };
const char *const sysctl_words[] = { "thp", "shmem_thp", NULL };
const char *const thp_words[] = { "never", "madvise", "always", NULL };
const char *const compare_words[] = { "<", "<=", "==", "!=", ">=", ">", NULL };

#define FIELD(m) offsetof(struct script_op, m), sizeof(((struct script_op *)0)->m)
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
#define PROT OTHER(SHAPE_PROT, prot, "a protection (none r rw rx rwx)")
#define SLOT NUMBER(slot, 0x1ffff, "a slot number from 0 to 131071")
#define RANGE ADDR(addr, AN_ADDRESS), SIZE(len, A_LENGTH)

#define OPTIONS(...) ((const struct option[]){ __VA_ARGS__, { .word = NULL } })
#define FLAG(word, group, value) { word, OPTION_FLAG, group, 0, 0, value }
#define KIND(word, value) { word, OPTION_KIND, GROUP_KIND, 0, 0, value }
#define ACCESS(word, value) { word, OPTION_SET, GROUP_ACCESS, FIELD(access), value }
#define GPTE_ACCESSED                                                                    \
	FLAG("accessed", GROUP_ACCESSED, SCRIPT_GPTE_ACCESSED),                          \
		FLAG("dirty", GROUP_ACCESSED, SCRIPT_GPTE_ACCESSED | SCRIPT_GPTE_DIRTY)
#define GPTE_FLAGS FLAG("user", GROUP_USER, SCRIPT_GPTE_USER), GPTE_ACCESSED
#define TABLES { "tables=", OPTION_GPA, GROUP_TABLES, FIELD(len2), SCRIPT_GPTE_TABLES }
#define PAGE { "page=", OPTION_SIZE, GROUP_PAGE, FIELD(page_size), 0 }
#define PAGING(word, value) { word, OPTION_SET, GROUP_PAGING, FIELD(paging), value }
#define AN_L2GPA "an address of L2 such as 1M or 0x100000"
#define A_GVA "a guest-virtual address such as 2M or 0x200000"
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
	FLAG("fixed", GROUP_FIXED, SCRIPT_MAP_FIXED),
	FLAG("cached", GROUP_CACHED, SCRIPT_MAP_CACHED),
	{ "of=", OPTION_VIEW, GROUP_OF, FIELD(name2), SCRIPT_MAP_OF },
	{ "offset=", OPTION_SIZE, GROUP_OFFSET, FIELD(addr2), 0 },
	{ .word = NULL },
};

/* word, synopsis, arguments, options, check */
const struct op_row op_rows[OP_NR] = {
	[OP_MAP] = {
		"map",
		"map NAME ADDR LEN PROT KIND private|shared [noreserve] [huge|nohuge] "
		"[populate] [fixed] [of=NAME] [offset=SIZE]",
		ARGS(DECLARE(NAME_MAP, "a name for the map"), RANGE, PROT), map_options,
		check_map,
	},
	[OP_TOUCH] = {
		"touch", "touch ADDR LEN [r|w|x] [stride=SIZE]", ARGS(RANGE),
		OPTIONS(ACCESS("r", SCRIPT_ACCESS_R), ACCESS("w", SCRIPT_ACCESS_W),
			ACCESS("x", SCRIPT_ACCESS_X), STRIDE),
		check_touch,
	},
	[OP_MPROTECT] = {
		"mprotect", "mprotect ADDR LEN PROT", ARGS(RANGE, PROT), NULL,
		check_mprotect,
	},
	[OP_MUNMAP] = {
		"munmap", "munmap ADDR LEN", ARGS(RANGE), NULL, check_munmap,
	},
	[OP_MADVISE] = {
		"madvise", "madvise ADDR LEN ADVICE",
		ARGS(RANGE, WORD(advice, advice_words, "an advice")), NULL, check_madvise,
	},
	[OP_MREMAP] = {
		"mremap", "mremap OLD LEN NEWLEN [NEWADDR [dontunmap]]",
		ARGS(RANGE, SIZE(len2, "a new length such as 4K, 2M or 1G"),
		     OTHER(SHAPE_NEW_ADDR, addr2, "a new address (NAME, NAME+OFFSET or 0x...)")),
		OPTIONS(FLAG("dontunmap", 0, SCRIPT_MREMAP_DONTUNMAP)), check_mremap,
	},
	[OP_HEAP] = {
		"heap", "heap NAME ADDR",
		ARGS(DECLARE(NAME_HEAP, "a name for the heap"), ADDR(addr, AN_ADDRESS)),
		NULL,
		check_heap,
	},
	[OP_BRK] = {
		"brk", "brk ADDR", ARGS(ADDR(addr, AN_ADDRESS)), NULL, NULL,
	},
	[OP_MBIND] = {
		"mbind", "mbind ADDR LEN default|bind|preferred|interleave|local [NODES] "
		"[move] [strict]",
		ARGS(RANGE, WORD(policy, policy_words, "a memory policy")),
		OPTIONS({ "NODES", OPTION_NODES, GROUP_NODES, FIELD(nodes), 0 },
			FLAG("move", GROUP_MOVE, SCRIPT_MBIND_MOVE),
			FLAG("strict", GROUP_STRICT, SCRIPT_MBIND_STRICT)),
		check_mbind,
	},
	[OP_MOVE_PAGES] = {
		"move_pages", "move_pages ADDR LEN NODE",
		ARGS(RANGE, OTHER(SHAPE_NODE, nodes, "a NUMA node from 0 to 63")), NULL,
		check_move_pages,
	},
	[OP_FORK] = {
		"fork", "fork NAME", ARGS(DECLARE(NAME_PROCESS, "a name for the child")),
		NULL,
		check_fork,
	},
	[OP_SWITCH] = {
		"switch", "switch NAME", ARGS(REF(NAME_PROCESS, name, "a process")), NULL,
		check_switch,
	},
	[OP_EXIT] = {
		"exit", "exit NAME", ARGS(REF(NAME_PROCESS, name, "a process")), NULL,
		check_exit,
	},
	[OP_FORKWAIT] = {
		"forkwait", "forkwait", NO_ARGS, NULL, NULL,
	},
	[OP_EXEC] = {
		"exec", "exec", NO_ARGS, NULL, check_exec,
	},
	[OP_NUMA_HINT] = {
		"numa_hint", "numa_hint ADDR LEN", ARGS(RANGE), NULL, check_numa_hint,
	},
	[OP_PIN] = {
		"pin", "pin ADDR LEN", ARGS(RANGE), NULL, check_pin,
	},
	[OP_AGE] = {
		"age", "age ADDR LEN flush|clear|test",
		ARGS(RANGE, WORD(policy, age_words, "what to do")), NULL, check_age,
	},
	[OP_NUMA_SCAN] = {
		"numa_scan", "numa_scan N",
		ARGS(NUMBER(count, UINT32_MAX, "a number of steps")), NULL, NULL,
	},
	[OP_TRUNCATE] = {
		"truncate", "truncate NAME LEN",
		ARGS(REF(NAME_MAP, name2, "a map"), SIZE(len, A_LENGTH)), NULL, NULL,
	},
	[OP_UFFD] = {
		"uffd", "uffd register|wp|unwp|unregister ADDR LEN",
		ARGS(WORD(flags, uffd_words, "what to do"), RANGE), NULL, check_uffd,
	},
	[OP_CLEAR_REFS] = {
		"clear_refs", "clear_refs N",
		ARGS(NUMBER(count, UINT32_MAX, "a number as for /proc/PID/clear_refs")),
		NULL,
		NULL,
	},
	[OP_PAGEMAP_SCAN] = {
		"pagemap_scan", "pagemap_scan ADDR LEN [wp]", ARGS(RANGE),
		OPTIONS(FLAG("wp", 0, SCRIPT_SCAN_WP)), check_pagemap_scan,
	},
	[OP_KSM] = {
		"ksm", "ksm N", ARGS(NUMBER(count, UINT32_MAX, "a number of passes")),
		NULL, NULL,
	},
	[OP_SYSCTL] = {
		"sysctl", "sysctl thp|shmem_thp never|madvise|always",
		ARGS(WORD(sysctl, sysctl_words, "a setting"), WORD(count, thp_words, "a value")),
		NULL, NULL,
	},
	[OP_VM] = {
		"vm",
		"vm NAME tdp|direct|shadow|nested [manual_protect|initially_set] [no_tdp_mmu]",
		ARGS(DECLARE(NAME_VM, "a name for the VM"), WORD(mmu, mmu_words, "an MMU kind")),
		OPTIONS(FLAG("manual_protect", 0, SCRIPT_VM_MANUAL_PROTECT),
			FLAG("initially_set", 0, SCRIPT_VM_INITIALLY_SET),
			FLAG("no_tdp_mmu", 1, SCRIPT_VM_NO_TDP_MMU)), check_vm,
	},
	[OP_MEMSLOT] = {
		"memslot",
		"memslot VM ID gpa=GPA ADDR LEN [readonly] [dirty_log], or memslot VM ID delete",
		ARGS(REF(NAME_VM, name2, "a VM"), SLOT,
		     OTHER(SHAPE_SLOT_GPA, addr2, "gpa=GPA or 'delete'"), RANGE),
		OPTIONS(FLAG("readonly", 0, SCRIPT_MEMSLOT_READONLY),
			FLAG("dirty_log", 1, SCRIPT_MEMSLOT_DIRTY_LOG)), check_memslot,
	},
	[OP_DIRTY_LOG] = {
		"dirty_log", "dirty_log VM ID", ARGS(REF(NAME_VM, name2, "a VM"), SLOT), NULL, NULL,
	},
	[OP_CLEAR_DIRTY_LOG] = {
		"clear_dirty_log", "clear_dirty_log VM ID OFFSET LEN",
		ARGS(REF(NAME_VM, name2, "a VM"), SLOT,
		     OTHER(SHAPE_GPA, addr2, "an offset in the slot such as 0 or 256K"),
		     SIZE(len, A_LENGTH)), NULL, NULL,
	},
	[OP_GUEST] = {
		"guest", "guest VM r|w|x GPA|gva=GVA|l2=L2GPA LEN [stride=SIZE]",
		ARGS(REF(NAME_VM, name2, "a VM"), WORD(access, access_words, "an access"),
		     OTHER(SHAPE_ACCESSED, addr2, A_GPA), SIZE(len, A_LENGTH)),
		OPTIONS(STRIDE), check_guest,
	},
	[OP_GUEST_MAP] = {
		"guest_map",
		"guest_map VM GVA GPA LEN RIGHTS tables=GPA [page=4K|2M|4M|1G] [user] "
		"[accessed|dirty] [same] [la57|pae|2level]",
		ARGS(REF(NAME_VM, name2, "a VM"), OTHER(SHAPE_GPA, addr, A_GVA),
		     OTHER(SHAPE_GPA, addr2, A_GPA), SIZE(len, A_LENGTH), PROT),
		OPTIONS(TABLES, PAGE, GPTE_FLAGS, FLAG("same", GROUP_SAME, SCRIPT_GPTE_SAME),
			PAGING("la57", SCRIPT_PAGING_LA57),
			PAGING("pae", SCRIPT_PAGING_PAE), PAGING("2level", SCRIPT_PAGING_32)),
		check_guest_map,
	},
	[OP_GUEST_REMAP] = {
		"guest_remap",
		"guest_remap VM GVA GPA RIGHTS tables=GPA via=GVA [page=4K|2M|4M|1G] [user] "
		"[accessed|dirty]",
		ARGS(REF(NAME_VM, name2, "a VM"), OTHER(SHAPE_GPA, addr, A_GVA),
		     OTHER(SHAPE_GPA, addr2, A_GPA), PROT),
		OPTIONS(TABLES, { "via=", OPTION_GPA, GROUP_VIA, FIELD(count), SCRIPT_GPTE_VIA },
			PAGE, GPTE_FLAGS),
		check_guest_remap,
	},
	[OP_CR3] = {
		"cr3", "cr3 VM GPA",
		ARGS(REF(NAME_VM, name2, "a VM"), OTHER(SHAPE_GPA, addr2, A_GPA)), NULL, check_cr3,
	},
	[OP_INVLPG] = {
		"invlpg", "invlpg VM GVA",
		ARGS(REF(NAME_VM, name2, "a VM"), OTHER(SHAPE_GPA, addr, A_GVA)), NULL, NULL,
	},
	[OP_L2_MAP] = {
		"l2_map",
		"l2_map VM L2GPA GPA LEN RIGHTS tables=GPA [page=4K|2M|1G] [accessed|dirty] [same]",
		ARGS(REF(NAME_VM, name2, "a VM"), OTHER(SHAPE_GPA, addr, AN_L2GPA),
		     OTHER(SHAPE_GPA, addr2, A_GPA), SIZE(len, A_LENGTH), PROT),
		OPTIONS(TABLES, PAGE, GPTE_ACCESSED,
			FLAG("same", GROUP_SAME, SCRIPT_GPTE_SAME)), check_l2_map,
	},
	[OP_L2_REMAP] = {
		"l2_remap",
		"l2_remap VM L2GPA GPA RIGHTS tables=GPA [page=4K|2M|1G] [accessed|dirty]",
		ARGS(REF(NAME_VM, name2, "a VM"), OTHER(SHAPE_GPA, addr, AN_L2GPA),
		     OTHER(SHAPE_GPA, addr2, A_GPA), PROT),
		OPTIONS(TABLES, PAGE, GPTE_ACCESSED), check_l2_remap,
	},
	[OP_VMRUN] = {
		"vmrun", "vmrun VM [tables=GPA]", ARGS(REF(NAME_VM, name2, "a VM")),
		OPTIONS(TABLES), check_vmrun,
	},
	[OP_DEVICE] = {
		"device", "device NAME ADDR LEN",
		ARGS(DECLARE(NAME_DEVICE, "a name for the device"), RANGE), NULL,
		check_device,
	},
	[OP_REPEAT] = {
		"repeat", "repeat N",
		ARGS(OTHER(SHAPE_COUNT, count, "a number of rounds, at least 1")), NULL,
		check_repeat,
	},
	[OP_END] = {
		"end", "end", NO_ARGS, NULL, check_end,
	},
	[OP_ASSERT] = {
		"assert", "assert [PROFILE...] COUNTER <|<=|==|!=|>=|> NUMBER",
		ARGS(OTHER(SHAPE_COUNTER, name2, "a counter"),
		     WORD(compare, compare_words, "a comparison"),
		     NUMBER(count, UINT64_MAX, "a number")),
		NULL, NULL,
	},
};
/* clang-format on */

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
