// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual machines of a script, through /dev/kvm. */
#include "guest_internal.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

int op_vm(struct executor *ex, const struct script_op *op)
{
	int fd = ioctl(ex->kvm_fd, KVM_CREATE_VM, 0);

	if (fd < 0)
		return -errno;
	if (ex->vm_fd[op->name] >= 0)
		close(ex->vm_fd[op->name]);
	ex->vm_fd[op->name] = fd;
	return 0;
}

int op_memslot(struct executor *ex, const struct script_op *op)
{
	struct kvm_userspace_memory_region region = {
		.slot = op->slot,
		.flags = op->flags & SCRIPT_MEMSLOT_READONLY ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = script_op_gpa(op),
		.memory_size = op->flags & SCRIPT_MEMSLOT_DELETE ? 0 : op->len,
		.userspace_addr = op->addr,
	};

	if (ex->vm_fd[op->name2] < 0)
		return -EBADF;
	return ioctl(ex->vm_fd[op->name2], KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}
