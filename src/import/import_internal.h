/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the importers share: the recorded processes' layouts, and the operations on them.
 *
 * An importer reads calls and hands them to the op_*() functions with the results the recording
 * shows; those keep the layout and write the script.
 */
#ifndef IMPORT_IMPORT_INTERNAL_H
#define IMPORT_IMPORT_INTERNAL_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <import/import.h>

#include "input_internal.h"

#define PAGE 4096ULL
/* User addresses end here with five page-table levels. */
#define ADDR_END (1ULL << 56)

enum { PROT_BIT_R = 1, PROT_BIT_W = 2, PROT_BIT_X = 4 }; /* the numbers of PROT_* */

enum map_kind { KIND_ANON, KIND_SHMEM, KIND_FILE, KIND_HUGE_2M, KIND_HUGE_1G };

/* How the script calls a map; the number follows, except behind the first heap and ram. */
enum map_name { NAME_NONE, NAME_MAP, NAME_IMPLIED, NAME_HEAP, NAME_RAM, NAME_NR };

/**
 * struct vma - a stretch of one map with one protection
 * @base: the address that its name stands for
 */
struct vma {
	RB_ENTRY(vma) node;
	uint64_t start;
	uint64_t end;
	uint64_t base;
	uint32_t number;
	uint8_t name;
	uint8_t prot;
	uint8_t kind;
	bool shared;
};

RB_HEAD(vma_tree, vma);
RB_PROTOTYPE(vma_tree, vma, node, vma_compare)

struct slot {
	SLIST_ENTRY(slot) list;
	uint32_t id;
	uint64_t gpa;
	uint64_t size;
};

struct vm {
	SLIST_ENTRY(vm) list;
	int fd;
	uint32_t number;
	SLIST_HEAD(, slot) slots;
};

/* Whether the script has a process for an address space, and shows what it does. */
enum mm_state {
	MM_SHOWN,
	MM_MUTED, /* it has one, forked and at last gone, and does nothing in between */
	MM_ABSENT,
};

/**
 * struct mm - an address space, shared by threads
 * @number: of the script's process; 0 is the one it starts in
 * @brk_start: 0 while the heap's start is unknown
 */
struct mm {
	LIST_ENTRY(mm) list;
	struct vma_tree tree;
	SLIST_HEAD(, vm) vms;
	enum mm_state state;
	uint32_t number;
	unsigned int users;
	uint64_t brk_start;
	uint64_t brk;
	uint32_t heap_number;
};

/**
 * struct task - a thread of the recording
 * @stash: the text of a call that was begun, NULL for none; @stash_line: where
 * @in_call: a call was begun (its text may be of no interest)
 * @args, @nr: the call begun, of an ftrace recording
 * @forking: it is inside fork, vfork or clone, with these CLONE_ flags
 * @forked: the child of that call that has already been seen at work
 */
struct task {
	LIST_ENTRY(task) list;
	uint32_t pid;
	uint32_t tgid;
	struct mm *mm;
	char *stash;
	size_t stash_len;
	size_t stash_cap;
	uint64_t stash_line;
	uint64_t args[6];
	const struct call *nr;
	bool in_call;
	bool forking;
	uint64_t fork_flags;
	uint64_t fork_order;
	uint32_t forked;
};

#define TASK_BUCKETS 1024

/* Pages recently written into the script, so that a busy address is touched once. */
#define TOUCH_CACHE 4096

/* Page faults waiting to be joined. */
struct run {
	struct mm *mm;
	uint64_t start;
	uint64_t last;
	uint64_t step;
	uint64_t count;
	bool write;
	uint64_t line;
	uint64_t time;
};

struct import {
	struct import_options options;
	struct import_sink sink;
	struct import_report *report;
	struct input input;
	char *out;
	size_t out_len;
	int error; /* the first failure of the sink */
	const char *tool;
	uint64_t line;
	uint64_t time; /* ns since the first time stamp */
	uint64_t first_time;
	bool timed;
	uint64_t relative; /* sum of differences, with strace -r */
	uint64_t understood; /* lines that were */
	LIST_HEAD(, mm) mms;
	LIST_HEAD(, task) tasks[TASK_BUCKETS];
	struct task *recent;
	struct task *first_task;
	struct mm *current; /* the mm of the process the script is in */
	bool blank; /* an empty process exists to fork new programs from */
	uint32_t next_process;
	uint32_t next_name[NAME_NR];
	uint32_t next_vm;
	uint64_t fork_order;
	unsigned int forking; /* tasks inside a fork */
	unsigned int nr_tasks;
	bool strangers; /* unknown threads are programs of their own, not of the first */
	struct task *interrupted; /* strace wrote a message into the middle of its call */
	uint16_t call_slots[2 * IMPORT_MAX_CALLS];
	uint64_t touched[TOUCH_CACHE];
	uint64_t resident_start; /* the map that smaps is about to describe */
	uint64_t resident_end;
	struct run run;
};

/* -- import: calls.c ------------------------------------------------------------------------ */

/* The calls that mean something; CALL_OTHER_MEMORY can change an address space all the same. */
enum call_id {
	CALL_NONE,
	CALL_OTHER_MEMORY,
	CALL_MMAP,
	CALL_MUNMAP,
	CALL_MPROTECT,
	CALL_MADVISE,
	CALL_MREMAP,
	CALL_BRK,
	CALL_MBIND,
	CALL_FORK,
	CALL_VFORK,
	CALL_CLONE,
	CALL_CLONE3,
	CALL_EXEC,
	CALL_EXIT,
	CALL_EXIT_GROUP,
	CALL_IOCTL,
};

/**
 * struct call - a system call known by name
 * @number: on x86-64; -1 for none
 */
struct call {
	const char *name;
	enum call_id id;
	int number;
};

/** call_find() - the call called @name; NULL when it has nothing to do with memory. */
const struct call *call_find(const char *name, size_t len);
/** call_by_number() - the same by its x86-64 number. */
const struct call *call_by_number(uint64_t number);

/** count_call() - count a name; the returned record may be the common one, "(other)". */
struct import_call *count_call(struct import *im, const char *name, size_t len);

/** count_bad() - a line that could not be read. */
void count_bad(struct import *im, const char *s, size_t len);

/* -- output.c: text to the sink; failures are kept in im->error ------------------------------ */

void out_bytes(struct import *im, const char *s, size_t len);
void out_str(struct import *im, const char *s);
void out_dec(struct import *im, uint64_t value);
void out_hex(struct import *im, uint64_t value);
/** out_size() - as strbuf_addsize(). */
void out_size(struct import *im, uint64_t bytes);
/** out_addr() - NAME, NAME+OFFSET or hex. */
void out_addr(struct import *im, struct mm *mm, uint64_t addr);
void out_vma_name(struct import *im, const struct vma *vma);
/** out_prot() - "none", "r", "rw", "rx" or "rwx"; a mapping that can be written can be read. */
void out_prot(struct import *im, unsigned int prot);
/** out_text() - foreign text inside a comment: printable, one line, at most @max bytes. */
void out_text(struct import *im, const char *s, size_t len, size_t max);
/** out_end() - the "# line N" comment and the newline; counts an operation. */
void out_end(struct import *im);
/** out_note() - like out_end(), with a reason in the comment. */
void out_note(struct import *im, const char *note);
int out_flush(struct import *im);

/* -- layout.c: the maps of an address space --------------------------------------------------- */

/** vma_find() - the first vma that ends above @addr; NULL if none. */
struct vma *vma_find(struct mm *mm, uint64_t addr);
struct vma *vma_next(struct vma *vma);
/** vma_insert() - a copy of @like as [@like->start, @like->end), which must be free. */
int vma_insert(struct mm *mm, const struct vma *like);
/** vma_split() - make @addr a boundary. */
int vma_split(struct mm *mm, uint64_t addr);
/** vma_remove() - nothing is mapped in [@start, @end) any more. */
int vma_remove(struct mm *mm, uint64_t start, uint64_t end);
/** vma_protect() - all that is mapped in [@start, @end) gets @prot; neighbours alike are joined. */
int vma_protect(struct mm *mm, uint64_t start, uint64_t end, unsigned int prot);
int vma_copy_all(struct mm *to, struct mm *from);
void vma_remove_all(struct mm *mm);

/* -- process.c: threads and address spaces ----------------------------------------------------- */

struct mm *mm_new(struct import *im);
void mm_put(struct import *im, struct mm *mm);

/** task_get() - the thread @pid, made up if the recording has not shown its start; NULL: ENOMEM. */
struct task *task_get(struct import *im, uint32_t pid);
/** task_find() - the thread @pid, NULL if unknown. */
struct task *task_find(struct import *im, uint32_t pid);
/** task_name() - the thread seen without a number so far is @pid; NULL if there is none. */
struct task *task_name(struct import *im, uint32_t pid);
/** task_is_shown() - the options ask for this thread. */
bool task_is_shown(const struct import *im, const struct task *task);

/** fork_begins() - @task is inside a call that makes a thread or process. */
void fork_begins(struct import *im, struct task *task, uint64_t clone_flags);
/** fork_ends() - the call is over; @child is 0 when it failed. */
int fork_ends(struct import *im, struct task *task, uint32_t child);
/** fork_child() - inside the call, the new thread is known. */
int fork_child(struct import *im, struct task *task, uint32_t child);
/** task_join() - make @pid a thread of @tgid, if that is known. */
int task_join(struct import *im, uint32_t pid, uint32_t tgid);
int task_exec(struct import *im, struct task *task);
/** task_exit() - one thread, or with @group its whole process, is gone. */
void task_exit(struct import *im, struct task *task, bool group);

/** go_to() - make the script's current process that of @mm; false when it is not shown. */
bool go_to(struct import *im, struct mm *mm);
/** maybe_blank() - write "fork blank" while the script's process is still empty. */
void maybe_blank(struct import *im);
void processes_release(struct import *im);

/* -- ops.c: calls that had the given result ----------------------------------------------------- */

#define MAP_BIT_SHARED 0x01
#define MAP_BIT_ANON 0x20
#define MAP_BIT_NORESERVE 0x4000
#define MAP_BIT_POPULATE 0x8000
#define MAP_BIT_HUGETLB 0x40000
#define MAP_HUGE_SHIFT_BITS 26

/** op_mmap() - @kind overrides nothing: it is what @flags and the file said, see map_kind_of(). */
int op_mmap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len, unsigned int prot,
	    uint64_t flags, enum map_kind kind);
/** map_kind_of() - from MAP_* flags and the path behind the descriptor ("" when not shown). */
enum map_kind map_kind_of(uint64_t flags, const char *path, size_t len);
int op_munmap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len);
/** op_mprotect() - @enomem: it failed with ENOMEM, having changed the first part */
int op_mprotect(struct import *im, struct mm *mm, uint64_t addr, uint64_t len, unsigned int prot,
		bool enomem);
int op_madvise(struct import *im, struct mm *mm, uint64_t addr, uint64_t len, const char *advice,
	       bool enomem);
int op_mremap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len, uint64_t new_len,
	      uint64_t new_addr, bool dontunmap);
/** op_brk() - the break is @brk after the call. */
int op_brk(struct import *im, struct mm *mm, uint64_t brk);
int op_mbind(struct import *im, struct mm *mm, uint64_t addr, uint64_t len, const char *policy,
	     uint64_t nodes, uint64_t flags);
/** op_heap() - the heap starts, empty, at @start. */
void op_heap(struct import *im, struct mm *mm, uint64_t start);
void out_brk(struct import *im, struct mm *mm, uint64_t brk);
/** op_imply() - write maps for what is not mapped in [@addr, @end). */
int op_imply(struct import *im, struct mm *mm, uint64_t addr, uint64_t end);
/** range_ok() - a sensible user range; counts it as outside if not. */
bool range_ok(struct import *im, uint64_t addr, uint64_t len);

/* -- vm.c ----------------------------------------------------------------------------------------- */

int op_vm_create(struct import *im, struct mm *mm, int fd);
int op_memslot(struct import *im, struct mm *mm, int fd, uint32_t id, uint64_t gpa, uint64_t size,
	       uint64_t hva, bool readonly);
void vms_release(struct mm *mm);

/* -- touch.c ----------------------------------------------------------------------------------------- */

/** touch_range() - pages that became accessible, with IMPORT_TOUCH_ALL. */
void touch_range(struct import *im, struct mm *mm, uint64_t start, uint64_t end, bool write);
/** touch_pointer() - the kernel used @len bytes at @addr, with IMPORT_TOUCH_WRITTEN. */
void touch_pointer(struct import *im, struct mm *mm, uint64_t addr, uint64_t len);
/** touch_resident() - @len bytes at @start are known to be populated. */
void touch_resident(struct import *im, struct mm *mm, uint64_t start, uint64_t len);
/** touch_forget() - pages may have to be touched again. */
void touch_forget(struct import *im);
/** touch_fault() - a page fault of the recording, joined with its neighbours. */
void touch_fault(struct import *im, struct mm *mm, uint64_t addr, bool write);
/** touch_flush() - write the faults that wait. */
void touch_flush(struct import *im);

/* -- flags.c: numbers and names of the kernel's interface ---------------------------------------------- */

bool parse_number(const char *s, size_t len, uint64_t *ret_value);
/** parse_hex() - hexadecimal with or without 0x. */
bool parse_hex(const char *s, size_t len, uint64_t *ret_value);
bool parse_prot(const char *s, size_t len, uint64_t *ret_prot);
bool parse_map_flags(const char *s, size_t len, uint64_t *ret_flags);
bool parse_mremap_flags(const char *s, size_t len, uint64_t *ret_flags);
bool parse_clone_flags(const char *s, size_t len, uint64_t *ret_flags);
bool parse_advice(const char *s, size_t len, uint64_t *ret_advice);
bool parse_policy(const char *s, size_t len, uint64_t *ret_policy);
bool parse_mbind_flags(const char *s, size_t len, uint64_t *ret_flags);
/** advice_name() - the script's word for a MADV_ number; NULL when it has none. */
const char *advice_name(uint64_t advice);
/** policy_name() - the script's word for an MPOL_ number; NULL when it has none. */
const char *policy_name(uint64_t policy);

#define CLONE_BIT_VM 0x100
#define CLONE_BIT_VFORK 0x4000
#define CLONE_BIT_THREAD 0x10000
#define MREMAP_BIT_DONTUNMAP 4
#define MBIND_BIT_STRICT 1
#define MBIND_BITS_MOVE 6

/* -- tokens.c: the text of one call ------------------------------------------------------------------------ */

struct token {
	const char *s;
	size_t len;
};

#define MAX_ARGS 8

/**
 * struct call_text - "name(arg, arg) = result", cut into pieces
 * @nr: arguments (more than MAX_ARGS are counted but not kept)
 * @result: the number or "?" without annotation, @error: "ENOMEM", empty for none
 */
struct call_text {
	unsigned int nr;
	struct token args[MAX_ARGS];
	struct token result;
	struct token error;
};

/**
 * split_call() - cut what follows the opening parenthesis.
 * Return: false when the text breaks off.
 */
bool split_call(const char *s, size_t len, struct call_text *ret_call);
/** member() - the value of "name=value" inside a "{...}" token or a bare argument. */
bool member(const struct token *token, const char *name, struct token *ret_value);
bool token_is(const struct token *token, const char *s);
/** fd_path() - the path of "3</path>" (empty when there is none); @ret_fd: the number. */
struct token fd_path(const struct token *token, int *ret_fd);

/* -- strace_calls.c -------------------------------------------------------------------------------------------- */

bool is_fork(const struct call *call);
/** strace_call() - a finished call. Return: 1 used, 0 not, or a negative errno. */
int strace_call(struct import *im, struct task *task, const struct call *call,
		const struct call_text *text, struct import_call *count);
/**
 * strace_begun() - a call that was begun, as far as that means something before its end.
 * Return: 1 when it is done with, 0 when its end matters, or a negative errno.
 */
int strace_begun(struct import *im, struct task *task, const struct call *call, const char *args,
		 size_t len);

/* -- ftrace_line.c ------------------------------------------------------------------------------------------------ */

enum ftrace_kind { FTRACE_EVENT, FTRACE_ENTER, FTRACE_EXIT };

/**
 * struct ftrace_line - one line of tracefs, trace-cmd report or perf script text
 * @tgid: 0 when not shown
 * @time: in ns
 * @kind: FTRACE_ENTER and FTRACE_EXIT: a system call, and @name is its name; else the event's name
 *        without its system
 * @raw: the call's number came instead of its name (raw_syscalls)
 * @fields: what follows
 */
struct ftrace_line {
	struct token comm;
	uint32_t pid;
	uint32_t tgid;
	uint64_t time;
	enum ftrace_kind kind;
	bool raw;
	struct token name;
	struct token fields;
};

/** ftrace_split() - false when this is no event. */
bool ftrace_split(const char *s, size_t len, struct ftrace_line *ret_line);
/** ftrace_field() - the number behind "name=" or "name: " in base @base. */
bool ftrace_field(const struct token *fields, const char *name, unsigned int base,
		  uint64_t *ret_value);
/** ftrace_args() - up to six hexadecimal values of "a: 1, b: 2" or "(1, 2)"; how many. */
unsigned int ftrace_args(const struct token *fields, uint64_t args[6]);

/* -- summary.c ------------------------------------------------------------------------------------------------------ */

void write_header(struct import *im, const char *assumption);
void write_summary(struct import *im);
/** fail() - remember the line and the reason of an error. Return: -EINVAL. */
int fail(struct import *im, const char *reason);

/** import_begin() and import_end() - everything around an importer's own loop. */
int import_begin(struct import **ret_im, const struct import_options *options,
		 const struct import_source *source, const struct import_sink *sink,
		 struct import_report *report, const char *tool);
int import_end(struct import *im, int err);
/** import_lines() - call @one per line until it fails or the recording ends. */
int import_lines(struct import *im, int (*one)(struct import *im, const struct line *line));
/** import_time() - set im->time from an absolute time stamp in ns. */
void import_time(struct import *im, uint64_t time);

#endif /* IMPORT_IMPORT_INTERNAL_H */
