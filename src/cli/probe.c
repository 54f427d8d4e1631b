// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope probe */
#include "cli_internal.h"
#include "probe_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <base/errname.h>
#include <base/fd.h>
#include <base/mem.h>
#include <base/new_file.h>
#include <report/table.h>

static bool quick, check, json, tracefs, noheadings;
static const char *device, *save_path, *date;
static uint64_t memory, samples;

static void say_plan(const struct probe_plan *plan, const struct host_probe_info *info)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "mmuscope probe: %zu shapes, %u calls each (%u x %u), regions up to ", plan->nr,
		    plan->rounds * plan->samples, plan->rounds, plan->samples);
	report_add_size(&text, plan->largest);
	strbuf_addf(&text, ", about %.0f s on an idle machine\n", plan->seconds + 1);
	strbuf_addf(&text, "at most %llu MiB of memory (limit %llu), %u shapes left out for that; nothing "
		    "else\non the machine is changed", (unsigned long long)((plan->bytes >> 20) + 1),
		    (unsigned long long)(info->memory >> 20), plan->left_out);
	strbuf_addstr(&text, tracefs ? " but an instance in tracefs, which is removed again\n" : "\n");
	fflush(stdout);
	fputs(strbuf_str(&text), stderr);
	strbuf_release(&text);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* "round 2/3, 17/60 shapes, 64G mprotect, about 20 s left" */
static void show_progress(const struct probe_plan *plan, unsigned int round, size_t done,
			  double weight, double spent)
{
	struct strbuf size = STRBUF_INIT;

	if (!isatty(STDERR_FILENO))
		return;
	report_add_size(&size, plan->items[done].shape.len);
	fprintf(stderr, "\r\033[Kround %u/%u, %zu/%zu shapes, %s %s, about %.0f s left", round + 1,
		plan->rounds, done, plan->nr, strbuf_str(&size),
		host_probe_op_names[plan->items[done].shape.op],
		weight > 0 ? spent / weight * (plan->seconds - weight) : plan->seconds);
	strbuf_release(&size);
}

struct progress {
	double start;
	double weight; /* planned seconds of what is done */
	size_t failed;
};

static int measure_round(struct host_probe *probe, struct probe_plan *plan, unsigned int round,
			 struct progress *progress)
{
	size_t i;

	for (i = 0; i < plan->nr; i++) {
		struct probe_item *item = &plan->items[i];

		show_progress(plan, round, i, progress->weight, seconds_now() - progress->start);
		if (!item->err)
			item->err = host_probe_measure(probe, &item->shape, plan->samples,
						       &item->rounds[round]);
		progress->weight += item->seconds;
		progress->failed += !round && item->err && item->shape.vm && !item->shape.guest;
		if (item->err == -ENOMEM || progress->failed > 3)
			return progress->failed > 3 ? -EOPNOTSUPP : -ENOMEM;
	}
	return 0;
}

/* Errors of single shapes stay with them; without memory or a working KVM there is no point. */
static int measure_all(struct host_probe *probe, struct probe_plan *plan)
{
	struct progress progress = { .start = seconds_now() };
	unsigned int round;
	size_t i;
	int err = 0;

	for (round = 0; round < plan->rounds && !err; round++)
		err = measure_round(probe, plan, round, &progress);
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	for (i = 0; i < plan->nr && !err; i++)
		if (!plan->items[i].err)
			host_probe_merge(plan->items[i].rounds, plan->rounds, &plan->items[i].times);
	return err;
}

/* Shapes that the guest could not touch: the rest stands without them. */
static void say_failures(const struct probe_plan *plan)
{
	unsigned int failed = 0;
	int err = 0;
	size_t i;

	for (i = 0; i < plan->nr; i++) {
		failed += plan->items[i].err != 0;
		err = plan->items[i].err ? plan->items[i].err : err;
	}
	if (failed)
		error("%u of %zu shapes could not be measured: %s", failed, plan->nr, strerror(-err));
}

static void find_placement(struct host_probe *probe, struct probe_result *result)
{
	const char *by_release = model_profile_by_release(result->info->release);
	uint64_t start, end;
	int err;

	result->placement = probe_placement(result->plan);
	result->placement_source = "from how its time grows";
	if (tracefs) {
		err = host_probe_trace(probe, &start, &end);
		if (err) {
			error("tracefs: %s", strerror(-err));
		} else {
			result->placement_source = "from tracefs";
			result->placement = !start ? PROBE_WHOLE :
					    end - start > (1ull << 30) ? PROBE_PUD : PROBE_PMD;
		}
	}
	if (result->placement == PROBE_UNKNOWN)
		result->placement_source = "the profile is taken by release";
	result->profile = result->placement == PROBE_WHOLE ? "linux-3.14" :
			  result->placement == PROBE_PMD ? "linux-6.1" :
			  result->placement == PROBE_PUD && !strcmp(by_release, "linux-7.2") ? by_release :
			  result->placement == PROBE_PUD ? "linux-6.12" : by_release;
}

static void name_cost(struct probe_result *result)
{
	const struct host_probe_info *info = result->info;
	struct report_cost *cost = &result->cost;
	unsigned int major = 0, minor = 0;
	time_t now = time(NULL);
	struct tm tm;

	sscanf(info->release, "%u.%u", &major, &minor);
	snprintf(cost->name, sizeof(cost->name), "%s-%u.%u", probe_mmu_names[info->mmu], major, minor);
	snprintf(cost->kernel, sizeof(cost->kernel), "Linux %s, KVM with %s MMU%s%s", info->release,
		 probe_mmu_names[info->mmu], info->module[0] ? ", " : "", info->module);
	snprintf(cost->cpu, sizeof(cost->cpu), "%s, %u processors", info->cpu, info->cpus);
	snprintf(cost->source, sizeof(cost->source), "mmuscope probe, cold caches");
	if (!date && gmtime_r(&now, &tm))
		strftime(cost->date, sizeof(cost->date), "%Y-%m-%d", &tm);
	else if (date && strcmp(date, "-"))
		snprintf(cost->date, sizeof(cost->date), "%s", date);
}

static int fit(struct probe_plan *plan, struct probe_result *result)
{
	struct report_fit_row rows[PROBE_MAX_ITEMS];
	size_t i, nr = 0;
	int err;

	for (i = 0; i < plan->nr; i++)
		if (plan->items[i].counted && plan->items[i].roles & PROBE_FIT &&
		    plan->items[i].row.ns > 0)
			rows[nr++] = plan->items[i].row;
	err = report_fit(rows, nr, &result->cost, &result->fit);
	if (err == -EINVAL) {
		error("no shape could be measured: nothing tells the costs");
		return STATUS_SKIPPED;
	}
	if (err)
		return model_error("the fit", err);
	name_cost(result);
	result->fitted = true;
	probe_check_errors(plan, result);
	return STATUS_OK;
}

static int save(const struct probe_result *result)
{
	struct strbuf text = STRBUF_INIT;
	struct new_file file;
	int err;

	report_cost_write(&result->cost, &text);
	err = strbuf_error(&text);
	if (!err)
		err = new_file_open(&file, save_path);
	if (!err)
		err = new_file_close(&file, fd_write(file.fd, strbuf_str(&text), text.len));
	strbuf_release(&text);
	if (err)
		error("%s: %s", save_path, strerror(-err));
	return err ? STATUS_BROKEN : STATUS_OK;
}

static int finish(struct host_probe *probe, struct probe_plan *plan)
{
	struct probe_result result = { .info = host_probe_get_info(probe), .plan = plan,
				       .check = check };
	int status;

	find_placement(probe, &result);
	status = probe_count(plan, result.profile, probe_mmu_names[result.info->mmu]);
	if (status == STATUS_OK)
		status = fit(plan, &result);
	if (status != STATUS_OK)
		return status;
	if (save_path)
		status = save(&result);
	if (json ? probe_json(&result) : probe_print(&result, !noheadings))
		return STATUS_BROKEN;
	if (check && (result.check_median > 0.10 || result.check_worst > 0.25))
		status = worse(status, STATUS_DIFFERENT);
	return status;
}

static int measure_and_finish(struct host_probe *probe)
{
	struct probe_plan *plan = mem_alloc(sizeof(*plan));
	int err, status;

	if (!plan)
		return model_error("probe", -ENOMEM);
	probe_plan_make(probe, quick, check, samples, plan);
	if (!plan->nr) {
		error("no shape fits into %llu MiB, the limit of --memory",
		      (unsigned long long)(host_probe_get_info(probe)->memory >> 20));
		mem_free(plan);
		return memory ? STATUS_USAGE : STATUS_SKIPPED;
	}
	say_plan(plan, host_probe_get_info(probe));
	err = measure_all(probe, plan);
	if (err)
		error("guests cannot be measured here: %s", strerror(-err));
	say_failures(plan);
	status = err ? STATUS_SKIPPED : finish(probe, plan);
	mem_free(plan);
	return status;
}

static int run(int argc, char **argv)
{
	const uint64_t mib = 1u << 20;
	struct host_probe_options options = { .device = device, .memory = memory * mib };
	struct strbuf diag = STRBUF_INIT;
	struct host_probe *probe;
	int err, status;

	if (argc)
		return usage_error(&command_probe, "unexpected argument '%s'", argv[0]);
	if (memory > UINT64_MAX / mib)
		return usage_error(&command_probe, "--memory is a number of MiB");
	if (samples > 1000)
		return usage_error(&command_probe, "--samples is at most 1000");
	if (date && (strlen(date) >= sizeof(((struct report_cost *)NULL)->date) || !*date ||
		     strpbrk(date, "#\r\n")))
		return usage_error(&command_probe, "--date is one line of 1 to %zu bytes without '#'",
				   sizeof(((struct report_cost *)NULL)->date) - 1);
	err = host_probe_open(&options, &diag, &probe);
	if (err) {
		error("%s", diag.len ? strbuf_str(&diag) : strerror(-err));
		strbuf_release(&diag);
		return err == -EOPNOTSUPP ? STATUS_SKIPPED : STATUS_BROKEN;
	}
	status = measure_and_finish(probe);
	host_probe_close(probe);
	strbuf_release(&diag);
	return status;
}

static const struct option options[] = {
	OPT_FLAG('q', "quick", &quick, "fewer shapes, fewer calls: less than a minute"),
	OPT_FLAG('k', "check", &check, "predict shapes that the costs did not come from, and compare"),
	OPT_STRING('s', "save", &save_path, "FILE", "write the costs, for run and compare --cost"),
	OPT_STRING('d', "date", &date, "TEXT", "the date in that file (today); - for none"),
	OPT_UINT('m', "memory", &memory, "MIB",
		 "allocate at most so much (a quarter of what is free up to 2048)"),
	OPT_UINT(0, "samples", &samples, "N", "calls per shape (25 in 5 rounds, quick: 9 in 3)"),
	OPT_FLAG(0, "tracefs", &tracefs, "learn the placement from a tracepoint, in an own instance"),
	OPT_STRING(0, "kvm-device", &device, "PATH", "the device (/dev/kvm)"),
	OPT_FLAG('j', "json", &json, "everything as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_probe = {
	.name = "probe",
	.run = run,
	.summary = "measure what notifications cost on this machine",
	.usage = (const char *const[]){ "[options]", NULL },
	.about = "Make a guest of a few instructions over regions of several sizes, touch pages in them,\n"
		 "and time mprotect, munmap and madvise(MADV_DONTNEED) with and without it. From the\n"
		 "times and the model's counts for the same shapes follow the costs of each kind of\n"
		 "work. Needs /dev/kvm and no further right. It says first what it will allocate and\n"
		 "how long it will take.\n"
		 "\n"
		 "Exit status: 0 measured, 1 --check missed its aim (half of the errors within 10 %, all\n"
		 "within 25 %), 2 wrong usage, 3 an output could not be written, 77 no KVM here.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope probe --quick --memory 256 --save here.cost",
		NULL,
	},
};
