// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads of the recording, their address spaces, and the script's processes for those.
 */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

#include <base/mem.h>

struct mm *imp_mm_new(struct import *im)
{
	struct mm *mm = mem_zalloc(sizeof(*mm));

	if (!mm)
		return NULL;
	RB_INIT(&mm->tree);
	SLIST_INIT(&mm->vms);
	mm->state = MM_ABSENT;
	LIST_INSERT_HEAD(&im->mms, mm, list);
	return mm;
}

static void out_process(struct import *im, uint32_t number)
{
	if (!number) {
		imp_out_str(im, "main");
		return;
	}
	imp_out_str(im, "p");
	imp_out_dec(im, number);
}

static void mm_free(struct import *im, struct mm *mm)
{
	if (im->current == mm)
		im->current = NULL;
	if (im->main == mm)
		im->main = NULL;
	if (im->run.mm == mm)
		im->run.count = 0;
	imp_vma_remove_all(mm);
	imp_vms_release(im, mm);
	LIST_REMOVE(mm, list);
	mem_free(mm);
}

/* A process leaves the script from another one; the first ends with the script. */
static void out_exit(struct import *im, const struct mm *mm)
{
	imp_touch_flush(im);
	if (im->current == mm) {
		imp_out_str(im, "switch main\n");
		im->report->ops++;
		im->current = im->main;
	}
	imp_out_str(im, "exit ");
	out_process(im, mm->number);
	imp_out_end(im);
}

void imp_mm_put(struct import *im, struct mm *mm)
{
	if (--mm->users)
		return;
	if (mm->state != MM_ABSENT && mm->number)
		out_exit(im, mm);
	mm_free(im, mm);
}

bool imp_task_is_shown(const struct import *im, const struct task *task)
{
	const uint32_t pid = im->options.pid;

	return !pid || task->tgid == pid || task->pid == pid;
}

/*
 * Whether anything of an address space that @task brings up can be shown as the script's
 * first.
 */
static bool may_be_main(const struct import *im, const struct task *task)
{
	return !im->next_process && imp_task_is_shown(im, task);
}

static void make_main(struct import *im, struct mm *mm, const struct task *task)
{
	im->report->first = task->tgid;
	mm->state = MM_SHOWN;
	mm->number = 0;
	im->next_process = 1;
	im->current = mm;
	im->main = mm;
}

/*
 * An address space that no shown one was forked into: the first, or one more from the
 * blank.
 */
static void place_new(struct import *im, struct mm *mm, const struct task *task)
{
	if (may_be_main(im, task)) {
		make_main(im, mm, task);
		return;
	}
	if (!im->blank || !imp_task_is_shown(im, task)) {
		mm->state = MM_ABSENT;
		return;
	}
	imp_touch_flush(im);
	imp_out_str(im, "switch blank\nfork ");
	out_process(im, im->next_process);
	imp_out_note(im, "a new program");
	imp_out_str(im, "switch ");
	out_process(im, im->next_process);
	imp_out_bytes(im, "\n", 1);
	im->report->ops += 2;
	mm->number = im->next_process++;
	mm->state = MM_SHOWN;
	im->current = mm;
}

void imp_maybe_blank(struct import *im)
{
	if (im->blank || im->next_process != 1 || !im->current || im->options.pid ||
	    !RB_EMPTY(&im->current->tree))
		return;
	imp_out_str(
		im,
		"fork blank  # stays empty: programs started later are forked from it\n");
	im->report->ops++;
	im->blank = true;
}

bool imp_go_to(struct import *im, struct mm *mm)
{
	if (mm->state != MM_SHOWN)
		return false;
	imp_touch_flush_others(im, mm);
	if (im->current == mm)
		return true;
	imp_out_str(im, "switch ");
	out_process(im, mm->number);
	imp_out_bytes(im, "\n", 1);
	im->report->ops++;
	im->current = mm;
	return true;
}

struct task *imp_task_find(struct import *im, uint32_t pid)
{
	struct task *task = im->recent;

	if (task && task->pid == pid)
		return task;
	LIST_FOREACH(task, &im->tasks[pid % TASK_BUCKETS], list) {
		if (task->pid == pid) {
			im->recent = task;
			return task;
		}
	}
	return NULL;
}

static struct task *task_new(struct import *im, uint32_t pid)
{
	struct task *task = mem_zalloc(sizeof(*task));

	if (!task)
		return NULL;
	task->pid = pid;
	task->tgid = pid;
	LIST_INSERT_HEAD(&im->tasks[pid % TASK_BUCKETS], task, list);
	im->report->threads++;
	im->nr_tasks++;
	return task;
}

static void task_free(struct import *im, struct task *task)
{
	if (im->recent == task)
		im->recent = NULL;
	if (im->first_task == task)
		im->first_task = NULL;
	if (task->forking)
		im->forking--;
	if (task->in_call)
		im->report->unfinished++;
	if (im->interrupted == task)
		im->interrupted = NULL;
	im->nr_tasks--;
	LIST_REMOVE(task, list);
	mem_free(task->stash);
	mem_free(task);
}

/* The script's side of a fork: the child is a copy, and so is what we know of it. */
static int fork_mm(struct import *im, struct mm *parent, struct task *child)
{
	struct mm *mm = imp_mm_new(im);
	int err;

	if (!mm)
		return -ENOMEM;
	mm->users = 1;
	child->mm = mm;
	mm->brk_start = parent->brk_start;
	mm->brk = parent->brk;
	mm->heap_number = parent->heap_number;
	err = imp_vma_copy_all(mm, parent);
	if (err || !imp_go_to(im, parent))
		return err;
	imp_touch_flush(im);
	imp_out_str(im, "fork ");
	out_process(im, im->next_process);
	imp_out_end(im);
	imp_touch_forget(im);
	mm->number = im->next_process++;
	mm->state = imp_task_is_shown(im, child) ? MM_SHOWN : MM_MUTED;
	return 0;
}

/*
 * A child asked for by the options whose parent is not shown: begin with what it
 * inherited.
 */
static void show_inherited(struct import *im, struct mm *mm, const struct task *task)
{
	static const char *const kinds[] = { "anon", "shmem", "file", "hugetlb=2M",
					     "hugetlb=1G" };
	const uint64_t brk = mm->brk;
	struct vma *vma;

	make_main(im, mm, task);
	if (mm->brk_start) {
		imp_op_heap(im, mm, mm->brk_start);
		imp_out_brk(im, mm, mm->brk = brk);
	}
	RB_FOREACH(vma, imp_vma_tree, &mm->tree) {
		if (vma->name == NAME_HEAP) {
			vma->number = mm->heap_number;
			continue;
		}
		vma->name = NAME_MAP;
		vma->number = ++im->next_name[NAME_MAP];
		vma->base = vma->start;
		imp_out_str(im, "map ");
		imp_out_vma_name(im, vma);
		imp_out_str(im, " ");
		imp_out_hex(im, vma->start);
		imp_out_str(im, " ");
		imp_out_size(im, vma->end - vma->start);
		imp_out_str(im, " ");
		imp_out_prot(im, vma->prot);
		imp_out_str(im, " ");
		imp_out_str(im, kinds[vma->kind]);
		imp_out_str(im, vma->shared ? " shared" : " private");
		imp_out_note(im, "inherited");
	}
}

static int make_child(struct import *im, struct task *parent, uint32_t pid,
		      struct task **ret_child)
{
	struct task *child = task_new(im, pid);
	int err = 0;

	if (!child)
		return -ENOMEM;
	if (parent->fork_flags & CLONE_BIT_THREAD)
		child->tgid = parent->tgid;
	else
		im->report->processes++;
	if (parent->fork_flags & CLONE_BIT_VM) {
		child->mm = parent->mm;
		child->mm->users++;
	} else {
		err = fork_mm(im, parent->mm, child);
		if (!err && child->mm->state == MM_ABSENT && may_be_main(im, child))
			show_inherited(im, child->mm, child);
	}
	if (err) {
		if (child->mm)
			imp_mm_put(im, child->mm);
		task_free(im, child);
		return err;
	}
	*ret_child = child;
	return 0;
}

void imp_fork_begins(struct import *im, struct task *task, uint64_t clone_flags)
{
	if (!task->forking)
		im->forking++;
	task->forking = true;
	task->fork_flags = clone_flags;
	task->fork_order = im->fork_order++;
	task->forked = 0;
}

/*
 * The thread longest inside a fork whose child has not been seen: the parent of a new
 * pid.
 */
static struct task *oldest_fork(struct import *im)
{
	struct task *task, *best = NULL;

	for (unsigned int i = 0; im->forking && i < TASK_BUCKETS; i++)
		LIST_FOREACH(task, &im->tasks[i], list)
			if (task->forking && !task->forked &&
			    (!best || task->fork_order < best->fork_order))
				best = task;
	return best;
}

int imp_fork_child(struct import *im, struct task *task, uint32_t child)
{
	struct task *made;
	int err;

	if (task->forked == child || imp_task_find(im, child))
		return 0;
	err = make_child(im, task, child, &made);
	if (!err)
		task->forked = child;
	return err;
}

int imp_fork_ends(struct import *im, struct task *task, uint32_t child)
{
	if (task->forking)
		im->forking--;
	task->forking = false;
	return child && child != task->pid ? imp_fork_child(im, task, child) : 0;
}

/*
 * A thread without a known parent: of a program the recording starts with, or found
 * running.
 */
static struct task *task_unknown(struct import *im, uint32_t pid)
{
	struct task *task = task_new(im, pid);

	if (!task)
		return NULL;
	if (im->first_task && !im->strangers) {
		im->report->assumed_threads++;
		task->tgid = im->first_task->tgid;
		task->mm = im->first_task->mm;
		task->mm->users++;
		return task;
	}
	task->mm = imp_mm_new(im);
	if (!task->mm) {
		task_free(im, task);
		return NULL;
	}
	im->report->processes++;
	task->mm->users = 1;
	if (!im->first_task)
		im->first_task = task;
	/* what strangers have mapped is not known: one of them is enough */
	if (may_be_main(im, task) || !im->strangers)
		place_new(im, task->mm, task);
	return task;
}

int imp_task_join(struct import *im, uint32_t pid, uint32_t tgid)
{
	struct task *leader = NULL, *task;

	if (imp_task_find(im, pid))
		return 0;
	for (unsigned int i = 0; !leader && i < TASK_BUCKETS; i++)
		LIST_FOREACH(task, &im->tasks[i], list)
			if (task->tgid == tgid)
				leader = task;
	if (!leader)
		return 0;
	task = task_new(im, pid);
	if (!task)
		return -ENOMEM;
	task->tgid = tgid;
	task->mm = leader->mm;
	task->mm->users++;
	return 0;
}

static void renumber(struct import *im, struct task *task, uint32_t pid)
{
	LIST_REMOVE(task, list);
	task->pid = pid;
	LIST_INSERT_HEAD(&im->tasks[pid % TASK_BUCKETS], task, list);
	im->recent = task;
}

struct task *imp_task_name(struct import *im, uint32_t pid)
{
	struct task *task = imp_task_find(im, 0), *other;

	if (!task)
		return NULL;
	for (unsigned int i = 0; i < TASK_BUCKETS; i++)
		LIST_FOREACH(other, &im->tasks[i], list)
			if (!other->tgid)
				other->tgid = pid;
	renumber(im, task, pid);
	return task;
}

void imp_task_supersede(struct import *im, struct task *leader, uint32_t pid)
{
	struct task *task = imp_task_find(im, pid);
	const uint32_t leader_pid = leader->pid;
	const bool first = im->first_task == leader;

	if (task == leader)
		return;
	imp_task_exit(im, leader, false);
	if (!task)
		return;
	renumber(im, task, leader_pid);
	if (first)
		im->first_task = task;
}

/* strace leaves the number out while it follows one thread only. */
static struct task *only_task(struct import *im)
{
	struct task *task = imp_task_find(im, 0);

	if (!task && im->nr_tasks == 1)
		task = im->recent;
	for (unsigned int i = 0; !task && im->nr_tasks == 1 && i < TASK_BUCKETS; i++)
		task = LIST_FIRST(&im->tasks[i]);
	return task ? task : im->first_task;
}

struct task *imp_task_get(struct import *im, uint32_t pid)
{
	struct task *task = imp_task_find(im, pid);
	struct task *parent;

	if (!task && !pid)
		task = only_task(im);
	if (task)
		return task;
	parent = im->strangers ? NULL : oldest_fork(im);
	if (!parent) {
		task = im->strangers ? NULL : imp_task_name(im, pid);
		if (task)
			return task;
	}
	if (!parent) {
		task = task_unknown(im, pid);
	} else {
		if (make_child(im, parent, pid, &task))
			return NULL;
		parent->forked = pid;
	}
	im->recent = task;
	return task;
}

/* The same process runs another program: all that was mapped is gone. */
static void empty(struct import *im, struct mm *mm)
{
	if ((!RB_EMPTY(&mm->tree) || !SLIST_EMPTY(&mm->vms)) && imp_go_to(im, mm)) {
		imp_touch_flush(im);
		imp_out_str(im, "exec");
		imp_out_end(im);
	}
	imp_vma_remove_all(mm);
	imp_vms_release(im, mm);
	mm->probed = mm->guessed = false;
	mm->brk_start = mm->brk = 0;
	imp_touch_forget(im);
}

/* The script's process of @task ends; another is forked from the blank one. */
static int exec_anew(struct import *im, struct task *task)
{
	struct mm *old = task->mm, *mm = imp_mm_new(im);

	if (!mm)
		return -ENOMEM;
	mm->users = 1;
	task->mm = mm;
	imp_mm_put(im, old);
	place_new(im, mm, task);
	return 0;
}

int imp_task_exec(struct import *im, struct task *task)
{
	struct mm *mm = task->mm;

	if (mm->users > 1)
		return exec_anew(im, task);
	empty(im, mm);
	return 0;
}

void imp_task_exit(struct import *im, struct task *task, bool group)
{
	struct task *other, *next;
	const uint32_t tgid = task->tgid;

	for (unsigned int i = 0; group && i < TASK_BUCKETS; i++) {
		for (other = LIST_FIRST(&im->tasks[i]); other; other = next) {
			next = LIST_NEXT(other, list);
			if (other == task || other->tgid != tgid)
				continue;
			imp_mm_put(im, other->mm);
			task_free(im, other);
		}
	}
	imp_mm_put(im, task->mm);
	task_free(im, task);
}

void imp_processes_release(struct import *im)
{
	struct task *task;
	struct mm *mm;

	for (unsigned int i = 0; i < TASK_BUCKETS; i++)
		while ((task = LIST_FIRST(&im->tasks[i]))) {
			im->report->unheard += im->strangers && !task->heard &&
					       task->pid == task->tgid;
			task_free(im, task);
		}
	while ((mm = LIST_FIRST(&im->mms)))
		mm_free(im, mm);
}
