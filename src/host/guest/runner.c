// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processes of one script. All are children of init (CLONE_PARENT). They pass the
 * turn among each other; who has it walks the shared cursor and executes. init waits with
 * a time limit.
 */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <base/mem.h>

#define TURN_NOBODY UINT32_MAX

char probe_page[GUEST_PAGE] __attribute__((aligned(4096)));

static struct executor executor;

static void futex_wait(uint32_t *word, uint32_t value)
{
	(void)syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void futex_wake(uint32_t *word)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void give_turn(struct shared *shared, uint32_t to)
{
	__atomic_store_n(&shared->turn, to, __ATOMIC_SEQ_CST);
	futex_wake(&shared->turn);
}

static void wait_turn(struct executor *ex)
{
	uint32_t turn;

	while ((turn = __atomic_load_n(&ex->shared->turn, __ATOMIC_SEQ_CST)) != ex->self)
		futex_wait(&ex->shared->turn, turn);
	/* after an exec each image has the script at an address of its own */
	ex->shared->cursor.script = ex->script;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

int runner_observe(struct executor *ex)
{
	char text[48];
	int len;

	if (ex->observer_fd >= 0)
		close(ex->observer_fd);
	if (ex->kvm_fd >= 0)
		close(ex->kvm_fd);
	ex->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (ex->kvm_fd < 0)
		return -errno;
	ex->observer_fd = ioctl(ex->kvm_fd, KVM_CREATE_VM, 0);
	if (ex->observer_fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "M %u %lx", ex->self, (unsigned long)probe_page);
	ftrace_mark(text, len);
	return madvise(probe_page, GUEST_PAGE, MADV_DONTNEED) ? -errno : 0;
}

static int find_proc(const struct executor *ex, uint32_t name)
{
	uint32_t i;

	for (i = ex->shared->nr_procs; i-- > 0;)
		if (ex->shared->proc[i].name == name && ex->shared->proc[i].pid)
			return i;
	return -ESRCH;
}

static _Noreturn void run_turns(struct executor *ex);
static uint64_t forked_at;

/* Calls that want the kernel's LRU batches empty before they begin. */
static bool empties_batches(const struct script_op *op)
{
	switch (op->code) {
	case OP_MADVISE:
		return op->advice == SCRIPT_MADV_FREE || op->advice == SCRIPT_MADV_COLD ||
		       op->advice == SCRIPT_MADV_PAGEOUT || op->advice == SCRIPT_MADV_COLLAPSE;
	case OP_MBIND:
		return op->flags & SCRIPT_MBIND_MOVE;
	default:
		return op->code == OP_MOVE_PAGES || op->code == OP_KSM;
	}
}

/*
 * What a second fork of a process does to the LRU batches depends on how full these are with pages
 * of the executor itself: then, and without such a call between the two, they are emptied. MADV_COLD
 * does that first of all, and this page is never touched.
 */
static void before_fork(const struct shared *shared)
{
	static char idle[3 * GUEST_PAGE];
	uintptr_t page = ((uintptr_t)idle + GUEST_PAGE) & -GUEST_PAGE;

	if (forked_at == shared->emptied + 1)
		(void)madvise((void *)page, GUEST_PAGE, MADV_COLD);
	forked_at = shared->emptied + 1;
}

static void become_child(struct executor *ex, uint32_t self)
{
	size_t i;

	for (i = 0; i < ex->script->nr_names; i++) {
		if (ex->vm[i].vcpu_fd >= 0)
			close(ex->vm[i].vcpu_fd);
		if (ex->vm[i].fd >= 0)
			close(ex->vm[i].fd);
		kvmstat_close(&ex->vm[i].stats);
		kvmstat_close(&ex->vm[i].vcpu_stats);
		ex->vm[i].fd = ex->vm[i].vcpu_fd = -1;
	}
	/* it serves the parent's memory, not the child's */
	if (ex->uffd >= 0)
		close(ex->uffd);
	ex->uffd = -1;
	pin_forget();
	forked_at = 0;
	ex->self = self;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ex->shared->proc[self].err = runner_observe(ex);
	__atomic_store_n(&ex->shared->proc[self].ready, 1, __ATOMIC_SEQ_CST);
	futex_wake(&ex->shared->proc[self].ready);
	run_turns(ex);
}

static int op_fork(struct executor *ex, const struct script_op *op)
{
	struct shared *shared = ex->shared;
	uint32_t self = shared->nr_procs;
	long pid;

	if (find_proc(ex, op->name) >= 0)
		return -EEXIST;
	if (self == GUEST_MAX_PROCS)
		return -EAGAIN;
	shared->proc[self].name = op->name;
	before_fork(shared);
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		return -errno;
	if (!pid)
		become_child(ex, self);
	shared->proc[self].pid = pid;
	shared->nr_procs++;
	while (!__atomic_load_n(&shared->proc[self].ready, __ATOMIC_SEQ_CST))
		futex_wait(&shared->proc[self].ready, 0);
	return shared->proc[self].err;
}

static int op_forkwait(const struct shared *shared)
{
	long pid, got;

	before_fork(shared);
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		syscall(SYS_exit_group, 0);
	if (pid < 0)
		return -errno;
	do
		got = syscall(SYS_wait4, pid, NULL, 0, NULL);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : 0;
}

/* Wait until a process is gone, its address space included. */
static int wait_gone(pid_t pid)
{
	struct pollfd pfd = { .events = POLLIN };

	pfd.fd = syscall(SYS_pidfd_open, pid, 0);
	if (pfd.fd < 0)
		return errno == ESRCH ? 0 : -errno;
	while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
		;
	close(pfd.fd);
	return 0;
}

static int bury(struct shared *shared, uint32_t which)
{
	int err = wait_gone(shared->proc[which].pid);

	if (!err)
		shared->proc[which].pid = 0;
	return err;
}

/* The end of another process. */
static int op_exit(struct executor *ex, const struct script_op *op)
{
	struct shared *shared = ex->shared;
	int which = find_proc(ex, op->name);

	if (which < 0)
		return which;
	if ((uint32_t)which == ex->self)
		return -ESRCH;
	if (kill(shared->proc[which].pid, SIGKILL))
		return -errno;
	return bury(shared, which);
}

static void mark_op(struct executor *ex, const struct script_op *op)
{
	char text[48];
	int len = snprintf(text, sizeof(text), "O %zu %u", (size_t)(op - ex->script->ops),
			   ex->self + 1);

	ex->shared->executed++;
	ftrace_mark(text, len);
}

static void mark_ret(int err)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "R %d", -err);

	ftrace_mark(text, len);
}

/* Execute until the script ends or the turn goes to another process. */
static void run_turn(struct executor *ex)
{
	const struct script_op *op;
	int to, err;

	while ((op = script_cursor_next(&ex->shared->cursor))) {
		mark_op(ex, op);
		if (op->code == OP_SWITCH) {
			to = find_proc(ex, op->name);
			mark_ret(to < 0 ? to : 0);
			if (to < 0 || (uint32_t)to == ex->self)
				continue;
			give_turn(ex->shared, to);
			return;
		}
		if (op->code == OP_FORK)
			err = op_fork(ex, op);
		else if (op->code == OP_FORKWAIT)
			err = op_forkwait(ex->shared);
		else if (op->code == OP_EXIT)
			err = op_exit(ex, op);
		else if (op->code == OP_EXEC)
			err = op_exec(ex);
		else
			err = op_execute(ex, op);
		ex->shared->emptied += empties_batches(op);
		kvmstat_mark(ex);
		mark_ret(err);
	}
	ex->shared->state = STATE_DONE;
	give_turn(ex->shared, TURN_NOBODY);
}

static _Noreturn void run_turns(struct executor *ex)
{
	for (;;) {
		wait_turn(ex);
		run_turn(ex);
	}
}

void runner_go_on(struct executor *ex, int err)
{
	kvmstat_mark(ex);
	mark_ret(err);
	run_turns(ex);
}

struct executor *runner_prepare(const struct script *script, struct shared *shared)
{
	size_t nr = script->nr_names, i;
	struct executor *ex = &executor;

	*ex = (struct executor){ .script = script,
				 .shared = shared,
				 .kvm_fd = -1,
				 .observer_fd = -1,
				 .uffd = -1 };
	ex->obj_fd = mem_alloc((nr + 1) * sizeof(int));
	ex->vm = mem_zalloc((nr + 1) * sizeof(*ex->vm));
	ex->obj_base = mem_zalloc((nr + 1) * sizeof(uint64_t));
	if (!ex->obj_fd || !ex->vm || !ex->obj_base)
		return NULL;
	for (i = 0; i < nr; i++)
		ex->obj_fd[i] = ex->vm[i].fd = ex->vm[i].vcpu_fd = -1;
	return ex;
}

int runner_hide_own(const struct executor *ex)
{
	size_t i;

	for (i = 0; i < ex->script->nr_ops; i++)
		if (ex->script->ops[i].code == OP_NUMA_SCAN)
			return numa_hide_own();
	return 0;
}

static void first_process(struct executor *ex)
{
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = touch_setup();
	if (!err)
		err = runner_observe(ex);
	if (!err)
		err = runner_hide_own(ex);
	ex->shared->proc[0].err = err;
	if (err)
		_exit(1);
	give_turn(ex->shared, 0);
	run_turns(ex);
}

/* Reap what ended. Return: true when a process of the script died that nobody told to. */
static bool reap(struct shared *shared, int *ret_status)
{
	bool died = false;
	int status;
	uint32_t i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < shared->nr_procs; i++)
			if (shared->proc[i].pid == pid && WTERMSIG(status) != SIGKILL &&
			    (WIFSIGNALED(status) || !i)) {
				*ret_status = status;
				died = true;
			}
	return died;
}

static const char *wait_script(struct shared *shared, unsigned int limit_ms, int *ret_status)
{
	int64_t deadline = now_ms() + limit_ms;
	struct timespec nap = { 0, 50000000 };
	uint64_t executed = 0;
	uint32_t turn;

	for (;;) {
		if (shared->state == STATE_DONE)
			return "done";
		/* each operation has its time: a slow machine is no hang */
		if (__atomic_load_n(&shared->executed, __ATOMIC_RELAXED) != executed) {
			executed = shared->executed;
			deadline = now_ms() + limit_ms;
		}
		if (reap(shared, ret_status))
			return shared->state == STATE_DONE ? "done" : "died";
		if (now_ms() > deadline)
			return "hang";
		turn = __atomic_load_n(&shared->turn, __ATOMIC_SEQ_CST);
		if (turn != TURN_NOBODY)
			(void)syscall(SYS_futex, &shared->turn, FUTEX_WAIT, turn, &nap,
				      NULL, 0);
		(void)ftrace_drain();
	}
}

/* Kill every process of the script; one that does not die within two seconds is left behind. */
static unsigned int kill_all(struct shared *shared)
{
	int64_t deadline = now_ms() + 2000;
	unsigned int left = 0;
	uint32_t i;

	for (i = 0; i < shared->nr_procs; i++)
		if (shared->proc[i].pid)
			kill(shared->proc[i].pid, SIGKILL);
	for (i = 0; i < shared->nr_procs; i++) {
		if (!shared->proc[i].pid)
			continue;
		while (waitpid(shared->proc[i].pid, NULL, WNOHANG) == 0) {
			if (now_ms() > deadline) {
				left++;
				break;
			}
			usleep(1000);
		}
	}
	return left;
}

/* The script's first VM; NULL: it has none. */
static const struct script_op *first_vm(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++)
		if (script->ops[i].code == OP_VM)
			return &script->ops[i];
	return NULL;
}

/* What only some scripts need and what takes long. */
static int prepare_machine(const struct script *script)
{
	const struct script_op *op, *vm = first_vm(script);
	enum script_mmu mmu = vm ? vm->mmu : SCRIPT_MMU_TDP;
	size_t i;
	int err = setup_kvm(mmu, mmu != SCRIPT_MMU_DIRECT &&
					 !(vm && vm->flags & SCRIPT_VM_NO_TDP_MMU));

	for (i = 0; i < script->nr_ops && !err; i++) {
		op = &script->ops[i];
		if (op->code == OP_MAP && op->kind == SCRIPT_KIND_DAX)
			err = setup_dax();
		else if (op->code == OP_NUMA_HINT || op->code == OP_NUMA_SCAN ||
			 op->code == OP_AGE)
			err = kcall_prepare();
	}
	kvmtrace_kind(mmu);
	return err ? err : kvmtrace_set(vm);
}

static void report(struct shared *shared, const char *how, int status, unsigned int left)
{
	uint64_t lost = ftrace_lost();

	if (shared->proc[0].err)
		wire_printf("state failed %d\n", -shared->proc[0].err);
	else if (lost)
		wire_printf("state lost %lu\n", lost);
	else if (!strcmp(how, "died"))
		wire_printf("state died %d\n",
			    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	else if (!strcmp(how, "hang"))
		wire_printf("state hang %u\n", left);
	else
		wire_printf("state ok 0\n");
	wire_flush();
}

/* Return: how many processes could not be ended. */
static unsigned int run_processes(const struct script *script, struct shared *shared,
				  unsigned int limit_ms)
{
	const char *how;
	int status = 0;
	unsigned int left;
	pid_t pid;

	script_cursor_init(&shared->cursor, script);
	shared->turn = TURN_NOBODY - 1;
	shared->nr_procs = 1;
	pid = fork();
	if (!pid) {
		first_process(&executor);
		_exit(0);
	}
	shared->proc[0].pid = pid;
	if (pid < 0)
		shared->proc[0].err = -errno;
	how = pid < 0 ? "died" : wait_script(shared, limit_ms, &status);
	(void)ftrace_drain();
	left = pid < 0 ? 0 : kill_all(shared);
	report(shared, how, status, left);
	return left;
}

static int check_reserved(const struct ranges *maps)
{
	uint64_t start, end;
	int err = ranges_reserved(maps, &start, &end);

	if (err == -EADDRINUSE)
		wire_printf("log the executor itself lies at [0x%lx, 0x%lx)\n", start, end);
	return err;
}

/* The memory that init and the processes share, and the executor that they inherit. */
static int share(const struct script *script, unsigned int number, struct shared **ret_shared)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);
	void *shared = MAP_FAILED;

	if (fd < 0 || ftruncate(fd, sizeof(struct shared)))
		return -errno;
	shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		return -errno;
	*ret_shared = shared;
	if (!runner_prepare(script, shared))
		return -ENOMEM;
	executor.shared_fd = fd;
	executor.number = number;
	return 0;
}

bool runner_run(const struct script *script, unsigned int number, unsigned int limit_ms)
{
	struct ranges maps = { 0 }, slots = { 0 };
	struct shared *shared = MAP_FAILED;
	unsigned int left = 0;
	int err;

	wire_printf("script %u\n", number);
	wire_flush();
	err = share(script, number, &shared);
	if (!err)
		err = ranges_of_maps(script, &maps);
	if (!err)
		err = ranges_of_slots(script, &slots);
	if (!err)
		err = check_reserved(&maps);
	setup_settings();
	if (!err)
		err = prepare_machine(script);
	if (err) {
		wire_printf("state failed %d\n", -err);
		wire_flush();
	} else {
		ftrace_begin(&maps, &slots);
		left = run_processes(script, shared, limit_ms);
	}
	mem_free(executor.obj_fd);
	mem_free(executor.vm);
	mem_free(executor.obj_base);
	mem_free(maps.range);
	mem_free(slots.range);
	if (shared != MAP_FAILED)
		munmap(shared, sizeof(*shared));
	close(executor.shared_fd);
	return !left;
}
