/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_RECORD_INTERNAL_H
#define CLI_RECORD_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct record_check - how far the model foretells the notifications that a recording contains
 * @pid: of the process with the probe
 * @profile: of the model
 * @recorded, @predicted: notifications of that process
 * @agree: of them, equal ones in the same order (the longest common subsequence)
 * @exact: @agree is that; else it was cut short and is a lower bound
 * @first: what both have before the first difference; @left, @right: what follows, 0 to 0 at the end
 */
struct record_check {
	uint32_t pid;
	const char *profile;
	uint64_t recorded;
	uint64_t predicted;
	uint64_t agree;
	bool exact;
	uint64_t first;
	uint64_t left[2];
	uint64_t right[2];
};

/**
 * record_check() - import the recording at @path, run it under the profile of its kernel, compare.
 * @release: of the kernel; NULL is what the recording says
 * @pid: the process; 0 is that with the recorder's probe, else the first with a notification
 *
 * What the recording lacks for a prediction is said on standard error.
 * Return: an exit status; messages have been printed.
 */
int record_check(const char *path, const char *release, uint32_t pid, struct record_check *ret);

/**
 * record_common() - length of the longest common subsequence of two sequences of ranges.
 * @nr: lengths; @limit: the most insertions and deletions that are tried
 * @ret_exact: false where the limit was reached, and a lower bound is returned
 * Return: the length, or -ENOMEM.
 */
int64_t record_common(const uint64_t (*left)[2], size_t nr_left, const uint64_t (*right)[2],
		      size_t nr_right, size_t limit, bool *ret_exact);

#endif /* CLI_RECORD_INTERNAL_H */
