// SPDX-License-Identifier: GPL-2.0-or-later
/* userfaultfd, PAGEMAP_SCAN and KSM. */
#include "guest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KSM "/sys/kernel/mm/ksm/"

/* Linux 6.7's interface; older headers lack it. */
struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)
#define SCAN_WP_MATCHING 1ull
#define SCAN_PAGE_WRITTEN 2ull
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#endif

/*
 * The descriptor. A touch of a protected page fails (SIGBUS) instead of waiting for
 * somebody to resolve it; asynchronous write protection, which would, only exists
 * since 6.7 and makes anonymous memory behave as other memory does.
 */
static int open_uffd(struct executor *ex)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS |
			    UFFD_FEATURE_WP_HUGETLBFS_SHMEM,
	};
	int fd;

	if (ex->uffd >= 0)
		return 0;
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		return -EINVAL;
	}
	ex->uffd = fd;
	return 0;
}

int op_uffd(struct executor *ex, const struct script_op *op)
{
	struct uffdio_range range = { op->addr, op->len };
	struct uffdio_register add = { .range = range, .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect wp = { .range = range };
	int err = open_uffd(ex);

	if (err)
		return err;
	wp.mode = op->flags == SCRIPT_UFFD_WP ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
	switch (op->flags) {
	case SCRIPT_UFFD_REGISTER:
		return ioctl(ex->uffd, UFFDIO_REGISTER, &add) ? -errno : 0;
	case SCRIPT_UFFD_UNREGISTER:
		return ioctl(ex->uffd, UFFDIO_UNREGISTER, &range) ? -errno : 0;
	default:
		return ioctl(ex->uffd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
	}
}

int op_pagemap_scan(const struct script_op *op)
{
	struct scan_arg arg = {
		.size = sizeof(arg),
		.flags = op->flags & SCRIPT_SCAN_WP ? SCAN_WP_MATCHING : 0,
		.start = op->addr, .end = op->addr + op->len,
		.category_mask = SCAN_PAGE_WRITTEN, .return_mask = SCAN_PAGE_WRITTEN,
	};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SCAN_IOCTL, &arg) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* ksmd wakes up when its time to sleep changes. */
static void wake_ksmd(void)
{
	static unsigned int ms = 1000000;

	(void)put_filef(KSM "sleep_millisecs", "%u", ++ms);
}

/* Wait for one more pass; none comes when no process has mergeable memory. */
static bool wait_scan(uint64_t done)
{
	unsigned int tries;
	uint64_t now;

	for (tries = 0; tries < 600; tries++) {
		if (get_number(KSM "full_scans", &now) || now > done)
			return true;
		/* it may have gone to sleep after the time had changed */
		if (tries % 200 == 199)
			wake_ksmd();
		usleep(1000);
	}
	return false;
}

/*
 * Exactly @count full passes of ksmd: it sleeps for very long after each, and is woken for the
 * next one.
 */
int op_ksm(const struct script_op *op)
{
	uint64_t start, i;
	int err;

	wake_ksmd();
	(void)put_file(KSM "pages_to_scan", "10000000");
	err = get_number(KSM "full_scans", &start);
	if (!err)
		err = put_file(KSM "run", "1");
	for (i = 0; i < op->count && !err; i++) {
		if (i)
			wake_ksmd();
		if (!wait_scan(start + i))
			break;
	}
	(void)put_file(KSM "run", "0");
	wake_ksmd();
	return err;
}
