// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * execve() of a process of a script. What is executed is this program: it goes on with the script
 * in an address space that has nothing of it. Objects behind maps stay open, VMs do not. What the
 * new image has to know comes in a memory file, whose descriptor is an argument.
 */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <base/fd.h>
#include <base/mem.h>

/**
 * struct resume - what is in the memory file, before one struct resume_object for each name
 * @number: of the script's file
 */
struct resume {
	uint32_t self;
	uint32_t number;
	int shared_fd;
	int marker_fd;
	uint64_t dax_next[64];
};

struct resume_object {
	int fd;
	uint64_t base;
};

static void keep_open(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

/* Return: a descriptor that stays open, or a negative errno. */
static int write_state(const struct executor *ex)
{
	struct resume resume = { .self = ex->self, .number = ex->number,
				 .shared_fd = ex->shared_fd, .marker_fd = ftrace_marker() };
	int fd = memfd_create("resume", 0), err;
	size_t i;

	if (fd < 0)
		return -errno;
	memcpy(resume.dax_next, ex->dax_next, sizeof(resume.dax_next));
	err = fd_write(fd, &resume, sizeof(resume));
	for (i = 0; i < ex->script->nr_names && !err; i++)
		err = fd_write(fd, &(struct resume_object){ ex->obj_fd[i], ex->obj_base[i] },
			       sizeof(struct resume_object));
	if (!err)
		return fd;
	close(fd);
	return err;
}

int op_exec(struct executor *ex)
{
	char name[] = "init", resume[] = EXEC_RESUME, fd_text[16];
	char *argv[] = { name, resume, fd_text, NULL };
	int fd = write_state(ex), err;
	size_t i;

	if (fd < 0)
		return fd;
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	keep_open(ex->shared_fd);
	keep_open(ftrace_marker());
	for (i = 0; i < ex->script->nr_names; i++) {
		keep_open(ex->obj_fd[i]);
		/* KVM leaves these open, and its VM with them */
		kvmstat_close(&ex->vm[i].stats);
		kvmstat_close(&ex->vm[i].vcpu_stats);
	}
	execv("/proc/self/exe", argv);
	err = -errno;
	close(fd);
	return err;
}

static int load_script(uint32_t number, struct script **ret_script)
{
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/scripts/%u.mms", number);
	err = get_file(path, &text);
	if (!err)
		err = script_parse(path, strbuf_str(&text), text.len, &diag, ret_script);
	strbuf_release(&text);
	strbuf_release(&diag);
	return err;
}

static int read_state(struct executor *ex, int fd)
{
	struct resume_object object;
	size_t i;

	for (i = 0; i < ex->script->nr_names; i++) {
		if (fd_read(fd, &object, sizeof(object)) != sizeof(object))
			return -EIO;
		ex->obj_fd[i] = object.fd;
		ex->obj_base[i] = object.base;
		if (object.fd >= 0)
			fcntl(object.fd, F_SETFD, FD_CLOEXEC);
	}
	close(fd);
	return 0;
}

static int prepare_kernel_calls(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].code == OP_NUMA_HINT || script->ops[i].code == OP_NUMA_SCAN ||
		    script->ops[i].code == OP_AGE)
			return kcall_prepare();
	return 0;
}

/* The new image must not lie where the script maps either. */
static int check_own(const struct script *script)
{
	struct ranges maps = { 0 };
	uint64_t start, end;
	int err = ranges_of_maps(script, &maps);

	if (!err)
		err = ranges_reserved(&maps, &start, &end);
	mem_free(maps.range);
	return err;
}

static int prepare(struct executor *ex)
{
	int err = touch_setup();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!err)
		err = check_own(ex->script);
	if (!err)
		err = prepare_kernel_calls(ex->script);
	if (!err)
		err = runner_observe(ex);
	return err ? err : runner_hide_own(ex);
}

void exec_resume(const char *arg)
{
	struct executor *ex = NULL;
	struct shared *shared;
	struct script *script;
	struct resume resume;
	int fd = atoi(arg);

	if (lseek(fd, 0, SEEK_SET) || fd_read(fd, &resume, sizeof(resume)) != sizeof(resume))
		_exit(1);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, resume.shared_fd, 0);
	if (shared != MAP_FAILED && !load_script(resume.number, &script))
		ex = runner_prepare(script, shared);
	if (!ex || read_state(ex, fd))
		_exit(1);
	ex->self = resume.self;
	ex->number = resume.number;
	ex->shared_fd = resume.shared_fd;
	memcpy(ex->dax_next, resume.dax_next, sizeof(ex->dax_next));
	ftrace_set_marker(resume.marker_fd);
	runner_go_on(ex, prepare(ex));
}
