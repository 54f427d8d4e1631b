// SPDX-License-Identifier: GPL-2.0-or-later
/* An instance of tracefs: made, filled with events, read for what was lost, removed. */
#include "record_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "mmuscope-record-"

static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing", NULL };

/* System calls that change or tell of an address space. */
static const char *const calls[] = {
	"mmap",	 "munmap", "mprotect", "pkey_mprotect", "madvise",    "process_madvise",
	"brk",	 "mremap", "mbind",    "move_pages",	"shmat",      "shmdt",
	"ioctl", "fork",   "vfork",    "clone",		"clone3",     "remap_file_pages",
	"exit",	 "execve", "execveat", "exit_group",	"ftruncate",  "set_mempolicy_home_node",
	"mlock", "mlock2", "mlockall", "userfaultfd",	"fallocate",  "migrate_pages",
	NULL,
};

/* @needed: without it a recording says nothing. */
static const struct event {
	const char *path;
	bool needed;
} events[] = {
	{ "exceptions/page_fault_user", true },
	{ "exceptions/page_fault_kernel", false },
	{ "sched/sched_process_fork", true },
	{ "sched/sched_process_exec", false },
	{ "sched/sched_process_exit", true },
	{ "task/task_newtask", true },
	{ "kvm/kvm_unmap_hva_range", false },
	{ "kvm/kvm_age_hva", false },
	{ "kvm/kvm_test_age_hva", false },
	{ "kvm/kvm_page_fault", false },
};

static int put(const char *folder, const char *file, const char *text, int flags)
{
	size_t len = strlen(text);
	char path[256];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		err = -errno;
	close(fd);
	return err;
}

int tracefs_put(const struct tracefs *fs, const char *file, const char *text)
{
	return put(fs->path, file, text, 0);
}

int tracefs_add_pid(const struct tracefs *fs, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return put(fs->path, "set_event_pid", text, O_APPEND);
}

static void add_file(struct strbuf *diag, const char *what, const char *path)
{
	char text[80];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	strbuf_addf(diag, "\n%s: %s", what, text);
}

/* What a person can do about it. */
static int refuse(struct strbuf *diag, const char *path, int err)
{
	strbuf_addf(diag, "%s: %s", path, strerror(-err));
	add_file(diag, "lockdown", "/sys/kernel/security/lockdown");
	add_file(diag, "kernel.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid");
	if (err == -EACCES || err == -EPERM)
		strbuf_addf(diag, "\nrecording needs write access to tracefs: run it as root");
	else
		strbuf_addf(diag, "\ntracefs is not mounted: mount -t tracefs nodev %s", mounts[0]);
	strbuf_addstr(diag, "\nwithout it: strace -f -ttt -o FILE COMMAND, then mmuscope import "
			    "strace FILE");
	return -EOPNOTSUPP;
}

/* Instances whose recorder is dead. */
static void sweep(const char *instances)
{
	DIR *dir = opendir(instances);
	struct dirent *entry;
	char path[512];

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		long pid;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			continue;
		pid = strtol(entry->d_name + strlen(PREFIX), NULL, 10);
		if (pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", instances, entry->d_name);
		(void)rmdir(path);
	}
	closedir(dir);
}

static int make_instance(const char *mount, struct tracefs *fs)
{
	char instances[128];

	if (snprintf(instances, sizeof(instances), "%s/instances", mount) >= (int)sizeof(instances))
		return -ENAMETOOLONG;
	if (access(instances, F_OK))
		return -errno;
	sweep(instances);
	if (snprintf(fs->path, sizeof(fs->path), "%s/%s%d", instances, PREFIX, (int)getpid()) >=
	    (int)sizeof(fs->path))
		return -ENAMETOOLONG;
	if (!mkdir(fs->path, 0700))
		return 0;
	fs->path[0] = '\0';
	return -errno;
}

static int open_file(const struct tracefs *fs, const char *file, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fs->path, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int tracefs_open(const char *mount, struct strbuf *diag, struct tracefs *ret_fs)
{
	struct tracefs fs = { .marker = -1, .pipe = -1 };
	int err = -ENOENT, i;

	if (mount)
		err = make_instance(mount, &fs);
	for (i = 0; !mount && mounts[i] && err == -ENOENT; i++)
		err = make_instance(mounts[i], &fs);
	if (err)
		return refuse(diag, mount ? mount : mounts[0], err);
	fs.marker = open_file(&fs, "trace_marker", O_WRONLY);
	fs.pipe = open_file(&fs, "trace_pipe", O_RDONLY | O_NONBLOCK);
	if (fs.marker < 0 || fs.pipe < 0) {
		err = refuse(diag, fs.path, fs.pipe < 0 ? fs.pipe : fs.marker);
		tracefs_close(&fs);
		return err;
	}
	*ret_fs = fs;
	return 0;
}

void tracefs_close(struct tracefs *fs)
{
	if (!fs->path[0])
		return;
	(void)tracefs_put(fs, "tracing_on", "0");
	(void)tracefs_put(fs, "events/enable", "0");
	if (fs->marker >= 0)
		close(fs->marker);
	if (fs->pipe >= 0)
		close(fs->pipe);
	(void)rmdir(fs->path);
	*fs = (struct tracefs){ .marker = -1, .pipe = -1 };
}

static void note_absent(struct host_record_info *info, const char *name)
{
	size_t len = strlen(info->absent);

	snprintf(info->absent + len, sizeof(info->absent) - len, "%s%s", len ? " " : "", name);
}

static int enable(const struct tracefs *fs, const char *event)
{
	char file[128];

	snprintf(file, sizeof(file), "events/%s/enable", event);
	return tracefs_put(fs, file, "1");
}

static void enable_calls(const struct tracefs *fs, struct host_record_info *info)
{
	char event[64];
	int i;

	for (i = 0; calls[i]; i++) {
		snprintf(event, sizeof(event), "syscalls/sys_enter_%s", calls[i]);
		if (enable(fs, event)) {
			note_absent(info, calls[i]);
			continue;
		}
		snprintf(event, sizeof(event), "syscalls/sys_exit_%s", calls[i]);
		info->events += 1 + !enable(fs, event);
	}
}

int tracefs_enable(const struct tracefs *fs, struct host_record_info *info, struct strbuf *diag)
{
	size_t i;

	enable_calls(fs, info);
	if (!info->events) {
		strbuf_addstr(diag, "this kernel has no events for system calls "
				    "(CONFIG_FTRACE_SYSCALLS)");
		return -EOPNOTSUPP;
	}
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		int err = enable(fs, events[i].path);

		if (err && events[i].needed) {
			strbuf_addf(diag, "the event %s: %s", events[i].path, strerror(-err));
			return -EOPNOTSUPP;
		}
		if (err)
			note_absent(info, events[i].path);
		info->events += !err;
	}
	return 0;
}

void tracefs_mark(const struct tracefs *fs, const char *text)
{
	(void)!write(fs->marker, text, strlen(text));
}

/* "overrun: 12" */
static uint64_t number_behind(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

uint64_t tracefs_lost(const struct tracefs *fs, unsigned int *ret_cpus)
{
	uint64_t lost = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < 65536; cpu++) {
		char file[64], text[512];
		ssize_t n;
		int fd;

		snprintf(file, sizeof(file), "per_cpu/cpu%u/stats", cpu);
		fd = open_file(fs, file, O_RDONLY);
		if (fd < 0)
			break;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		lost += number_behind(text, "\noverrun: ") + number_behind(text, "\ncommit overrun: ") +
			number_behind(text, "\ndropped events: ");
	}
	*ret_cpus = cpu;
	return lost;
}
