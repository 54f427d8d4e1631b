// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Designs against the kernel they are built on: random programs with guests hold the audit, the
 * same SPTEs live and die, counts are those of a literal scan, and the figures that were promised.
 */
#include <base/mem.h>
#include <script/random.h>
#include <sim/sim.h>

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define ALL (SIM_DESIGN_TIGHT | SIM_DESIGN_LAZY_UNMAP | SIM_DESIGN_RMAP_INDEX | SIM_DESIGN_NUMA_SKIP)
#define RUNS (SIM_DESIGN_TIGHT | SIM_DESIGN_LAZY_UNMAP)
#define FEATURES                                                                              \
	(SCRIPT_RANDOM_ANON | SCRIPT_RANDOM_SHMEM | SCRIPT_RANDOM_FILE | SCRIPT_RANDOM_THP |  \
	 SCRIPT_RANDOM_HUGETLB | SCRIPT_RANDOM_FORK | SCRIPT_RANDOM_NUMA |                    \
	 SCRIPT_RANDOM_GUEST | SCRIPT_RANDOM_MREMAP | SCRIPT_RANDOM_TRUNCATE)

static unsigned int seeds = 12;

static struct script *parse(const char *text)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;

	if (script_parse("designs.mms", text, strlen(text), &diag, &script))
		printf("# %s\n", strbuf_str(&diag));
	strbuf_release(&diag);
	return script;
}

/*
 * struct trail - what a run did to secondary entries, and whether its windows were as promised
 * @hash: of every event but the notifications themselves, in order
 * @events: how many
 */
struct trail {
	struct event_sink sink;
	uint64_t hash;
	uint64_t events;
};

static void follow(struct event_sink *sink, const struct event *event)
{
	struct trail *trail = (struct trail *)sink;
	unsigned int i;

	switch (event->id) {
	case EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START:
	case EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END:
	case EVENT_KVM_UNMAP_HVA_RANGE:
	case EVENT_TRACING_MARK_WRITE:
		return;
	default:
		break;
	}
	trail->events++;
	trail->hash = (trail->hash ^ event->id) * 0x100000001b3ull;
	for (i = 0; i < sizeof(event->arg) / sizeof(event->arg[0]); i++)
		trail->hash = (trail->hash ^ event->arg[i]) * 0x100000001b3ull;
}

static void print_note(void *ctx, const char *text)
{
	(void)ctx;
	if (strstr(text, "invariant"))
		printf("# %s\n", text);
}

static bool run(const struct script *script, const struct sim_options *how, struct trail *trail,
		struct sim_result *ret)
{
	struct sim_options options = *how;

	*trail = (struct trail){ .sink.emit = follow };
	options.sink = &trail->sink;
	options.note = print_note;
	return !sim_run(script, &options, ret);
}

static bool same_entries(const struct sim_result *a, const struct sim_result *b)
{
	static const enum sim_counter same[] = { SIM_SPTES_ZAPPED, SIM_PAGES_4K, SIM_PAGES_2M,
						 SIM_PAGES_1G,	   SIM_PF_FIXED, SIM_PF_TAKEN };
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (a->counters[same[i]] != b->counters[same[i]]) {
			printf("# %s: %llu, the kernel itself %llu\n", sim_counter_names[same[i]],
			       (unsigned long long)a->counters[same[i]],
			       (unsigned long long)b->counters[same[i]]);
			return false;
		}
	return true;
}

/* struct outcome - over many programs */
struct outcome {
	uint64_t failed, violations, entries, trails, literal;
	uint64_t scanned, classic_scanned, zapped;
};

static void try_design(const struct script *script, const struct sim_options *how,
		       const struct sim_result *classic, const struct trail *trail,
		       struct outcome *out)
{
	struct sim_result result, literal;
	struct sim_options options = *how;
	struct trail mine, other;

	out->failed += !run(script, &options, &mine, &result);
	out->violations += result.violations;
	if (!(how->designs & SIM_DESIGN_NUMA_SKIP)) {
		if (!same_entries(&result, classic)) {
			out->entries++;
			printf("# in this program:\n%s", script->text);
		}
		out->trails += mine.hash != trail->hash || mine.events != trail->events;
	}
	out->scanned += result.counters[SIM_RMAP_SCANNED];
	out->classic_scanned += classic->counters[SIM_RMAP_SCANNED];
	out->zapped += result.counters[SIM_SPTES_ZAPPED];
	options.audit = false;
	options.literal = true;
	out->failed += !run(script, &options, &other, &literal);
	out->literal += !!memcmp(result.counters, literal.counters, sizeof(literal.counters));
	sim_result_release(&result);
	sim_result_release(&literal);
}

static void random_programs(const char *profile, enum script_mmu mmu, unsigned int designs,
			    unsigned int level, uint64_t gap, const char *name)
{
	struct script_random_options random = { .ops = 50, .features = FEATURES,
						.max_touched = 2000 };
	struct sim_options how = { .profile = profile, .mmu = mmu, .audit = true };
	struct outcome out = { 0 };
	uint64_t seed;

	for (seed = 1; seed <= seeds; seed++) {
		struct strbuf text = STRBUF_INIT;
		struct sim_result classic;
		struct script *script;
		struct trail trail;

		script_random(seed * 977 + mmu, &random, &text);
		script = parse(strbuf_str(&text));
		strbuf_release(&text);
		how.designs = 0;
		out.failed += !script || !run(script, &how, &trail, &classic);
		out.violations += classic.violations;
		how.designs = designs;
		how.run_level = level;
		how.run_gap = gap;
		try_design(script, &how, &classic, &trail, &out);
		sim_result_release(&classic);
		script_free(script);
	}
	tap_ok(!out.failed && !out.violations && !out.entries && !out.trails && !out.literal &&
		       out.zapped,
	       "%s, %s, %s: %llu SPTEs zapped, %llu looked at instead of %llu", profile,
	       script_mmu_name(mmu), name, (unsigned long long)out.zapped,
	       (unsigned long long)out.scanned, (unsigned long long)out.classic_scanned);
	if (out.failed || out.violations || out.entries || out.trails || out.literal)
		printf("# failed %llu, violations %llu, other entries %llu, other events "
		       "%llu, other counts when literal %llu\n",
		       (unsigned long long)out.failed, (unsigned long long)out.violations,
		       (unsigned long long)out.entries, (unsigned long long)out.trails,
		       (unsigned long long)out.literal);
}

static void programs(void)
{
	static const char *const kernels[] = { "linux-3.14", "linux-6.12", "linux-7.2" };
	unsigned int k, mmu;

	for (k = 0; k < 3; k++)
		for (mmu = 0; mmu < SCRIPT_MMU_NR; mmu++) {
			random_programs(kernels[k], mmu, SIM_DESIGN_TIGHT, 2, 4 << 20, "tight");
			random_programs(kernels[k], mmu, SIM_DESIGN_LAZY_UNMAP, 2, 0, "lazy-unmap");
			random_programs(kernels[k], mmu, RUNS, 3, 1 << 30, "runs of PUD entries");
			random_programs(kernels[k], mmu, SIM_DESIGN_RMAP_INDEX, 2, 0, "rmap=index");
			random_programs(kernels[k], mmu, SIM_DESIGN_NUMA_SKIP, 2, 0, "numa-skip");
			random_programs(kernels[k], mmu, ALL, 2, 0, "all");
		}
}

static void counters_of(const char *text, const char *profile, unsigned int designs,
			unsigned int level, uint64_t *ret_counters)
{
	struct sim_options how = { .profile = profile, .designs = designs, .mmu = -1,
				   .run_level = level, .run_gap = SIM_DEFAULT_RUN_GAP };
	struct script *script = parse(text);
	struct sim_result result;
	struct trail trail;

	tap_ok(script && run(script, &how, &trail, &result), "%s, designs %#x", profile, designs);
	memcpy(ret_counters, result.counters, sizeof(result.counters));
	sim_result_release(&result);
	script_free(script);
}

static const char one_page[] = "map ram 0x100000000000 512G rw anon private noreserve nohuge\n"
			       "vm vm0 shadow\n"
			       "memslot vm0 0 gpa=4G ram 512G\n"
			       "guest vm0 w 4G 4K\n"
			       "mprotect ram 512G r\n";

static void promised_sparse(void)
{
	uint64_t classic[SIM_COUNTER_NR], tight[SIM_COUNTER_NR], index[SIM_COUNTER_NR];
	unsigned int level;

	counters_of(one_page, "linux-6.12", 0, 0, classic);
	tap_eq(classic[SIM_RMAP_SCANNED], 134480384, "one page in 512 GiB: linux-6.12");
	for (level = 2; level <= 3; level++) {
		counters_of(one_page, "linux-6.12", SIM_DESIGN_TIGHT, level, tight);
		tap_ok(tight[SIM_RMAP_SCANNED] * 500 <= classic[SIM_RMAP_SCANNED] &&
			       tight[SIM_SPTES_ZAPPED] == 1,
		       "tight, level %u: %llu, at most 1/500", level,
		       (unsigned long long)tight[SIM_RMAP_SCANNED]);
	}
	counters_of(one_page, "linux-6.12", SIM_DESIGN_RMAP_INDEX, 0, index);
	tap_ok(index[SIM_RMAP_SCANNED] * 100000 <= classic[SIM_RMAP_SCANNED] &&
		       index[SIM_SPTES_ZAPPED] == 1 && classic[SIM_SPTES_ZAPPED] == 1,
	       "rmap=index: %llu, at most 1/100,000",
	       (unsigned long long)index[SIM_RMAP_SCANNED]);
}

/* Every page of the guest in use: nobody may lose more than 5 %. */
static void promised_dense(const char *op, const char *mmu)
{
	uint64_t classic[SIM_COUNTER_NR], design[SIM_COUNTER_NR];
	struct strbuf text = STRBUF_INIT;
	unsigned int designs;

	strbuf_addf(&text,
		    "map ram 0x100000000000 1G rw anon private noreserve nohuge\nvm vm0 %s\n"
		    "memslot vm0 0 gpa=4G ram 1G\nguest vm0 w 4G 1G\n%s\n", mmu, op);
	counters_of(strbuf_str(&text), "linux-7.2", 0, 0, classic);
	for (designs = 1; designs <= 7; designs++) {
		counters_of(strbuf_str(&text), "linux-7.2", designs, 0, design);
		tap_ok(design[SIM_RMAP_SCANNED] * 100 <= classic[SIM_RMAP_SCANNED] * 105 &&
			       design[SIM_NOTIFICATIONS] == classic[SIM_NOTIFICATIONS] &&
			       design[SIM_REMOTE_TLB_FLUSH] == classic[SIM_REMOTE_TLB_FLUSH] &&
			       design[SIM_SPTES_ZAPPED] == 262144,
		       "dense, %s, %s, designs %#x: %llu looked at instead of %llu", mmu, op,
		       designs, (unsigned long long)design[SIM_RMAP_SCANNED],
		       (unsigned long long)classic[SIM_RMAP_SCANNED]);
	}
	strbuf_release(&text);
}

static void pinned(void)
{
	static const char text[] = "map ram 0x100000000000 1G rw anon private noreserve nohuge\n"
				   "pin ram 1G\n"
				   "vm vm0 tdp\n"
				   "memslot vm0 0 gpa=0 ram 1G\n"
				   "guest vm0 w 0 1G\n"
				   "numa_hint ram 1G\n";
	uint64_t classic[SIM_COUNTER_NR], skip[SIM_COUNTER_NR];

	counters_of(text, "linux-6.12", 0, 0, classic);
	counters_of(text, "linux-6.12", SIM_DESIGN_NUMA_SKIP, 0, skip);
	tap_eq(classic[SIM_SPTES_ZAPPED], 262144, "a pinned guest loses every SPTE to NUMA hinting");
	tap_eq(classic[SIM_PRIMARY_CHANGED], 0, "although no page is changed");
	tap_eq(skip[SIM_SPTES_ZAPPED], 0, "numa-skip: none");
	tap_eq(skip[SIM_NOTIFICATIONS], classic[SIM_NOTIFICATIONS], "and still the notification");
}

/* What is pinned is neither paged out nor shared with a child. */
static void pins(void)
{
	static const char text[] = "map a 0x100000000000 8M rw anon private huge\n"
				   "touch a 8M w\npin a 3M\nmadvise a 3M pageout\n> none\n"
				   "fork c\ntouch a 3M w\n> none\ntouch a+6M 4K w\n"
				   "> CLEAR a+6M a+8M\n> CLEAR a+6M a+6M+4K\n"
				   "switch c\ntouch a 8M w\nswitch main\nexit c\n"
				   "munmap a+4K 4K\nmunmap a 8M\n";
	struct sim_options how = { .profile = "linux-6.12", .mmu = -1, .audit = true };
	struct script *script = parse(text);
	struct sim_result result;
	struct trail trail;

	tap_ok(script && run(script, &how, &trail, &result), "pinned memory, fork and pageout");
	tap_ok(result.checked == 3 && !result.failed && !result.violations, "as Linux has it");
	printf("%s", result.failures.len ? strbuf_str(&result.failures) : "");
	sim_result_release(&result);
	script_free(script);
}

int main(int argc, char **argv)
{
	uint64_t live = mem_live();

	if (argc > 1)
		seeds = strtoul(argv[1], NULL, 0);
	programs();
	promised_sparse();
	promised_dense("mprotect ram 1G r", "shadow");
	promised_dense("madvise ram 1G dontneed", "direct");
	promised_dense("munmap ram 1G", "shadow");
	pinned();
	pins();
	tap_eq(mem_live(), live, "nothing leaked");
	return tap_done();
}
