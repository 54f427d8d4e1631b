/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings of real programs, turned into scripts.
 *
 * Every importer reads a stream and writes the text of a script as it goes: memory is
 * bounded by the recorded programs' layouts (their maps, threads and memslots), not by
 * the recording's length. A recording compressed with zstd is recognised and read like a
 * plain one.
 *
 * What a recording cannot say is assumed in the open: the script's first comment names
 * every assumption, its last comment counts everything that was read, used and left out,
 * and the report carries the same figures.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <base/strbuf.h>

/* The recordings understood. */
enum import_format {
	IMPORT_STRACE, /* strace, any of -f -o -t -tt -ttt -r -T -y -yy -X raw|abbrev|verbose */
	IMPORT_FTRACE, /* trace.dat; text of tracefs "trace", trace-cmd report, perf script */
	IMPORT_PROC,   /* /proc/PID/maps or /proc/PID/smaps */
	IMPORT_FORMAT_NR
};

/**
 * import_format_index() - the format called @name ("strace", "ftrace", "proc"); -1 if
 * none.
 */
int import_format_index(const char *name);

/*
 * What to assume about the pages a strace log or a maps file knows nothing about. An
 * ftrace recording with user page faults needs no assumption; with IMPORT_TOUCH_NONE its
 * faults are left out.
 */
enum import_touch {
	IMPORT_TOUCH_ALL,     /* every page that becomes accessible is touched at once */
	IMPORT_TOUCH_WRITTEN, /* only pages that the recording shows being used: MAP_POPULATE,
				 addresses given to the kernel, threads' stacks, Rss */
	IMPORT_TOUCH_NONE,    /* no page */
	IMPORT_TOUCH_NR
};

/**
 * import_touch_index() - the assumption called @name ("all", "written", "none"); -1 if
 * none.
 */
int import_touch_index(const char *name);

/**
 * struct import_notification - a notification of MMU notifiers, as KVM reported it
 * @process: the thread group that caused it, as far as the recording tells
 * @start, @end: its range [@start, @end)
 *
 * Source: the event kvm:kvm_unmap_hva_range. KVM has one for each VM of the address space, all of
 * them at once: that is one notification.
 */
struct import_notification {
	uint32_t process;
	uint64_t start;
	uint64_t end;
};

/**
 * struct import_options - how to import; zero everywhere is a good default
 * @name: the recording's name for the header and for messages; NULL is "-"
 * @touch: enum import_touch
 * @touch_limit: bytes touched at most per map, per range made accessible later and per
 *   memslot with IMPORT_TOUCH_ALL, from its start on; the rest is left untouched, counted and said. 0 is IMPORT_TOUCH_LIMIT,
 *   UINT64_MAX is no limit.
 * @pid: only this process (thread group, as far as the recording tells) and its address
 *   space; 0 is every process
 * @comm: only threads of this name (ftrace only); NULL is every thread
 * @mmu: the MMU kind written after "vm NAME"; NULL is "tdp"
 * @no_origin: leave out the "# line N" comments behind the operations
 * @notified: called for each notification that the recording holds, in its order, of every process
 *   (ftrace only); NULL is nobody. A negative errno ends the import.
 * @ctx: for @notified
 */
struct import_options {
	const char *name;
	enum import_touch touch;
	uint64_t touch_limit;
	uint32_t pid;
	const char *comm;
	const char *mmu;
	bool no_origin;
	int (*notified)(void *ctx, const struct import_notification *notification);
	void *ctx;
};

#define IMPORT_TOUCH_LIMIT (64ULL << 20)

/**
 * struct import_source - where the recording comes from
 * @read: up to @len bytes into @buf: the number read, 0 at the end, or a negative errno
 */
struct import_source {
	ssize_t (*read)(void *ctx, void *buf, size_t len);
	void *ctx;
};

/**
 * struct import_sink - where the script goes
 * @write: takes all @len bytes: 0, or a negative errno that ends the import
 */
struct import_sink {
	int (*write)(void *ctx, const char *data, size_t len);
	void *ctx;
};

/** import_source_fd() - read from a file descriptor; it stays open. */
struct import_source import_source_fd(int fd);

/**
 * struct import_memory - a recording in memory, for import_source_memory()
 * @pos: bytes read so far; start with 0
 */
struct import_memory {
	const char *data;
	size_t len;
	size_t pos;
};

/** import_source_memory() - read @memory, which must outlive the import, to its end. */
struct import_source import_source_memory(struct import_memory *memory);

/**
 * import_text() - the lines of a recording as they are, decompressed if need be, appended to @out.
 * Return: 0; -EINVAL for broken compression; -ENOMEM; what the source returned.
 */
int import_text(const struct import_source *source, struct strbuf *out);

/** import_sink_stdio() - write to @out, which is not flushed or closed. */
struct import_sink import_sink_stdio(FILE *out);

/** import_sink_strbuf() - append to @out. */
struct import_sink import_sink_strbuf(struct strbuf *out);

/**
 * struct import_call - one system call or event name of the recording
 * @seen: occurrences
 * @used: occurrences that became operations or changed the layout
 * @failed: occurrences that had failed in the recording
 * @memory: it can change an address space but is not understood
 */
struct import_call {
	char name[32];
	uint64_t seen;
	uint64_t used;
	uint64_t failed;
	bool memory;
};

/*
 * Names counted one by one; what comes after is counted together as the last entry,
 * "(other)".
 */
#define IMPORT_MAX_CALLS 512
/* Unreadable lines that are reported one by one. */
#define IMPORT_MAX_BAD 5

/**
 * struct import_report - what was read and what became of it
 * @lines: lines of the recording, @bytes: after decompression
 * @ops: operations written (repeated nowhere: one line each)
 * @touched: bytes that touch and guest operations cover
 * @untouched: bytes left untouched because of touch_limit
 * @implied: maps written because a successful call used memory the recording never showed
 *   being mapped (the program's own segments, or a recording started late)
 * @outside: page faults and calls outside every known map, left out
 * @denied: page faults that the map's protection does not allow, left out
 * @failed: calls that failed in the recording and had no effect
 * @elsewhere: calls of processes left out by @pid or @comm, or of programs whose address
 *   space a script cannot express
 * @assumed_threads: threads whose start the recording does not show, taken as threads of
 *   the first process
 * @cut: lines longer than IMPORT_MAX_LINE, read up to there
 * @nr_bad: lines that could not be read; @bad: the first of them
 * @lost: events that the recording kernel had to drop, as far as the recording says
 * @unfinished: calls begun and never finished
 * @processes, @threads, @vms: how many appeared
 * @guest: faults of guests that became accesses (ftrace only); @guest_outside: those at no address
 *   of a memory slot that is known or guessed, left out
 * @unheard: processes that were forked and of which the recording holds no event (ftrace only): they
 *   count as alive to its end
 * @release: of the kernel that was recorded, "" where the recording does not say
 * @first: the process (thread group) that the script starts in, 0 for none
 * @probed: the first process in which mmuscope record made a VM, 0 for none
 * @older_vm: KVM reported a notification of a process whose VM the recording does not show being made
 * @calls: @nr_calls names in order of appearance
 * @error_line: line of the recording at which it ended with an error; 0 for none
 * @error: what was wrong there, without file and line; "" for none
 */
struct import_report {
	uint64_t lines;
	uint64_t bytes;
	uint64_t ops;
	uint64_t touched;
	uint64_t untouched;
	uint64_t implied;
	uint64_t outside;
	uint64_t denied;
	uint64_t failed;
	uint64_t elsewhere;
	uint64_t assumed_threads;
	uint64_t cut;
	uint64_t unfinished;
	uint64_t lost;
	uint64_t processes;
	uint64_t threads;
	uint64_t vms;
	uint64_t guest;
	uint64_t guest_outside;
	uint64_t unheard;
	char release[65];
	uint32_t first;
	uint32_t probed;
	bool older_vm;
	uint64_t nr_bad;
	struct {
		uint64_t line;
		char text[64];
	} bad[IMPORT_MAX_BAD];
	unsigned int nr_calls;
	struct import_call calls[IMPORT_MAX_CALLS];
	uint64_t error_line;
	char error[160];
};

/* A longer line is cut here (and counted). */
#define IMPORT_MAX_LINE (64u << 10)

/**
 * import_strace() - turn a strace log into a script.
 *
 * Understood: mmap munmap mprotect pkey_mprotect madvise mremap brk mbind fork vfork
 * clone clone3 execve exit exit_group, and of ioctl KVM_CREATE_VM and
 * KVM_SET_USER_MEMORY_REGION. All others are counted by name.
 *
 * A call that failed becomes an operation only where Linux does part of it before failing
 * (mprotect and madvise with ENOMEM). A last line that breaks off is an error that keeps
 * what came before: the operations are written, and the report says where it ended.
 *
 * @ret_report: filled in on success and on failure alike
 *
 * Return: 0; -EINVAL for a recording that breaks off or in which no line could be read
 * (empty, binary, something else; see report->error); -ENOMEM; what source or sink
 * returned.
 */
int import_strace(const struct import_options *options,
		  const struct import_source *source, const struct import_sink *sink,
		  struct import_report *ret_report);

/**
 * import_ftrace() - turn ftrace text, or a trace.dat, with system calls and user page faults into
 * a script.
 *
 * A trace.dat (known by its first bytes, compressed or not) is read through libtracecmd without
 * plugins. A child process does that, since the library prints and does not stand damaged files:
 * report->lines then counts events, and the error says how the child ended.
 *
 * Events: syscalls:sys_enter_NAME and sys_exit_NAME of the calls above, or
 * raw_syscalls:sys_enter and sys_exit (x86-64 numbers), exceptions:page_fault_user
 * (becomes "touch" of exactly that page; neighbouring pages are joined),
 * task:task_newtask, sched:sched_process_fork and sched_process_exit,
 * kvm:kvm_unmap_hva_range (kept as a comment), kvm:kvm_page_fault (its address is taken as
 * guest-physical, as under EPT and NPT, and becomes a "guest" access where a memory slot is known or
 * guessed; neighbours are joined). All others are counted by name.
 *
 * Return: as import_strace().
 */
int import_ftrace(const struct import_options *options,
		  const struct import_source *source, const struct import_sink *sink,
		  struct import_report *ret_report);

/**
 * import_proc() - turn /proc/PID/maps or smaps into a script that makes the same maps.
 *
 * With IMPORT_TOUCH_WRITTEN and smaps text, each map with a resident part is touched for
 * as many bytes as are resident, from its start on. [vvar], [vdso] and [vsyscall] are
 * left out.
 *
 * Return: as import_strace().
 */
int import_proc(const struct import_options *options, const struct import_source *source,
		const struct import_sink *sink, struct import_report *ret_report);

/**
 * import_file() - open @path ("-" is standard input) and import it as @format.
 * Return: as above, or the negative errno of open (with report->error set).
 */
int import_file(enum import_format format, const char *path,
		const struct import_options *options, const struct import_sink *sink,
		struct import_report *ret_report);

#endif /* IMPORT_IMPORT_H */
