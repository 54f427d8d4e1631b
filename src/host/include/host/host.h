/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes scripts on real kernels: gets Debian's kernels through the package manager,
 * boots them under QEMU with our own init, and brings back what each script's operations
 * returned and which notifications they caused.
 *
 * Messages for the user (what is missing and the command that gets it, what went wrong)
 * are appended to a strbuf, one line each, ended by a newline. Nothing here prints.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/event.h>
#include <base/strbuf.h>
#include <script/script.h>

/* The kernels that can be asked for, by series ("6.1"), oldest first; NULL-terminated. */
extern const char *const host_kernel_names[];

#define HOST_MAX_MODULES 24

/**
 * struct host_kernel - a kernel in the cache, checked against the sums taken when it was
 * unpacked
 * @name: as asked for: a name of host_kernel_names[]
 * @release: uname -r; of a later series than @name where the archive has moved on
 * @package: name and version of the package that it came from
 * @image: path of the bootable image
 * @module: names of the modules, in the order in which to load them; @module_dir/NAME.ko
 */
struct host_kernel {
	char name[16];
	char release[80];
	char package[160];
	char image[512];
	char module_dir[512];
	char module[HOST_MAX_MODULES][32];
	unsigned int nr_modules;
};

/**
 * struct host_progress - what is going on, for a line on the terminal
 * @kernel: name of the kernel
 * @what: "fetch", "boot", "run" or "done"
 * @done, @total: scripts, while running
 */
struct host_progress {
	const char *kernel;
	const char *what;
	size_t done;
	size_t total;
};

/**
 * struct host_options - how to run; all zero is a good start
 * @cache_dir: NULL is $XDG_CACHE_HOME/mmuscope or ~/.cache/mmuscope
 * @qemu: program; NULL is qemu-system-x86_64
 * @timeout_ms: limit of one boot with all its scripts; 0 is ten minutes
 * @silence_ms: limit of a guest that says nothing; 0 is 90 seconds
 * @script_ms: limit of one operation of a script in guest time, which goes on when others have the
 *	host's processors; 0 is half a minute
 * @jobs: kernels that run side by side; 0 is the number of processors
 * @offline: fetch nothing
 * @progress: called now and then; NULL for none
 * @stop: when not NULL and not 0, everything is ended and -EINTR returned (set by a
 * signal handler)
 */
struct host_options {
	const char *cache_dir;
	const char *qemu;
	unsigned int timeout_ms;
	unsigned int silence_ms;
	unsigned int script_ms;
	unsigned int jobs;
	bool offline;
	void (*progress)(void *ctx, const struct host_progress *progress);
	void *ctx;
	const volatile int *stop;
};

/**
 * host_kernel_find() - a kernel that is whole in the cache.
 * Return: 0; -ENOENT when it is not there; -EUCLEAN when it is damaged (the message says
 * so; a fetch replaces it); the negative errno of reading it.
 */
int host_kernel_find(const struct host_options *options, const char *name,
		     struct host_kernel *ret_kernel, struct strbuf *diag);

/**
 * host_kernel_get() - as host_kernel_find(), after fetching and unpacking it where
 * needed.
 *
 * Only complete and checked kernels ever get their final name in the cache; an
 * interrupted call is taken up again by the next one, and concurrent calls wait for each
 * other. Return: 0; -EOPNOTSUPP when a tool or the network is missing (@diag says which
 * and the command that gets it: the caller skips); -EINVAL for an unknown @name; else a
 * negative errno with a message (-ENOSPC, -EROFS, -EACCES, ...).
 */
int host_kernel_get(const struct host_options *options, const char *name,
		    struct host_kernel *ret_kernel, struct strbuf *diag);

/** enum host_status - how a script ended on a kernel */
enum host_status {
	HOST_OK,      /* ran to its end */
	HOST_HANG,    /* reached the time limit; the stream holds what came before */
	HOST_DIED,    /* a process of the script was killed by a signal */
	HOST_LOST,    /* the trace buffer overflowed: the stream is not complete */
	HOST_FAILED,  /* could not be set up; log says why */
	HOST_PANIC,   /* the kernel panicked in it, or the machine ended */
	HOST_NOT_RUN, /* the machine ended before */
	HOST_STATUS_NR
};

/** host_status_name() - "ok", "hang", ... */
const char *host_status_name(enum host_status status);

/**
 * struct host_op - one executed operation
 * @op: index into script->ops
 * @pid: the process that executed it, 1 for the first
 * @err: 0 or the negative errno that the kernel returned; valid if @returned
 * @first_event, @nr_events: its events in host_stream.events, its mark included
 */
struct host_op {
	uint32_t op;
	uint32_t pid;
	int err;
	bool returned;
	size_t first_event;
	size_t nr_events;
};

/**
 * struct host_stream - what one script did on one kernel
 * @detail: signal number of HOST_DIED, processes that could not be killed of HOST_HANG,
 *	lost events of HOST_LOST, errno of HOST_FAILED
 * @events: per operation an EVENT_TRACING_MARK_WRITE "FILE:LINE: text" as the model
 *	writes it, then its notifications; in scripts with a VM KVM's tracepoints, too, from the
 *	VM's creation on: host addresses and frame numbers in them are the real machine's, what
 *	the guest's own tables and code caused is left out
 * @log: messages of the kernel that tell of something broken, one per line
 * @marks: texts of the marks by index into script->ops, NULL for one that was not
 *	executed
 */
struct host_stream {
	enum host_status status;
	unsigned int detail;
	struct host_op *ops;
	size_t nr_ops;
	size_t cap_ops;
	struct event *events;
	size_t nr_events;
	size_t cap_events;
	struct strbuf log;
	char **marks;
	size_t nr_marks;
};

/**
 * struct host_run - one kernel's boot
 * @kernel: in: which to boot
 * @err: 0 when every script was run (whatever became of it); -ETIMEDOUT: the machine fell
 *	silent or took too long; -EIO: it ended early (panic, QEMU failed); -EPROTO: nonsense
 *	from it
 * @streams: one per script, in order
 * @console: what the kernel printed, the last 64 KiB
 * @boot_ms, @total_ms: until our init ran; until the end
 */
struct host_run {
	struct host_kernel kernel;
	int err;
	char release[80];
	struct host_stream *streams;
	size_t nr_streams;
	struct strbuf console;
	unsigned int boot_ms;
	unsigned int total_ms;
};

/**
 * host_run() - boot each kernel and run all scripts there.
 * @runs: @nr_runs entries with .kernel filled in; to be released with host_run_release()
 * @diag: what stopped a run as a whole
 *
 * A kernel that hangs or panics in a script is booted again for the scripts behind it.
 * Return: 0 when all runs were made (see each run's err); -EOPNOTSUPP when QEMU is
 * missing; -EINTR after options->stop; -ENOMEM; another negative errno when the machine
 * could not be made.
 */
int host_run(const struct host_options *options, const struct script *const *scripts,
	     size_t nr_scripts, struct host_run *runs, size_t nr_runs,
	     struct strbuf *diag);

/** host_run_release() - free what host_run() made. */
void host_run_release(struct host_run *run);

/** host_stream_release() - free the contents. */
void host_stream_release(struct host_stream *stream);

/**
 * host_stream_write() - a stream as text, which host_stream_read() reads back.
 * @release: the kernel's release
 */
void host_stream_write(const struct host_stream *stream, const struct script *script,
		       const char *release, struct strbuf *out);

/**
 * host_stream_read() - read a kept stream of @script.
 * @ret_release: the kernel's release, to be released by the caller
 * Return: 0; -EINVAL with a line in @diag ("NAME:LINE: what") when it is no such text or
 * does not belong to @script; -ENOMEM.
 */
int host_stream_read(const char *name, const char *text, size_t len,
		     const struct script *script, struct host_stream *ret_stream,
		     struct strbuf *ret_release, struct strbuf *diag);

#endif /* HOST_HOST_H */
