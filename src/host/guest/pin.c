// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory pinned for DMA. Buffers registered with an io_uring are pinned with FOLL_WRITE and
 * FOLL_LONGTERM, as VFIO pins a guest's memory, and stay so for as long as the ring is open
 * (Linux: io_uring/rsrc.c).
 */
#include "guest_internal.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_RINGS 64
#define MAX_BUFFERS 1024
#define BUFFER_MAX (1ull << 30)

static int rings[MAX_RINGS];
static unsigned int nr_rings;

static int register_buffers(int ring, uint64_t addr, uint64_t len)
{
	static struct iovec buffers[MAX_BUFFERS];
	unsigned int nr = 0;
	uint64_t part;

	for (; len; addr += part, len -= part) {
		part = len < BUFFER_MAX ? len : BUFFER_MAX;
		if (nr == MAX_BUFFERS)
			return -EFBIG;
		buffers[nr++] = (struct iovec){ (void *)addr, part };
	}
	return syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, buffers, nr) < 0
		       ? -errno
		       : 0;
}

/* A ring has one table of buffers: each call has a ring of its own. */
int op_pin(const struct script_op *op)
{
	struct io_uring_params params = { 0 };
	int ring, err;

	if (!op->len)
		return 0;
	if (nr_rings == MAX_RINGS)
		return -EMFILE;
	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0)
		return -errno;
	err = register_buffers(ring, op->addr, op->len);
	if (err)
		close(ring);
	else
		rings[nr_rings++] = ring;
	return err;
}

/* What the parent has pinned is not the child's. */
void pin_forget(void)
{
	while (nr_rings)
		close(rings[--nr_rings]);
}
