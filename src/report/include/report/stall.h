/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a notification means for the guest: time under mmu_lock, and whether that is too long. */
#ifndef REPORT_STALL_H
#define REPORT_STALL_H

#include <report/cost.h>

/**
 * struct report_stall - predicted times of one operation, or of several; nanoseconds
 * @lock: under mmu_lock: heads, SPTEs and flushes
 * @longest: the longest stretch of that without a yield: its heads are counted, and all SPTEs
 *	that the operation zapped are taken to lie in it
 * @total: all that happens between the start of the notifications and their end
 * @frames: guest frames whose faults are sent back or wait for that long
 * @back: zapped SPTEs that the guest's accesses brought back, at most
 * @refaults: guest faults that did: one brings neighbours back, too
 */
struct report_stall {
	double lock;
	double longest;
	double total;
	uint64_t frames;
	uint64_t back;
	uint64_t refaults;
};

/**
 * report_stall_estimate() - of an operation's counted work.
 * @longest_heads: most heads that it scanned in one stretch
 * @ret_stall: .back and .refaults are 0
 */
void report_stall_estimate(const struct report_cost *cost, const struct report_work *work,
			   uint64_t longest_heads, uint64_t frames, struct report_stall *ret_stall);

/**
 * report_stall_limits - 2 * watchdog_thresh, where the kernel reports a soft lockup, and the
 * user's own limit (0: none); nanoseconds
 */
struct report_stall_limits {
	double lockup;
	double user;
};
#define REPORT_WATCHDOG_THRESH 10 /* seconds: kernel.watchdog_thresh */

/**
 * report_stall_turn() - the size at which a time reaches a limit.
 *
 * @limit / @ns times @bytes: time grows with the bytes of a notification, which its counts show
 * (one head per page).
 * @most: bytes that one notification covers at most, UINT64_MAX for no limit
 * Return: bytes; UINT64_MAX when it never does: the size would be over @most or over 2^56, where
 * addresses end, or nothing was counted.
 */
uint64_t report_stall_turn(double ns, uint64_t bytes, double limit, uint64_t most);

/**
 * report_parse_duration() - "10ms", "1.5s", "200us", "50ns".
 * Return: 0, or -EINVAL: digits with at most nine on each side of the point, and a unit.
 */
int report_parse_duration(const char *text, double *ret_ns);

#endif /* REPORT_STALL_H */
