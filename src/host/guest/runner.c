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
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/*
 * A VM without memory: it registers KVM's notifier, without which the kernel calls none.
 * Then one notification of a known range tells init this process's mm.
 */
static int observe(struct executor *ex)
{
	char text[32];
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
	len = snprintf(text, sizeof(text), "M %u", ex->self);
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

static void run_turns(struct executor *ex);
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
	ex->shared->proc[self].err = observe(ex);
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
		else
			err = op_execute(ex, op);
		ex->shared->emptied += empties_batches(op);
		kvmstat_mark(ex);
		mark_ret(err);
	}
	ex->shared->state = STATE_DONE;
	give_turn(ex->shared, TURN_NOBODY);
}

static void run_turns(struct executor *ex)
{
	for (;;) {
		wait_turn(ex);
		run_turn(ex);
	}
}

static int prepare_executor(const struct script *script, struct shared *shared)
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
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		ex->obj_fd[i] = ex->vm[i].fd = ex->vm[i].vcpu_fd = -1;
	return 0;
}

static void first_process(struct executor *ex)
{
	size_t i;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = touch_setup();
	if (!err)
		err = observe(ex);
	for (i = 0; !err && i < ex->script->nr_ops; i++)
		if (ex->script->ops[i].code == OP_NUMA_SCAN)
			break;
	if (!err && i < ex->script->nr_ops)
		err = numa_hide_own();
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

static int add_range(struct ranges *ranges, uint64_t start, uint64_t len)
{
	int err = mem_grow(&ranges->range, &ranges->cap, ranges->nr + 1,
			   sizeof(*ranges->range));

	if (err)
		return err;
	ranges->range[ranges->nr].start = start;
	ranges->range[ranges->nr].end = start + len < start ? UINT64_MAX : start + len;
	ranges->nr++;
	return 0;
}

/* Every address that the script may ever have mapped, or asks KVM about. */
static int collect_ranges(const struct script *script, struct ranges *ranges)
{
	const struct script_op *op;
	uint64_t heap = 0;
	int err = 0;
	size_t i;

	for (i = 0; i < script->nr_ops && !err; i++) {
		op = &script->ops[i];
		if (op->code == OP_MAP)
			err = add_range(ranges, op->addr,
					(op->len + GUEST_PAGE - 1) & -GUEST_PAGE);
		else if (op->code == OP_MREMAP)
			err = add_range(ranges, op->addr2,
					(op->len2 + GUEST_PAGE - 1) & -GUEST_PAGE);
		else if (op->code == OP_AGE)
			err = add_range(ranges, op->addr, op->len);
		else if (op->code == OP_HEAP)
			heap = op->addr;
		else if (op->code == OP_BRK && op->addr > heap)
			err = add_range(ranges, heap,
					((op->addr - heap) + GUEST_PAGE - 1) &
						-GUEST_PAGE);
	}
	return err;
}

/* The executor's own maps must stay what they are. Return: -EADDRINUSE when the script
 * wants one. */
static int check_reserved(const struct ranges *maps)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t start, end;
	const char *line;
	char *dash;
	int err = get_file("/proc/self/maps", &text);

	for (line = strbuf_str(&text); !err && *line; line = strchrnul(line, '\n') + 1) {
		start = strtoull(line, &dash, 16);
		end = *dash == '-' ? strtoull(dash + 1, NULL, 16) : start;
		if (start < end && end >> 63 == 0 && ranges_touch(maps, start, end)) {
			wire_printf("log the executor itself lies at [0x%lx, 0x%lx)\n",
				    start, end);
			err = -EADDRINUSE;
		}
		if (!*strchrnul(line, '\n'))
			break;
	}
	strbuf_release(&text);
	return err;
}

/* The guest-physical ranges of the script's memslots. */
static int collect_slots(const struct script *script, struct ranges *slots)
{
	const struct script_op *op;
	int err = 0;
	size_t i;

	for (i = 0; i < script->nr_ops && !err; i++) {
		op = &script->ops[i];
		if (op->code == OP_MEMSLOT && !(op->flags & SCRIPT_MEMSLOT_DELETE))
			err = add_range(slots, script_op_gpa(op), op->len);
	}
	return err;
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

bool runner_run(const struct script *script, unsigned int number, unsigned int limit_ms)
{
	struct ranges maps = { 0 }, slots = { 0 };
	struct shared *shared;
	unsigned int left = 0;
	int err;

	wire_printf("script %u\n", number);
	wire_flush();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	err = shared == MAP_FAILED ? -ENOMEM : prepare_executor(script, shared);
	if (!err)
		err = collect_ranges(script, &maps);
	if (!err)
		err = collect_slots(script, &slots);
	if (!err)
		err = check_reserved(&maps);
	setup_settings();
	if (!err)
		err = prepare_machine(script);
	if (err) {
		wire_printf("state failed %d\n", -err);
		wire_flush();
	} else {
		ftrace_begin(&maps, &slots, (uintptr_t)probe_page);
		left = run_processes(script, shared, limit_ms);
	}
	mem_free(executor.obj_fd);
	mem_free(executor.vm);
	mem_free(executor.obj_base);
	mem_free(maps.range);
	mem_free(slots.range);
	if (shared != MAP_FAILED)
		munmap(shared, sizeof(*shared));
	return !left;
}
