// SPDX-License-Identifier: GPL-2.0-or-later
/* What KVM's events tell: accesses of guests, and the notifications that it got. */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

/* arch/x86/include/asm/kvm_host.h: PFERR_WRITE_MASK */
#define FAULT_WRITE 2

/*
 * "vcpu 0 rip 0xfff0 address 0x000000000010a000 error_code 0x6", the last without 0x up to 6.0.
 * Where KVM uses EPT or NPT the address is guest-physical.
 */
static bool split_fault(const struct token *fields, uint64_t *ret_gpa, uint64_t *ret_code)
{
	static const char *const names[] = { "address ", "error_code " };
	uint64_t *const values[] = { ret_gpa, ret_code };

	for (int i = 0; i < 2; i++) {
		const char *end = fields->s + fields->len, *stop;
		const char *s = memmem(fields->s, fields->len, names[i], strlen(names[i]));

		if (!s)
			return false;
		s += strlen(names[i]);
		for (stop = s; stop < end && *stop != ' '; stop++)
			;
		if (!imp_parse_hex(s, stop - s, values[i]))
			return false;
	}
	return true;
}

int imp_guest_event(struct import *im, struct task *task, const struct token *fields)
{
	struct mm *mm = task->mm;
	const struct slot *slot;
	uint64_t gpa, code;
	uint32_t vm = 0;
	int err;

	if (!split_fault(fields, &gpa, &code))
		return -EBADMSG;
	if (im->options.touch == IMPORT_TOUCH_NONE || mm->state != MM_SHOWN)
		return 0;
	err = imp_guest_slot(im, mm, gpa, &slot, &vm);
	if (err)
		return err;
	/* a device of the machine, or a write that the process emulates */
	if (!slot || (slot->readonly && code & FAULT_WRITE)) {
		im->report->guest_outside++;
		return 0;
	}
	im->report->guest++;
	imp_touch_run(im, mm, vm + 1, gpa & ~(PAGE - 1), code & FAULT_WRITE);
	return 1;
}

/* "mmu notifier unmap range: 0x00007f0000000000 -- 0x00007f0000001000" */
static bool split_range(const struct token *fields, uint64_t range[2])
{
	static const char before[] = "range: ", between[] = " -- ";
	const char *end = fields->s + fields->len, *s, *dash;

	s = memmem(fields->s, fields->len, before, strlen(before));
	if (!s)
		return false;
	s += strlen(before);
	dash = memmem(s, end - s, between, strlen(between));
	return dash && imp_parse_hex(s, dash - s, &range[0]) &&
	       imp_parse_hex(dash + strlen(between), end - dash - strlen(between), &range[1]);
}

/* VMs of an address space, that of the recorder included. */
static unsigned int count_vms(const struct mm *mm)
{
	unsigned int nr = mm->probed;
	const struct vm *vm;

	SLIST_FOREACH(vm, &mm->vms, list)
		nr++;
	return nr;
}

int imp_notified(struct import *im, struct task *task, const struct token *fields)
{
	struct import_notification notification = { .process = task->tgid };
	uint64_t range[2];

	if (!split_range(fields, range))
		return -EBADMSG;
	im->report->older_vm |= !count_vms(task->mm);
	if (task->times && !memcmp(task->notified, range, sizeof(range)) &&
	    task->times < count_vms(task->mm)) {
		task->times++;
		return 0;
	}
	memcpy(task->notified, range, sizeof(range));
	task->times = 1;
	if (!im->options.notified)
		return 0;
	notification.start = range[0];
	notification.end = range[1];
	return im->options.notified(im->options.ctx, &notification);
}
