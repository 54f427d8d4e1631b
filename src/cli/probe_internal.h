/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmuscope probe: what is measured, what the model counts for it, and what follows. */
#ifndef CLI_PROBE_INTERNAL_H
#define CLI_PROBE_INTERNAL_H

#include <host/probe.h>
#include <report/fit.h>

#include "model_internal.h"

/* What a shape is measured for. */
enum probe_role { PROBE_GRID = 1, PROBE_FIT = 2, PROBE_CHECK = 4 };

/**
 * struct probe_item - one shape with all that is known about it
 * @roles: of enum probe_role
 * @seconds: planned, of one round
 * @rounds: each of them; @times: what they say together
 * @err: of the measurement
 * @row: the model's counts, with the time; valid if @counted
 */
struct probe_item {
	struct host_probe_shape shape;
	unsigned int roles;
	double seconds;
	struct host_probe_times rounds[HOST_PROBE_MAX_ROUNDS];
	struct host_probe_times times;
	int err;
	bool counted;
	struct report_fit_row row;
};

/* Where a kernel starts and ends the notification of an mprotect. */
enum probe_placement {
	PROBE_UNKNOWN,
	PROBE_WHOLE, /* all of it, populated or not */
	PROBE_PMD,   /* from the first populated PMD entry, to the end of its 1 GiB */
	PROBE_PUD,   /* from the first PUD entry in use, to the end of its 512 GiB */
};

#define PROBE_MAX_ITEMS 160

/**
 * struct probe_plan - the shapes, those of one length together
 * @rounds: how often all of them are gone through; @samples: calls per shape and round
 * @bytes: the most that one of them takes
 * @seconds: estimate, of all rounds
 * @largest: region, in bytes; @left_out: shapes over the memory limit
 */
struct probe_plan {
	struct probe_item items[PROBE_MAX_ITEMS];
	size_t nr;
	unsigned int rounds;
	unsigned int samples;
	uint64_t bytes;
	double seconds;
	uint64_t largest;
	unsigned int left_out;
};

/** struct probe_result - everything after the measurements */
struct probe_result {
	const struct host_probe_info *info;
	const struct probe_plan *plan;
	enum probe_placement placement;
	const char *placement_source;
	const char *profile;
	struct report_cost cost;
	struct report_fit fit;
	bool fitted;
	bool check;
	double check_median, check_worst;
	unsigned int compared, agreed;
};

/**
 * probe_plan_make() - what to measure.
 * @quick: in less than a minute; @check: also shapes for that; @samples: 0 for the usual number
 */
void probe_plan_make(const struct host_probe *probe, bool quick, bool check,
		     unsigned int samples, struct probe_plan *plan);

/**
 * probe_placement() - from how times grow with the region.
 * Return: PROBE_UNKNOWN where no notification costs much (two-dimensional paging).
 */
enum probe_placement probe_placement(const struct probe_plan *plan);

/** probe_count() - let the model count each shape to be fitted or checked. Return: exit status. */
int probe_count(struct probe_plan *plan, const char *profile, const char *mmu);

/** probe_check_errors() - fill the errors of the shapes that were not fitted. */
void probe_check_errors(const struct probe_plan *plan, struct probe_result *result);

/** probe_print() - as text. Return: 0 or a negative errno. */
int probe_print(const struct probe_result *result, bool headings);

/** probe_json() - everything as JSON. Return: 0 or -EIO. */
int probe_json(const struct probe_result *result);

extern const char *const probe_mmu_names[];
extern const char *const probe_placement_names[];

#endif /* CLI_PROBE_INTERNAL_H */
