// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope bench: the table of benchmarks, and the command. */
#include "bench_internal.h"
#include "cli_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <base/mem.h>
#include <base/nearest.h>
#include <host/bench.h>

static bool json, quick, check, list;
static uint64_t runs, size_option = UINT64_MAX, memory_option = UINT64_MAX;
static const char *recordings = "scripts/recordings";

#define GIB (1ull << 30)
#define NO_PAGES (-1.0) /* the size counts something else */

static const struct bench benches[] = {
	{ "protect-dense", "mprotect of populated 4 KiB pages, no guest",
	  "the kernel's mprotect; a plain loop over as many entries", 8 * GIB, GIB / 4, 28,
	  bench_protect_dense },
	{ "protect-tdp", "mprotect of what a guest has mapped: TDP MMU", "the parts alone", 8 * GIB,
	  GIB / 4, 50, bench_protect_guest },
	{ "protect-direct", "the same, direct tables with reverse maps", "the parts alone", 8 * GIB,
	  GIB / 4, 60, bench_protect_guest },
	{ "protect-shadow", "the same, shadow MMU", "the parts alone", 8 * GIB, GIB / 4, 60,
	  bench_protect_guest },
	{ "hint-empty", "a NUMA hint over memory with nothing in it", "the kernel's mprotect",
	  64 * 1024 * GIB, 64 * 1024 * GIB, 0, bench_hint_empty },
	{ "hint-sparse", "a NUMA hint with one page in each GiB, shadow MMU", "--literal",
	  64 * 1024 * GIB, 1024 * GIB, 0, bench_hint_sparse },
	{ "populate", "the process writes to each page, then the guest", "a plain fill", 64 * GIB,
	  2 * GIB, 50, bench_populate },
	{ "guest-1t", "a guest of 4 KiB pages: populate both MMUs, mprotect all", "", 1024 * GIB,
	  2 * GIB, 40, bench_guest },
	{ "thp-1t", "a guest of 2 MiB pages: populate both MMUs, mprotect all", "", 1024 * GIB,
	  16 * GIB, 0.2, bench_guest },
	{ "vma-65k", "mprotect of single pages at random: VMAs split and merge",
	  "the same calls on the kernel", 65530, 4096, NO_PAGES, bench_vma },
	{ "replay", "the recordings on the model", "", 0, 0, 0, bench_replay },
	{ "import", "the recordings into scripts", "plain reading, line by line", 0, 0, 0,
	  bench_import },
	{ "start", "the seven lines of the README's first script, from start to end", "true", 0, 0,
	  0, bench_start },
	{ "trace-on", "protect-tdp with every event written to a file", "with tracing off", GIB,
	  GIB / 16, 200, bench_trace_on },
};

#define NR_BENCHES (sizeof(benches) / sizeof(benches[0]))

static const struct bench *find_bench(const char *name)
{
	size_t i;

	for (i = 0; i < NR_BENCHES; i++)
		if (!strcmp(benches[i].name, name))
			return &benches[i];
	return NULL;
}

static int unknown_bench(const char *name)
{
	const char *names[NR_BENCHES];
	const char *nearest;
	size_t i;

	for (i = 0; i < NR_BENCHES; i++)
		names[i] = benches[i].name;
	nearest = nearest_word(name, strlen(name), names, NR_BENCHES);
	if (nearest)
		return usage_error(&command_bench, "no benchmark '%s'; do you mean %s?", name, nearest);
	return usage_error(&command_bench, "no benchmark '%s'; --list lists them", name);
}

/* The size to run with: the largest half, quarter, ... of what is wanted that fits. */
static void choose_size(const struct bench *bench, const struct bench_env *env,
			struct bench_result *result)
{
	uint64_t want = env->quick ? bench->quick_size : bench->size;
	uint64_t room = env->memory / 10 * 9, size;
	struct strbuf text = STRBUF_INIT;

	if (env->size && bench->size)
		want = bench->per_page == NO_PAGES && env->size > bench->size ? bench->size : env->size;
	for (size = want; bench->per_page > 0 && size > 2 << 20; size /= 2)
		if (size / BENCH_PAGE * bench->per_page <= room)
			break;
	result->size = size;
	result->full = size >= bench->size || !bench->size;
	if (size == want)
		return;
	strbuf_addf(&text, "would need %.1f GiB, ", want / BENCH_PAGE * bench->per_page / GIB);
	strbuf_addf(&text, "%.1f GiB are free: half the size until it fits\n",
		    (double)env->memory / GIB);
	strbuf_addstr(&result->notes, strbuf_str(&text));
	strbuf_release(&text);
}

struct totals {
	unsigned int reached, missed, unjudged, skipped;
	struct strbuf names;
};

static void count_targets(const struct bench *bench, const struct bench_result *result,
			  struct totals *totals)
{
	unsigned int i, missed = totals->missed;

	for (i = 0; i < result->nr_targets; i++) {
		const struct bench_target *target = &result->targets[i];

		if (!target->judged)
			totals->unjudged++;
		else if (bench_reached(target))
			totals->reached++;
		else
			totals->missed++;
	}
	totals->skipped += result->skipped.len != 0;
	if (totals->missed > missed)
		strbuf_addf(&totals->names, " %s", bench->name);
}

static int bench_error(const struct bench *bench, const struct bench_result *result, int err)
{
	double need = bench->per_page > 0 ? result->size / BENCH_PAGE * bench->per_page : 0;

	if (err == -ENOMEM && need)
		error("%s: out of memory: it needs about %.1f GiB, %.1f GiB were free", bench->name,
		      need / GIB, (double)host_bench_memory() / GIB);
	else
		error("%s: %s", bench->name, strerror(-err));
	return STATUS_BROKEN;
}

static int run_bench(const struct bench *bench, const struct bench_env *env,
		     struct report_json *out, struct totals *totals)
{
	struct bench_result result = { 0 };
	int status = STATUS_OK, err;

	choose_size(bench, env, &result);
	err = bench->run(bench, env, &result);
	bench_progress_clear();
	bench_result_finish(&result);
	if (err)
		status = bench_error(bench, &result, err);
	else
		count_targets(bench, &result, totals);
	if (out)
		bench_json(out, bench, &result, err);
	else if (!err)
		bench_print(bench, &result);
	fflush(stdout);
	bench_result_release(&result);
	return status;
}

static int run_benches(int argc, char **argv, const struct bench_env *env,
		       struct report_json *out, struct totals *totals)
{
	int status = STATUS_OK;
	size_t i;
	int j;

	for (i = 0; i < NR_BENCHES; i++) {
		bool wanted = !argc;

		for (j = 0; j < argc; j++)
			wanted |= !strcmp(argv[j], benches[i].name);
		if (wanted)
			status = worse(status, run_bench(&benches[i], env, out, totals));
	}
	return status;
}

static void json_machine(struct report_json *out, const struct bench_env *env)
{
	struct utsname name = { 0 };

	uname(&name);
	report_json_object(out, "machine");
	report_json_str(out, "kernel", name.release);
	report_json_str(out, "architecture", name.machine);
	report_json_int(out, "processors", sysconf(_SC_NPROCESSORS_ONLN));
	report_json_str(out, "vectors", host_bench_vectors());
	report_json_uint(out, "memory_free", env->memory);
	report_json_close(out);
	report_json_uint(out, "runs", env->runs);
	report_json_bool(out, "quick", env->quick);
}

static int run_json(int argc, char **argv, const struct bench_env *env, struct totals *totals)
{
	struct report_json out;
	int status;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	json_machine(&out, env);
	report_json_array(&out, "benchmarks");
	status = run_benches(argc, argv, env, &out, totals);
	report_json_close(&out);
	report_json_uint(&out, "reached", totals->reached);
	report_json_uint(&out, "missed", totals->missed);
	report_json_uint(&out, "not_judged", totals->unjudged);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : status;
}

static int run_text(int argc, char **argv, const struct bench_env *env, struct totals *totals)
{
	struct utsname name = { 0 };
	int status;

	uname(&name);
	printf("Linux %s, %ld processors with %s, %.1f GiB free; %u runs of each\n\n", name.release,
	       sysconf(_SC_NPROCESSORS_ONLN), host_bench_vectors(), (double)env->memory / GIB,
	       env->runs);
	status = run_benches(argc, argv, env, NULL, totals);
	printf("targets: %u reached, %u missed%s%s, %u not judged; %u benchmarks skipped\n",
	       totals->reached, totals->missed, totals->missed ? ":" : "",
	       strbuf_str(&totals->names), totals->unjudged, totals->skipped);
	return status;
}

static int print_list(void)
{
	size_t i;

	for (i = 0; i < NR_BENCHES; i++)
		printf("%-15s %s\n", benches[i].name, benches[i].summary);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct bench_env env = { .quick = quick, .recordings = recordings };
	struct totals totals = { 0 };
	int i, status;

	if (list && (json || argc))
		return usage_error(&command_bench, "--list lists all of them, as text");
	if (list)
		return print_list();
	for (i = 0; i < argc; i++)
		if (!find_bench(argv[i]))
			return unknown_bench(argv[i]);
	if (runs > 1000)
		return usage_error(&command_bench, "--runs is at most 1000");
	if (size_option < 64 * BENCH_PAGE)
		return usage_error(&command_bench, "--size is at least 256K");
	env.runs = runs ? runs : quick ? 5 : 11;
	env.size = size_option == UINT64_MAX ? 0 : size_option;
	env.memory = memory_option == UINT64_MAX ? host_bench_memory() : memory_option;
	status = json ? run_json(argc, argv, &env, &totals) : run_text(argc, argv, &env, &totals);
	if (check && totals.missed)
		status = worse(status, STATUS_DIFFERENT);
	strbuf_release(&totals.names);
	return status;
}

static const struct option options[] = {
	OPT_FLAG('q', "quick", &quick, "small sizes and few runs: less than a minute"),
	OPT_UINT('r', "runs", &runs, "N", "measure everything so often (11; quick: 5)"),
	OPT_SIZE('s', "size", &size_option, "SIZE", "memory to measure with, where a benchmark has any"),
	OPT_SIZE('m', "memory", &memory_option, "SIZE", "use at most so much (what is available)"),
	OPT_STRING(0, "recordings", &recordings, "DIR",
		   "where replay and import find recordings (scripts/recordings)"),
	OPT_FLAG('c', "check", &check, "exit with 1 when a target was missed"),
	OPT_FLAG('l', "list", &list, "list the benchmarks and stop"),
	OPT_FLAG('J', "json", &json, "everything as JSON"),
	OPT_END,
};

const struct command command_bench = {
	.name = "bench",
	.run = run,
	.summary = "measure the model against the kernel and the memory",
	.usage = (const char *const[]){ "[options] [NAME...]", NULL },
	.about = "Measure the model's own speed. Each benchmark measures the model, what it is\n"
		 "compared with (the running kernel's own calls, a plain loop, plain reading) and\n"
		 "the limit by turns in one run, and prints medians, the middle half, ratios, and\n"
		 "whether the targets are reached. Those with a size run at four sizes and print\n"
		 "the exponent of the growth: 1 is linear, 0 independent of the size. Sizes adapt\n"
		 "to the memory that is available; a target that is for a larger size is then not\n"
		 "judged. All of it takes some minutes and up to 10 GiB.\n"
		 "\n"
		 "Exit status: 0 measured, 1 a target was missed (with --check), 2 wrong usage,\n"
		 "3 out of memory or the output could not be written.",
	.options = options,
	.words = (const char *const[]){ "protect-dense", "protect-tdp", "protect-direct",
					"protect-shadow", "hint-empty", "hint-sparse", "populate",
					"guest-1t", "thp-1t", "vma-65k", "replay", "import", "start",
					"trace-on", NULL },
	.examples = (const char *const[]){ "mmuscope bench --list",
					   "mmuscope bench --quick --runs 1 --size 4M protect-dense",
					   "mmuscope bench --json --runs 1 --size 4M populate", NULL },
};
