/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records what a live program does with its memory: system calls, page faults and KVM's events, as
 * text of an instance of tracefs that is made for it and removed again.
 *
 * The notifications of a program without a guest are seen, too: a VM without memory is made inside
 * of it, whose only effect is that KVM subscribes to its address space and reports each range
 * (kvm_unmap_hva_range). That is done by ptrace, between the program's execve() and its first
 * instruction, and only in programs that are started here.
 */
#ifndef HOST_RECORD_H
#define HOST_RECORD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <base/strbuf.h>

/**
 * struct host_record_options - what to record
 * @argv: the program to start, ended by NULL; or NULL for
 * @pid: a living process, all its threads and what they start
 * @buffer: bytes of the kernel's buffer per CPU, 0 for HOST_RECORD_BUFFER
 * @seconds: end after this time; 0: never. A program started here is then told to end (SIGTERM),
 *	and killed after five seconds more
 * @no_probe: make no VM
 * @tracefs: where it is mounted, NULL for the usual places
 * @device: KVM's, NULL for /dev/kvm
 */
struct host_record_options {
	const char *const *argv;
	pid_t pid;
	uint64_t buffer;
	double seconds;
	bool no_probe;
	const char *tracefs;
	const char *device;
};
#define HOST_RECORD_BUFFER (16ull << 20)

/**
 * struct host_record_info - how it went
 * @release: uname -r
 * @clock: of the time stamps
 * @cpus: processors with a buffer
 * @events: events switched on; @absent: those that this kernel does not have, "" for none
 * @probes: VMs made; @probe_err: negative errno of the first that could not be made
 * @lines: of text; @bytes
 * @lost: events that the kernel had to drop or overwrite
 * @pid: of the program or process
 * @status: of the program, as wait() has it; 0 for @pid
 * @stopped: ended by a signal to us or by the time limit
 */
struct host_record_info {
	char release[65];
	char clock[16];
	unsigned int cpus;
	unsigned int events;
	char absent[256];
	unsigned int probes;
	int probe_err;
	uint64_t lines;
	uint64_t bytes;
	uint64_t lost;
	pid_t pid;
	int status;
	bool stopped;
};

/** typedef host_record_write - takes @len bytes of text: 0, or a negative errno that ends all. */
typedef int host_record_write(void *ctx, const char *text, size_t len);

struct host_record;

/**
 * host_record_open() - make the instance and switch the events on in it.
 *
 * Instances of recorders that were killed are removed.
 * Return: 0; -EOPNOTSUPP where the host does not permit it: @diag says what is missing, why and how
 * to get it; -ESRCH: no process @pid; -ENOMEM; another negative errno with a line in @diag.
 */
int host_record_open(const struct host_record_options *options, struct strbuf *diag,
		     struct host_record **ret_record);

/**
 * host_record_run() - start the program, or follow @pid, until it ends.
 *
 * The text begins with what identifies the recording and ends with a line that says that it is
 * whole. SIGINT, SIGTERM and SIGHUP are blocked meanwhile: the first of them ends the recording
 * of a living process, and is given to a program that was started here; the second ends it.
 * Return: 0; -ENOENT, -EACCES, ... of execve() (@diag says so); a negative errno.
 */
int host_record_run(struct host_record *record, host_record_write *write, void *ctx,
		    struct strbuf *diag);

/** host_record_get_info() - what is known by now; valid as long as @record. */
const struct host_record_info *host_record_get_info(const struct host_record *record);

/** host_record_close() - remove the instance; NULL is fine. Returns NULL. */
struct host_record *host_record_close(struct host_record *record);

#endif /* HOST_RECORD_H */
