/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that uses its memory and gives part of it back through a virtio balloon, the way
 * Linux's balloon driver does: lists of page frame numbers in a virtqueue.
 *
 * Started by QEMU's -kernel (multiboot: 32 bits, flat segments, no paging). The balloon is the
 * device at PCI address 00:05.0 with its legacy interface, whose registers are I/O ports.
 */
#define MIB		0x100000
#define PAGE		0x1000

#define USED_FROM	(8 * MIB)	/* one word of every page in here is written */
#define USED_TO		(64 * MIB)
#define BALLOON_FROM	(48 * MIB)	/* every page in here goes into the balloon ... */
#define BALLOON_TO	(56 * MIB)
#define SPARSE_FROM	(20 * MIB)	/* ... and every fourth of these */
#define SPARSE_TO	(36 * MIB)

#define PCI_BALLOON	0x80002800	/* bus 0, device 5, function 0 */
#define PCI_COMMAND	0x04
#define PCI_BAR0	0x10

#define VIRTIO_GUEST_FEATURES	4	/* legacy registers, from the I/O base on */
#define VIRTIO_QUEUE_PFN	8
#define VIRTIO_QUEUE_SELECT	14
#define VIRTIO_QUEUE_NOTIFY	16
#define VIRTIO_STATUS		18

#define RING		0x20000		/* 128 descriptors, available ring, used ring */
#define AVAIL_IDX	(RING + 128 * 16 + 2)
#define AVAIL_RING	(RING + 128 * 16 + 4)
#define USED_IDX	(RING + PAGE + 2)
#define PFNS		0x30000		/* the list handed over */
#define PFNS_PER_LIST	256

	.section .text
	.align 4
	.long 0x1badb002, 0, -0x1badb002	/* the multiboot header */

	.globl _start
_start:
	mov $0x7000, %esp
	call use_memory
	call find_balloon
	mov $BALLOON_FROM, %esi
	mov $BALLOON_TO, %edi
	mov $PAGE, %ebx
	call inflate
	mov $SPARSE_FROM, %esi
	mov $SPARSE_TO, %edi
	mov $4 * PAGE, %ebx
	call inflate
	call use_memory				/* takes back what it gave away */
1:	hlt
	jmp 1b

use_memory:
	mov $USED_FROM, %esi
1:	mov %esi, (%esi)
	add $PAGE, %esi
	cmp $USED_TO, %esi
	jb 1b
	ret

/* register %eax of the balloon's configuration space: selects it for port 0xcfc */
select_config:
	mov $0xcf8, %dx
	out %eax, %dx
	mov $0xcfc, %dx
	ret

/* out: %ebp the I/O base; the device is ready, its inflate queue lies at RING */
find_balloon:
	mov $PCI_BALLOON + PCI_COMMAND, %eax
	call select_config
	in %dx, %eax
	or $5, %eax				/* I/O ports and bus master */
	out %eax, %dx
	mov $PCI_BALLOON + PCI_BAR0, %eax
	call select_config
	in %dx, %eax
	and $~3, %eax
	mov %eax, %ebp
	lea VIRTIO_STATUS(%ebp), %edx
	xor %eax, %eax
	out %al, %dx
	mov $3, %al				/* acknowledge, driver */
	out %al, %dx
	xor %eax, %eax
	lea VIRTIO_GUEST_FEATURES(%ebp), %edx
	out %eax, %dx
	mov $RING, %edi
	mov $2 * PAGE / 4, %ecx
	rep stosl
	lea VIRTIO_QUEUE_SELECT(%ebp), %edx
	out %ax, %dx
	mov $RING / PAGE, %eax
	lea VIRTIO_QUEUE_PFN(%ebp), %edx
	out %eax, %dx
	lea VIRTIO_STATUS(%ebp), %edx
	mov $7, %al				/* driver ok */
	out %al, %dx
	movl $PFNS, RING			/* descriptor 0: the list */
	movl $PFNS_PER_LIST * 4, RING + 8
	ret

/* in: the pages from %esi to %edi, %ebx apart, a multiple of PFNS_PER_LIST */
inflate:
	mov $PFNS, %ecx
1:	mov %esi, %eax
	shr $12, %eax
	mov %eax, (%ecx)
	add $4, %ecx
	add %ebx, %esi
	cmp $PFNS + PFNS_PER_LIST * 4, %ecx
	jb 1b
	movzwl AVAIL_IDX, %eax
	and $127, %eax
	movw $0, AVAIL_RING(, %eax, 2)
	incw AVAIL_IDX
	lea VIRTIO_QUEUE_NOTIFY(%ebp), %edx
	xor %eax, %eax
	out %ax, %dx
2:	pause
	mov USED_IDX, %ax
	cmp AVAIL_IDX, %ax
	jne 2b
	cmp %edi, %esi
	jb inflate
	ret
