// SPDX-License-Identifier: GPL-2.0-or-later
/* The logs of written pages that memory slots have. */
#include "guest_internal.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define WORD_BITS 64u

/* Pages of the slot as the latest of the script's lines before @op sets it; 0 for none. */
static uint64_t slot_pages(const struct executor *ex, const struct script_op *op)
{
	const struct script_op *at;
	uint64_t pages = 0;

	for (at = ex->script->ops; at < ex->script->ops + ex->script->nr_ops; at++)
		if (at->code == OP_MEMSLOT && at->name2 == op->name2 && at->slot == op->slot &&
		    at->len / GUEST_PAGE > pages)
			pages = at->len / GUEST_PAGE;
	return pages;
}

static void mark_log(const struct script_op *op, const uint64_t *bits, uint64_t words)
{
	uint64_t i, mask, pages = 0, hash = 0;
	char text[80];

	for (i = 0; i < words; i++)
		for (mask = bits[i]; mask; mask &= mask - 1) {
			pages++;
			hash = (hash ^ (i * WORD_BITS + __builtin_ctzll(mask))) * 0x100000001b3ull +
			       1;
		}
	ftrace_mark(text, snprintf(text, sizeof(text), "D %u %u %lx %lx", op->name2, op->slot,
				   pages, hash));
}

int op_dirty_log(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	uint64_t words = slot_pages(ex, op) / WORD_BITS + 1;
	struct kvm_dirty_log log = { .slot = op->slot };
	int err;

	if (vm->fd < 0)
		return -EBADF;
	log.dirty_bitmap = mmap(NULL, words * sizeof(uint64_t), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (log.dirty_bitmap == MAP_FAILED)
		return -errno;
	err = ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) ? -errno : 0;
	if (!err)
		mark_log(op, log.dirty_bitmap, words);
	munmap(log.dirty_bitmap, words * sizeof(uint64_t));
	return err;
}

/* Every page of the range: KVM clears those that are set. */
int op_clear_dirty_log(struct executor *ex, const struct script_op *op)
{
	struct guest_vm *vm = &ex->vm[op->name2];
	uint64_t pages = op->len / GUEST_PAGE + (op->len % GUEST_PAGE != 0);
	size_t bytes = (pages / WORD_BITS + 1) * sizeof(uint64_t);
	struct kvm_clear_dirty_log log = {
		.slot = op->slot,
		.num_pages = pages,
		.first_page = op->addr2 / GUEST_PAGE,
	};
	int err;

	if (vm->fd < 0)
		return -EBADF;
	log.dirty_bitmap = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (log.dirty_bitmap == MAP_FAILED)
		return -errno;
	memset(log.dirty_bitmap, 0xff, bytes);
	err = ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log) ? -errno : 0;
	munmap(log.dirty_bitmap, bytes);
	return err;
}

int enable_dirty_log_protect(int fd, unsigned int flags)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args = { KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
			  (flags & SCRIPT_VM_INITIALLY_SET ? KVM_DIRTY_LOG_INITIALLY_SET : 0) },
	};

	return ioctl(fd, KVM_ENABLE_CAP, &cap) ? -errno : 0;
}
