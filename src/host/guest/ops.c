// SPDX-License-Identifier: GPL-2.0-or-later
/* One operation of a script as the system calls that it stands for. */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int prot_bits(unsigned int prot)
{
	return (prot & SCRIPT_PROT_R ? PROT_READ : 0) |
	       (prot & SCRIPT_PROT_W ? PROT_WRITE : 0) |
	       (prot & SCRIPT_PROT_X ? PROT_EXEC : 0);
}

static int result(long got)
{
	return got < 0 ? -errno : 0;
}

static uint64_t round_up(uint64_t value, uint64_t size)
{
	return (value + size - 1) & -size;
}

static unsigned int size_log2(uint64_t size)
{
	return 63 - __builtin_clzll(size);
}

/* Shared anonymous memory that is mapped again needs a name: a memory file is the same
 * thing. */
static bool mapped_again(const struct executor *ex, const struct script_op *map)
{
	const struct script_op *op;
	size_t i;

	for (i = map - ex->script->ops + 1; i < ex->script->nr_ops; i++) {
		op = &ex->script->ops[i];
		if ((op->code == OP_MAP && op->flags & SCRIPT_MAP_OF &&
		     op->name2 == map->name) ||
		    (op->code == OP_TRUNCATE && op->name2 == map->name))
			return true;
	}
	return false;
}

static bool is_anonymous(const struct executor *ex, const struct script_op *op)
{
	return op->kind == SCRIPT_KIND_ANON &&
	       !(op->flags & SCRIPT_MAP_SHARED && mapped_again(ex, op));
}

static int open_object(const struct script_op *op)
{
	unsigned int huge = op->kind == SCRIPT_KIND_HUGETLB
				    ? MFD_HUGETLB | size_log2(op->page_size)
							    << MFD_HUGE_SHIFT
				    : 0;
	char path[32];

	if (op->kind != SCRIPT_KIND_FILE && op->kind != SCRIPT_KIND_DAX)
		return memfd_create(huge ? HUGETLB_MEMFD : "map", MFD_CLOEXEC | huge);
	if (op->kind == SCRIPT_KIND_DAX)
		return open(dax_path(op->page_size), O_RDWR | O_CLOEXEC);
	snprintf(path, sizeof(path), "/files/%u-%u", getpid(), op->name);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* The object behind a new map, large enough for it; kept for of=NAME and truncate. */
static int new_object(struct executor *ex, const struct script_op *op, int *ret_fd)
{
	uint64_t page = op->kind == SCRIPT_KIND_HUGETLB ? op->page_size : GUEST_PAGE;
	uint64_t size = round_up(op->addr2 + op->len, page);
	int fd = open_object(op), err;

	if (fd < 0)
		return -errno;
	if (op->kind != SCRIPT_KIND_DAX && ftruncate(fd, size)) {
		err = -errno;
		close(fd);
		return err;
	}
	if (op->name != SCRIPT_NO_NAME) {
		if (ex->obj_fd[op->name] >= 0)
			close(ex->obj_fd[op->name]);
		ex->obj_fd[op->name] = fd;
		ex->obj_base[op->name] = 0;
	}
	*ret_fd = fd;
	return 0;
}

/* What read() and readahead would do for a file with contents. */
static int fill_cache(int fd, const struct script_op *op)
{
	static const char zeros[GUEST_PAGE];
	uint64_t at;

	for (at = 0; at < op->len; at += sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), op->addr2 + at) != sizeof(zeros))
			return -errno;
	return 0;
}

static int op_map(struct executor *ex, const struct script_op *op)
{
	int flags = MAP_FIXED, fd = -1, err;
	uint64_t offset = op->addr2, *next;
	void *got;

	flags |= op->flags & SCRIPT_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE;
	flags |= op->flags & SCRIPT_MAP_NORESERVE ? MAP_NORESERVE : 0;
	flags |= op->flags & SCRIPT_MAP_POPULATE ? MAP_POPULATE : 0;
	if (op->flags & SCRIPT_MAP_OF) {
		fd = ex->obj_fd[op->name2];
		offset += ex->obj_base[op->name2];
	} else if (is_anonymous(ex, op)) {
		flags |= MAP_ANONYMOUS;
	} else {
		err = new_object(ex, op, &fd);
		if (err)
			return err;
	}
	if (op->kind == SCRIPT_KIND_DAX && !(op->flags & SCRIPT_MAP_OF)) {
		next = &ex->dax_next[size_log2(op->page_size)];
		ex->obj_base[op->name] = *next;
		offset += *next;
		*next = offset + round_up(op->len, op->page_size);
	}
	err = op->flags & SCRIPT_MAP_CACHED ? fill_cache(fd, op) : 0;
	if (err)
		return err;
	got = mmap((void *)op->addr, op->len, prot_bits(op->prot), flags, fd, offset);
	if (got == MAP_FAILED)
		return -errno;
	if (op->flags & SCRIPT_MAP_HUGE)
		return result(madvise(got, op->len, MADV_HUGEPAGE));
	if (op->flags & SCRIPT_MAP_NOHUGE)
		return result(madvise(got, op->len, MADV_NOHUGEPAGE));
	return 0;
}

/* To the same address, mremap() resizes in place: MREMAP_FIXED refuses overlap. */
static int op_mremap(const struct script_op *op)
{
	int flags = op->addr2 == op->addr ? 0 : MREMAP_MAYMOVE | MREMAP_FIXED;

	if (op->flags & SCRIPT_MREMAP_DONTUNMAP)
		flags |= MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
	return result(syscall(SYS_mremap, op->addr, op->len, op->len2, flags, op->addr2));
}

/* Both ends must stay in order, hence the end that moves away goes first. */
static int op_heap(const struct script_op *op)
{
	uint64_t now = syscall(SYS_brk, 0);
	int first = op->addr > now ? PR_SET_MM_BRK : PR_SET_MM_START_BRK;
	int second = op->addr > now ? PR_SET_MM_START_BRK : PR_SET_MM_BRK;

	if (prctl(PR_SET_MM, first, op->addr, 0, 0) ||
	    prctl(PR_SET_MM, second, op->addr, 0, 0))
		return -errno;
	return 0;
}

/* brk() has no errno: it returns the end that it left. */
static int op_brk(const struct script_op *op)
{
	return (uint64_t)syscall(SYS_brk, op->addr) == op->addr ? 0 : -ENOMEM;
}

static int op_truncate(struct executor *ex, const struct script_op *op)
{
	if (ex->obj_fd[op->name2] < 0)
		return -EBADF;
	return result(ftruncate(ex->obj_fd[op->name2], op->len));
}

static int op_clear_refs(const struct script_op *op)
{
	return put_filef("/proc/self/clear_refs", "%u", (unsigned int)op->count);
}

/*
 * Linux up to 6.11 clears 1 GiB leaves of devices without flushing the TLB. A touch shall see the
 * page table: freeing more pages than are flushed one by one flushes everything.
 */
static void flush_stale_tlb(const struct executor *ex)
{
	static char *scratch;
	const size_t size = 64 * GUEST_PAGE;
	size_t i;

	for (i = 0; i < ex->script->nr_ops; i++)
		if (ex->script->ops[i].code == OP_MAP && ex->script->ops[i].page_size == 1ull << 30)
			break;
	if (i == ex->script->nr_ops)
		return;
	if (!scratch)
		scratch = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);
	if (scratch == MAP_FAILED)
		return;
	for (i = 0; i < size; i += GUEST_PAGE)
		scratch[i] = 1;
	madvise(scratch, size, MADV_DONTNEED);
}

static int execute_vm(struct executor *ex, const struct script_op *op)
{
	switch (op->code) {
	case OP_VM:
		return op_vm(ex, op);
	case OP_MEMSLOT:
		return op_memslot(ex, op);
	case OP_DIRTY_LOG:
		return op_dirty_log(ex, op);
	case OP_CLEAR_DIRTY_LOG:
		return op_clear_dirty_log(ex, op);
	case OP_GUEST:
		return op_guest(ex, op);
	case OP_L2_MAP:
		return op_l2_map(ex, op);
	case OP_L2_REMAP:
		return op_l2_remap(ex, op);
	case OP_VMRUN:
		return op_vmrun(ex, op);
	case OP_GUEST_MAP:
		return op_guest_map(ex, op);
	case OP_GUEST_REMAP:
		return op_guest_remap(ex, op);
	case OP_CR3:
		return op_cr3(ex, op);
	case OP_INVLPG:
		return op_invlpg(ex, op);
	default:
		return -ENOSYS;
	}
}

int op_execute(struct executor *ex, const struct script_op *op)
{
	void *addr = (void *)op->addr;

	switch (op->code) {
	case OP_MAP:
		return op_map(ex, op);
	case OP_TOUCH:
		flush_stale_tlb(ex);
		return op_touch(op);
	case OP_MPROTECT:
		return result(mprotect(addr, op->len, prot_bits(op->prot)));
	case OP_MUNMAP:
		return result(munmap(addr, op->len));
	case OP_MADVISE:
		return result(madvise(addr, op->len, script_advice_number(op->advice)));
	case OP_MREMAP:
		return op_mremap(op);
	case OP_HEAP:
		return op_heap(op);
	case OP_BRK:
		return op_brk(op);
	case OP_TRUNCATE:
		return op_truncate(ex, op);
	case OP_CLEAR_REFS:
		return op_clear_refs(op);
	case OP_NUMA_HINT:
		return op_numa_hint(op);
	case OP_NUMA_SCAN:
		return op_numa_scan(op);
	case OP_MBIND:
		return op_mbind(op);
	case OP_MOVE_PAGES:
		return op_move_pages(op);
	case OP_UFFD:
		return op_uffd(ex, op);
	case OP_PAGEMAP_SCAN:
		return op_pagemap_scan(op);
	case OP_KSM:
		return op_ksm(op);
	case OP_PIN:
		return op_pin(op);
	case OP_AGE:
		return op_age(op);
	case OP_SYSCTL:
		return setup_sysctl(op->sysctl, op->count);
	case OP_ASSERT:
	case OP_DEVICE:
		return 0;
	default:
		return execute_vm(ex, op);
	}
}
