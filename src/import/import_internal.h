/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the importers share: the recorded processes' layouts, and the operations on them.
 *
 * An importer reads calls and hands them to the op_*() functions with the results the
 * recording shows; those keep the layout and write the script.
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

/*
 * How the script calls a map; the number follows, except behind the first heap and ram.
 */
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

RB_HEAD(imp_vma_tree, vma);
RB_PROTOTYPE(imp_vma_tree, vma, node, vma_compare)

struct slot {
	SLIST_ENTRY(slot) list;
	uint32_t id;
	uint64_t gpa;
	uint64_t size;
	bool readonly;
	bool used; /* by the guest, since KVM last dropped its tables */
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
 * @probed: the recorder made a VM in it
 * @guessed: what can be guessed of its VM was
 * @brk_start: 0 while the heap's start is unknown
 */
struct mm {
	LIST_ENTRY(mm) list;
	struct imp_vma_tree tree;
	SLIST_HEAD(, vm) vms;
	enum mm_state state;
	uint32_t number;
	bool probed;
	bool guessed;
	unsigned int users;
	uint64_t brk_start;
	uint64_t brk;
	uint32_t heap_number;
};

/**
 * struct task - a thread of the recording
 * @stash: the text of a call that was begun, NULL for none; @stash_line: where
 * @heard: there was an event of it
 * @in_call: a call was begun (its text may be of no interest)
 * @probed: its calls are the recorder's, made through ptrace
 * @args, @nr: the call begun, of an ftrace recording
 * @forking: it is inside fork, vfork or clone, with these CLONE_ flags
 * @forked: the child of that call that has already been seen at work
 * @notified, @times: the range that KVM reported last, and how often; 0 times when something else
 *   has happened since
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
	bool heard;
	bool in_call;
	bool probed;
	bool forking;
	uint64_t fork_flags;
	uint64_t fork_order;
	uint32_t forked;
	uint64_t notified[2];
	unsigned int times;
};

#define TASK_BUCKETS 1024

/* Pages recently written into the script, so that a busy address is touched once. */
#define TOUCH_CACHE 4096

/* Shared objects recently mapped, so that a second view of one is written as such. */
#define OBJECT_CACHE 256
struct object {
	uint64_t key;
	uint32_t number;
	uint8_t name;
};

/*
 * struct run - page faults waiting to be joined
 * @guest: 0; or they are accesses of a guest, and this is 1 above the VM's number
 * @start, @last: first and last page, virtual or guest-physical
 */
struct run {
	struct mm *mm;
	uint32_t guest;
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
	uint64_t relative;   /* sum of differences, with strace -r */
	uint64_t understood; /* lines that were */
	LIST_HEAD(, mm) mms;
	LIST_HEAD(, task) tasks[TASK_BUCKETS];
	struct task *recent;
	struct task *first_task;
	struct mm *current; /* the mm of the process the script is in */
	struct mm *main;    /* that of the process it starts in, NULL when gone */
	bool blank;         /* an empty process exists to fork new programs from */
	uint32_t next_process;
	uint32_t next_name[NAME_NR];
	uint32_t next_vm;
	uint64_t fork_order;
	unsigned int forking; /* tasks inside a fork */
	unsigned int nr_tasks;
	bool cached;	/* the recorded files were in the page cache */
	bool ended;	/* what a recorder writes last was seen */
	bool recorded;	/* by our recorder, which writes that */
	bool strangers; /* unknown threads are programs of their own, not of the first */
	struct task *interrupted; /* strace wrote a message into the middle of its call */
	uint16_t call_slots[2 * IMPORT_MAX_CALLS];
	struct {
		uint64_t key;
		uint64_t epoch;
	} touched[TOUCH_CACHE];
	uint64_t touch_epoch;    /* what was touched in an earlier one does not count */
	uint64_t resident_start; /* the map that smaps is about to describe */
	uint64_t resident_end;
	struct mm *idle_guests; /* has VMs with slots that are not in use yet */
	struct object objects[OBJECT_CACHE];
	struct run run;
};

/* -- calls.c -- */

/*
 * The calls that mean something; CALL_OTHER_MEMORY can change an address space all the
 * same.
 */
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

/**
 * imp_call_find() - the call called @name; NULL when it has nothing to do with memory.
 */
const struct call *imp_call_find(const char *name, size_t len);
/** imp_call_by_number() - the same by its x86-64 number. */
const struct call *imp_call_by_number(uint64_t number);

/** imp_hash() - of a name or path. */
uint32_t imp_hash(const char *s, size_t len);

/**
 * imp_count_call() - count a name; the returned record may be the common one, "(other)".
 */
struct import_call *imp_count_call(struct import *im, const char *name, size_t len);

/* -- marks.c, proc.c -- */

/**
 * imp_mark() - what a recorder says, without "mmuscope: " or "# ".
 * Return: 0; -ENOMSG for something else; -EBADMSG for nonsense; -ENOMEM.
 */
int imp_mark(struct import *im, const char *s, size_t len);
/** imp_proc_map() - a line of /proc/PID/maps as a map of @task. Return: as imp_mark(). */
int imp_proc_map(struct import *im, struct task *task, const char *s, size_t len);

/** imp_count_bad() - a line that could not be read. */
void imp_count_bad(struct import *im, const char *s, size_t len);

/* -- output.c: text to the sink; failures are kept in im->error -- */

void imp_out_bytes(struct import *im, const char *s, size_t len);
void imp_out_str(struct import *im, const char *s);
void imp_out_dec(struct import *im, uint64_t value);
void imp_out_hex(struct import *im, uint64_t value);
/** imp_out_size() - as strbuf_addsize(). */
void imp_out_size(struct import *im, uint64_t bytes);
/** imp_out_addr() - NAME, NAME+OFFSET or hex. */
void imp_out_addr(struct import *im, struct mm *mm, uint64_t addr);
void imp_out_vma_name(struct import *im, const struct vma *vma);
/** imp_out_prot() - "none", "r", "rw", "rx" or "rwx"; what can be written can be read. */
void imp_out_prot(struct import *im, unsigned int prot);
/**
 * imp_out_text() - foreign text inside a comment: printable, one line, at most @max
 * bytes.
 */
void imp_out_text(struct import *im, const char *s, size_t len, size_t max);
/** imp_out_end() - the "# line N" comment and the newline; counts an operation. */
void imp_out_end(struct import *im);
/** imp_out_note() - like imp_out_end(), with a reason in the comment. */
void imp_out_note(struct import *im, const char *note);
int imp_out_flush(struct import *im);

/* -- layout.c: the maps of an address space -- */

/** imp_vma_find() - the first vma that ends above @addr; NULL if none. */
struct vma *imp_vma_find(struct mm *mm, uint64_t addr);
struct vma *imp_vma_next(struct vma *vma);
/**
 * imp_vma_insert() - a copy of @like as [@like->start, @like->end), which must be free.
 */
int imp_vma_insert(struct mm *mm, const struct vma *like);
/** imp_vma_split() - make @addr a boundary. */
int imp_vma_split(struct mm *mm, uint64_t addr);
/** imp_vma_remove() - nothing is mapped in [@start, @end) any more. */
int imp_vma_remove(struct mm *mm, uint64_t start, uint64_t end);
/**
 * imp_vma_protect() - all mapped in [@start, @end) gets @prot; neighbours alike are
 * joined.
 */
int imp_vma_protect(struct mm *mm, uint64_t start, uint64_t end, unsigned int prot);
int imp_vma_copy_all(struct mm *to, struct mm *from);
void imp_vma_remove_all(struct mm *mm);

/* -- process.c: threads and address spaces -- */

struct mm *imp_mm_new(struct import *im);
void imp_mm_put(struct import *im, struct mm *mm);

/** imp_task_get() - the thread @pid, made up if its start was not shown; NULL: ENOMEM. */
struct task *imp_task_get(struct import *im, uint32_t pid);
/** imp_task_find() - the thread @pid, NULL if unknown. */
struct task *imp_task_find(struct import *im, uint32_t pid);
/**
 * imp_task_name() - the thread seen without a number so far is @pid; NULL if there is
 * none.
 */
struct task *imp_task_name(struct import *im, uint32_t pid);
/**
 * imp_task_supersede() - thread @pid runs a new program and takes @leader's number and
 * place.
 */
void imp_task_supersede(struct import *im, struct task *leader, uint32_t pid);
/** imp_task_is_shown() - the options ask for this thread. */
bool imp_task_is_shown(const struct import *im, const struct task *task);

/** imp_fork_begins() - @task is inside a call that makes a thread or process. */
void imp_fork_begins(struct import *im, struct task *task, uint64_t clone_flags);
/** imp_fork_ends() - the call is over; @child is 0 when it failed. */
int imp_fork_ends(struct import *im, struct task *task, uint32_t child);
/** imp_fork_child() - inside the call, the new thread is known. */
int imp_fork_child(struct import *im, struct task *task, uint32_t child);
/** imp_task_join() - make @pid a thread of @tgid, if that is known. */
int imp_task_join(struct import *im, uint32_t pid, uint32_t tgid);
int imp_task_exec(struct import *im, struct task *task);
/** imp_task_exit() - one thread, or with @group its whole process, is gone. */
void imp_task_exit(struct import *im, struct task *task, bool group);

/**
 * imp_go_to() - make the script's current process that of @mm; false when it is not
 * shown.
 */
bool imp_go_to(struct import *im, struct mm *mm);
/** imp_maybe_blank() - write "fork blank" while the script's process is still empty. */
void imp_maybe_blank(struct import *im);
void imp_processes_release(struct import *im);

/* -- ops.c: calls that had the given result -- */

#define MAP_BIT_SHARED 0x01
#define MAP_BIT_ANON 0x20
#define MAP_BIT_NORESERVE 0x4000
#define MAP_BIT_POPULATE 0x8000
#define MAP_BIT_HUGETLB 0x40000
#define MAP_HUGE_SHIFT_BITS 26

/**
 * struct map_call - what an mmap did
 * @object: tells the mapped object from others; 0 when the recording does not
 * @offset: in the object, bytes
 */
struct map_call {
	uint64_t addr;
	uint64_t len;
	unsigned int prot;
	uint64_t flags;
	enum map_kind kind;
	uint64_t object;
	uint64_t offset;
};

int imp_op_mmap(struct import *im, struct mm *mm, const struct map_call *call);
/**
 * imp_map_kind_of() - from MAP_* flags and the path behind the descriptor ("" when not
 * shown).
 */
enum map_kind imp_map_kind_of(uint64_t flags, const char *path, size_t len);
int imp_op_munmap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len);
/** imp_op_mprotect() - @enomem: it failed with ENOMEM, having changed the first part */
int imp_op_mprotect(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		    unsigned int prot, bool enomem);
int imp_op_madvise(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		   const char *advice, bool enomem);
int imp_op_mremap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		  uint64_t new_len, uint64_t new_addr, bool dontunmap);
/** imp_op_brk() - the break is @brk after the call. */
int imp_op_brk(struct import *im, struct mm *mm, uint64_t brk);
int imp_op_mbind(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		 const char *policy, uint64_t nodes, uint64_t flags);
/** imp_op_heap() - the heap starts, empty, at @start. */
void imp_op_heap(struct import *im, struct mm *mm, uint64_t start);
void imp_out_brk(struct import *im, struct mm *mm, uint64_t brk);
/** imp_op_imply() - write maps for what is not mapped in [@addr, @end). */
int imp_op_imply(struct import *im, struct mm *mm, uint64_t addr, uint64_t end);
/** imp_range_ok() - a sensible user range; counts it as outside if not. */
bool imp_range_ok(struct import *im, uint64_t addr, uint64_t len);

/* -- vm.c -- */

int imp_op_vm_create(struct import *im, struct mm *mm, int fd);
int imp_op_memslot(struct import *im, struct mm *mm, int fd, uint32_t id, uint64_t gpa,
		   uint64_t size, uint64_t hva, bool readonly);
/**
 * imp_guess_vm() - a VM whose memslots are not known: its memory is taken to be the largest writable
 * map of 16M and more, laid out as QEMU's q35 machine does: from 2.75G on, 2G of it below the 4G
 * border and the rest from there on. The script says that this is a guess. Return: 0 or -ENOMEM.
 */
int imp_guess_vm(struct import *im, struct mm *mm);
/**
 * imp_guess_slots() - the same for a VM that is known, when a memslot is set in a way that the
 * recording does not show. Once, with the maps of then. Return: as imp_op_memslot().
 */
int imp_guess_slots(struct import *im, struct mm *mm, int fd);
/**
 * imp_guest_slot() - the memory slot at guest-physical @gpa, of any VM of @mm; where none is known
 * they are guessed, once.
 * @ret_slot: NULL when there is none; @ret_vm: the VM's number
 * Return: 0, or a negative errno of guessing.
 */
int imp_guest_slot(struct import *im, struct mm *mm, uint64_t gpa, const struct slot **ret_slot,
		   uint32_t *ret_vm);
/** imp_guests_flush() - after a round of changes guests use their memslots again. */
void imp_guests_flush(struct import *im);
void imp_vms_release(struct import *im, struct mm *mm);

/* -- touch.c -- */

/** imp_touch_range() - pages that became accessible, with IMPORT_TOUCH_ALL. */
void imp_touch_range(struct import *im, struct mm *mm, uint64_t start, uint64_t end,
		     bool write);
/**
 * imp_touch_pointer() - the kernel used @len bytes at @addr, with IMPORT_TOUCH_WRITTEN.
 */
void imp_touch_pointer(struct import *im, struct mm *mm, uint64_t addr, uint64_t len);
/** imp_touch_known() - pages that are known to be there. */
void imp_touch_known(struct import *im, struct mm *mm, uint64_t start, uint64_t end, bool write);
/** imp_touch_resident() - @len bytes at @start are known to be populated. */
void imp_touch_resident(struct import *im, struct mm *mm, uint64_t start, uint64_t len);
/** imp_touch_forget() - pages may have to be touched again. */
void imp_touch_forget(struct import *im);
/** imp_touch_fault() - a page fault of the recording, joined with its neighbours. */
void imp_touch_fault(struct import *im, struct mm *mm, uint64_t addr, bool write);
/** imp_touch_run() - one more page at @page, as struct run has it. */
void imp_touch_run(struct import *im, struct mm *mm, uint32_t guest, uint64_t page, bool write);
/** imp_touch_flush() - write the faults and guests that wait, before anything else is. */
void imp_touch_flush(struct import *im);
/** imp_touch_flush_others() - only those that belong to other address spaces than @mm. */
void imp_touch_flush_others(struct import *im, const struct mm *mm);

/* -- flags.c: numbers and names of the kernel's interface -- */

bool imp_parse_number(const char *s, size_t len, uint64_t *ret_value);
/** imp_parse_hex() - hexadecimal with or without 0x. */
bool imp_parse_hex(const char *s, size_t len, uint64_t *ret_value);
bool imp_parse_prot(const char *s, size_t len, uint64_t *ret_prot);
bool imp_parse_map_flags(const char *s, size_t len, uint64_t *ret_flags);
bool imp_parse_mremap_flags(const char *s, size_t len, uint64_t *ret_flags);
bool imp_parse_clone_flags(const char *s, size_t len, uint64_t *ret_flags);
bool imp_parse_advice(const char *s, size_t len, uint64_t *ret_advice);
bool imp_parse_policy(const char *s, size_t len, uint64_t *ret_policy);
bool imp_parse_mbind_flags(const char *s, size_t len, uint64_t *ret_flags);
/** imp_advice_name() - the script's word for a MADV_ number; NULL when it has none. */
const char *imp_advice_name(uint64_t advice);
/** imp_policy_name() - the script's word for an MPOL_ number; NULL when it has none. */
const char *imp_policy_name(uint64_t policy);

#define CLONE_BIT_VM 0x100
#define CLONE_BIT_VFORK 0x4000
#define CLONE_BIT_THREAD 0x10000
#define MREMAP_BIT_DONTUNMAP 4
#define MBIND_BIT_STRICT 1
#define MBIND_BITS_MOVE 6

/* -- tokens.c: the text of one call -- */

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
 * imp_split_call() - cut what follows the opening parenthesis.
 * Return: false when the text breaks off.
 */
bool imp_split_call(const char *s, size_t len, struct call_text *ret_call);
/** imp_member() - the value of "name=value" inside a "{...}" token or a bare argument. */
bool imp_member(const struct token *token, const char *name, struct token *ret_value);
bool imp_token_is(const struct token *token, const char *s);
/**
 * imp_fd_path() - the path of "3</path>" (empty when there is none); @ret_fd: the number.
 */
struct token imp_fd_path(const struct token *token, int *ret_fd);

/* -- strace_calls.c -- */

bool imp_is_fork(const struct call *call);
/** imp_strace_call() - a finished call. Return: 1 used, 0 not, or a negative errno. */
int imp_strace_call(struct import *im, struct task *task, const struct call *call,
		    const struct call_text *text, struct import_call *count);
/**
 * imp_strace_begun() - a call that was begun, as far as that means something before its
 * end.
 * Return: 1 when it is done with, 0 when its end matters, or a negative errno.
 */
int imp_strace_begun(struct import *im, struct task *task, const struct call *call,
		     const char *args, size_t len);

/* -- ftrace_line.c -- */

enum ftrace_kind { FTRACE_EVENT, FTRACE_ENTER, FTRACE_EXIT };

/**
 * struct ftrace_line - one line of tracefs, trace-cmd report or perf script text
 * @tgid: 0 when not shown
 * @time: in ns
 * @kind: FTRACE_ENTER and FTRACE_EXIT: a system call, and @name is its name; else the
 *   event's name without its system
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

/** imp_ftrace_split() - false when this is no event. */
bool imp_ftrace_split(const char *s, size_t len, struct ftrace_line *ret_line);
/**
 * imp_ftrace_lost() - does the line say that the kernel had to drop events?
 * @ret_nr: how many; 1 where it does not say
 */
bool imp_ftrace_lost(const char *s, size_t len, uint64_t *ret_nr);
/** imp_ftrace_is_frame() - a line of the call chain that perf or the kernel adds to an event. */
bool imp_ftrace_is_frame(const char *s, size_t len);
/** imp_ftrace_field() - the number behind "name=" or "name: " in base @base. */
bool imp_ftrace_field(const struct token *fields, const char *name, unsigned int base,
		      uint64_t *ret_value);
/**
 * imp_ftrace_args() - up to six hexadecimal values of "a: 1, b: 2" or "(1, 2)"; how many.
 */
unsigned int imp_ftrace_args(const struct token *fields, uint64_t args[6]);

/* -- guest.c: what KVM says of guests and of notifications -- */

/** imp_guest_event() - kvm_page_fault. Return: 1 used, 0 not, -EBADMSG, or a negative errno. */
int imp_guest_event(struct import *im, struct task *task, const struct token *fields);
/** imp_notified() - kvm_unmap_hva_range. Return: 0, -EBADMSG, or what the caller's hook returned. */
int imp_notified(struct import *im, struct task *task, const struct token *fields);

/* -- summary.c -- */

/** imp_set_release() - the kernel that was recorded, unless it is known already. */
void imp_set_release(struct import *im, const char *s, size_t len);
void imp_write_header(struct import *im, const char *assumption);
void imp_write_summary(struct import *im);
/** imp_fail() - remember the line and the reason of an error. Return: -EINVAL. */
int imp_fail(struct import *im, const char *reason);

/** import_begin() and import_end() - everything around an importer's own loop. */
int import_begin(struct import **ret_im, const struct import_options *options,
		 const struct import_source *source, const struct import_sink *sink,
		 struct import_report *report, const char *tool);
int import_end(struct import *im, int err);
/** import_lines() - call @one per line until it fails or the recording ends. */
int import_lines(struct import *im,
		 int (*one)(struct import *im, const struct line *line));
/** import_time() - set im->time from an absolute time stamp in ns. */
void import_time(struct import *im, uint64_t time);

#endif /* IMPORT_IMPORT_INTERNAL_H */
