// SPDX-License-Identifier: GPL-2.0-or-later
/* KVM's system calls: virtual machines and their memslots. */
#include "import_internal.h"

#include <errno.h>

#include <base/mem.h>

/*
 * KVM keeps the number of the address space (1: system management mode) above the slot's.
 */
#define SLOT_AS_SHIFT 16

static struct vm *vm_find(struct mm *mm, int fd)
{
	struct vm *vm;

	SLIST_FOREACH(vm, &mm->vms, list)
		if (vm->fd == fd)
			return vm;
	return NULL;
}

static void vm_free(struct vm *vm)
{
	struct slot *slot;

	while ((slot = SLIST_FIRST(&vm->slots))) {
		SLIST_REMOVE_HEAD(&vm->slots, list);
		mem_free(slot);
	}
	mem_free(vm);
}

void imp_vms_release(struct import *im, struct mm *mm)
{
	struct vm *vm;

	if (im->idle_guests == mm)
		im->idle_guests = NULL;
	while ((vm = SLIST_FIRST(&mm->vms))) {
		SLIST_REMOVE_HEAD(&mm->vms, list);
		vm_free(vm);
	}
}

int imp_op_vm_create(struct import *im, struct mm *mm, int fd)
{
	struct vm *vm = vm_find(mm, fd);

	imp_touch_flush(im); /* while the number still stands for the old machine */
	/* the descriptor was closed and is used again: the old machine is gone */
	if (vm) {
		SLIST_REMOVE(&mm->vms, vm, vm, list);
		vm_free(vm);
	}
	vm = mem_zalloc(sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	SLIST_INIT(&vm->slots);
	vm->fd = fd;
	vm->number = im->next_vm++;
	SLIST_INSERT_HEAD(&mm->vms, vm, list);
	im->report->vms++;
	if (!imp_go_to(im, mm))
		return 0;
	imp_touch_flush(im);
	imp_out_str(im, "vm vm");
	imp_out_dec(im, vm->number);
	imp_out_str(im, " ");
	imp_out_str(im, im->options.mmu ? im->options.mmu : "tdp");
	imp_out_end(im);
	return 0;
}

static void out_slot(struct import *im, const struct vm *vm, uint32_t id)
{
	imp_out_str(im, "memslot vm");
	imp_out_dec(im, vm->number);
	imp_out_str(im, " ");
	imp_out_dec(im, id);
	imp_out_str(im, " ");
}

/* Changes of slots come in rounds, in between which the guest does not run. */
static void slots_change(struct import *im, struct mm *mm)
{
	if (im->idle_guests == mm)
		im->idle_guests = NULL;
	imp_touch_flush(im);
	im->idle_guests = mm;
}

static void slot_delete(struct import *im, struct mm *mm, struct vm *vm,
			struct slot *slot)
{
	struct slot *other;

	if (imp_go_to(im, mm)) {
		out_slot(im, vm, slot->id);
		imp_out_str(im, "delete");
		imp_out_end(im);
	}
	SLIST_REMOVE(&vm->slots, slot, slot, list);
	mem_free(slot);
	/* KVM drops the tables of the whole guest with a slot */
	SLIST_FOREACH(other, &vm->slots, list)
		other->used = false;
}

static void guest_uses(struct import *im, const struct vm *vm, struct slot *slot)
{
	uint64_t limit = im->options.touch_limit;
	uint64_t len = slot->size < limit ? slot->size : limit;

	slot->used = true;
	imp_out_str(im, "guest vm");
	imp_out_dec(im, vm->number);
	imp_out_str(im, slot->readonly ? " r " : " w ");
	imp_out_hex(im, slot->gpa);
	imp_out_str(im, " ");
	imp_out_size(im, len);
	imp_out_note(im, "assumed");
	im->report->touched += len;
	im->report->untouched += slot->size - len;
}

/*
 * What guests do no system call shows: IMPORT_TOUCH_ALL assumes that they use their
 * memory.
 */
void imp_guests_flush(struct import *im)
{
	struct mm *mm = im->idle_guests;
	struct slot *slot;
	struct vm *vm;

	im->idle_guests = NULL; /* imp_go_to() comes back here */
	if (!mm || im->options.touch != IMPORT_TOUCH_ALL || !imp_go_to(im, mm))
		return;
	SLIST_FOREACH(vm, &mm->vms, list)
		SLIST_FOREACH(slot, &vm->slots, list)
			if (!slot->used)
				guest_uses(im, vm, slot);
}

static int slot_create(struct import *im, struct mm *mm, struct vm *vm, struct slot *slot,
		       uint64_t hva)
{
	struct vma *vma = imp_vma_find(mm, hva);
	int err = 0;

	if (!vma || vma->start >= hva + slot->size)
		err = imp_op_imply(im, mm, hva, hva + slot->size);
	if (err || !imp_go_to(im, mm))
		return err;
	out_slot(im, vm, slot->id);
	imp_out_str(im, "gpa=");
	imp_out_hex(im, slot->gpa);
	imp_out_str(im, " ");
	imp_out_addr(im, mm, hva);
	imp_out_str(im, " ");
	imp_out_size(im, slot->size);
	imp_out_str(im, slot->readonly ? " readonly" : "");
	imp_out_end(im);
	return 0;
}

int imp_op_memslot(struct import *im, struct mm *mm, int fd, uint32_t id, uint64_t gpa,
		   uint64_t size, uint64_t hva, bool readonly)
{
	struct vm *vm = vm_find(mm, fd);
	struct slot *slot, *other, *last = NULL;
	int err;

	if (id >> SLOT_AS_SHIFT || (size && !imp_range_ok(im, hva, size)) ||
	    (size | gpa) & (PAGE - 1) || gpa > ADDR_END)
		return 0;
	if (!vm) {
		err = imp_op_vm_create(im, mm, fd);
		if (err)
			return err;
		vm = vm_find(mm, fd);
	}
	SLIST_FOREACH(slot, &vm->slots, list)
		if (slot->id == id)
			break;
	if (slot && slot->gpa == gpa && slot->size == size)
		return 0; /* dirty logging comes or goes: scripts know nothing of it */
	slots_change(im, mm);
	if (slot)
		slot_delete(im, mm, vm, slot);
	if (!size)
		return 1;
	slot = mem_zalloc(sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->id = id;
	slot->gpa = gpa;
	slot->size = size;
	slot->readonly = readonly;
	SLIST_FOREACH(other, &vm->slots, list)
		last = other;
	if (last)
		SLIST_INSERT_AFTER(last, slot, list);
	else
		SLIST_INSERT_HEAD(&vm->slots, slot, list);
	err = slot_create(im, mm, vm, slot, hva);
	return err ? err : 1;
}

/* QEMU, hw/i386/pc_q35.c: memory from GUESS_SPLIT on is split, GUESS_LOW of it below 4 GiB. */
#define GUESS_LEAST (16ULL << 20)
#define GUESS_SPLIT 0xb0000000ULL
#define GUESS_LOW (2ULL << 30)
#define GUESS_HIGH (4ULL << 30)

/* The largest writable map; NULL when it is too small for a guest's memory. */
static struct vma *guess_ram(struct mm *mm)
{
	struct vma *vma, *ram = NULL;

	RB_FOREACH (vma, imp_vma_tree, &mm->tree)
		if (vma->prot & PROT_BIT_W && vma->end - vma->start >= GUESS_LEAST &&
		    (!ram || vma->end - vma->start > ram->end - ram->start))
			ram = vma;
	return ram;
}

static int guess_slots(struct import *im, struct mm *mm, int fd, const struct vma *ram)
{
	const uint64_t start = ram->start, size = ram->end - ram->start;
	const uint64_t low = size < GUESS_SPLIT ? size : GUESS_LOW;
	int err = imp_op_memslot(im, mm, fd, 0, 0, low, start, false);

	if (err >= 0 && size > low)
		err = imp_op_memslot(im, mm, fd, 1, GUESS_HIGH, size - low, start + low, false);
	return err;
}

int imp_guess_vm(struct import *im, struct mm *mm)
{
	struct vma *ram = guess_ram(mm);
	int err;

	if (!ram || !imp_go_to(im, mm))
		return 0;
	imp_touch_flush(im);
	imp_out_str(im, "# GUESSED: a process does not show its memslots; QEMU's q35 machine has its "
			"largest map so:\n");
	err = imp_op_vm_create(im, mm, -1);
	if (!err)
		err = guess_slots(im, mm, -1, ram);
	return err < 0 ? err : 0;
}

int imp_guess_slots(struct import *im, struct mm *mm, int fd)
{
	struct vm *vm = vm_find(mm, fd);
	struct vma *ram = guess_ram(mm);

	if (!vm || !SLIST_EMPTY(&vm->slots) || !ram || !imp_go_to(im, mm))
		return 0;
	imp_touch_flush(im);
	imp_out_str(im, "# GUESSED: the recording does not show the VM's memslots; QEMU's q35 machine "
			"has the largest map so:\n");
	return guess_slots(im, mm, fd, ram);
}

static const struct slot *slot_at(const struct mm *mm, uint64_t gpa, uint32_t *ret_vm)
{
	const struct slot *slot;
	const struct vm *vm;

	SLIST_FOREACH(vm, &mm->vms, list)
		SLIST_FOREACH(slot, &vm->slots, list)
			if (gpa - slot->gpa < slot->size) {
				*ret_vm = vm->number;
				return slot;
			}
	return NULL;
}

int imp_guest_slot(struct import *im, struct mm *mm, uint64_t gpa, const struct slot **ret_slot,
		   uint32_t *ret_vm)
{
	int err = 0;

	*ret_slot = slot_at(mm, gpa, ret_vm);
	if (*ret_slot || mm->guessed)
		return 0;
	mm->guessed = true;
	if (SLIST_EMPTY(&mm->vms))
		err = imp_guess_vm(im, mm);
	else
		err = imp_guess_slots(im, mm, SLIST_FIRST(&mm->vms)->fd);
	*ret_slot = slot_at(mm, gpa, ret_vm);
	return err < 0 ? err : 0;
}
