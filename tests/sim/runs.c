// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is done at once gives what is done page by page: with somebody listening the model goes
 * page by page, with nobody by runs. Results and counters of every operation must be the same,
 * and so must the entries, which the records of a last mprotect and refault show.
 */
#include <base/mem.h>
#include <script/random.h>
#include <sim/sim.h>

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define FEATURES                                                                              \
	(SCRIPT_RANDOM_ANON | SCRIPT_RANDOM_SHMEM | SCRIPT_RANDOM_FILE | SCRIPT_RANDOM_THP |  \
	 SCRIPT_RANDOM_FORK | SCRIPT_RANDOM_NUMA | SCRIPT_RANDOM_GUEST |                      \
	 SCRIPT_RANDOM_MREMAP | SCRIPT_RANDOM_TRUNCATE)

static const char *const programs[] = {
	/* slots that begin and end inside a group of eight and inside a table */
	"map a 0x100000000000 16M rw anon private nohuge\ntouch a 16M w\nvm v MMU\n"
	"memslot v 0 gpa=0x3000 a+20K 7M\nguest v w 0x3000 7M\nguest v r 0x3000 7M\n"
	"mprotect a 3M r\nguest v r 0x3000 7M\nmprotect a 3M rw\nguest v w 0x5000 6M\n",
	/* reads first, then writes; pages that are not there yet */
	"map a 0x100000000000 8M rw anon private nohuge\nvm v MMU\nmemslot v 0 gpa=0 a 8M\n"
	"guest v r 0 3M\nguest v w 1M 4M\ntouch a+6M 1M w\nguest v w 0 8M\n",
	/* holes, other strides, a read-only map in between */
	"map a 0x100000000000 8M rw anon private nohuge\nmap b 0x100000800000 4M r anon private\n"
	"touch a 8M w stride=12K\nvm v MMU\nmemslot v 0 gpa=0 a 12M\nguest v w 0 8M stride=8K\n"
	"guest v r 0 12M\nmunmap a+1M 64K\nguest v r 0 12M\n",
	/* huge pages, whole and split; another process shares them */
	"map a 0x100000000000 16M rw anon private huge\ntouch a 15M w\nvm v MMU\n"
	"memslot v 0 gpa=0 a 16M\nguest v w 0 16M\nmprotect a+3M 1M r\nguest v r 0 16M\n"
	"forkwait\nguest v w 0 16M stride=20K\nguest v w 0 16M\n",
	/* a read-only slot, two slots over one memory */
	"map a 0x100000000000 4M rw anon private nohuge\ntouch a 4M w\nvm v MMU\n"
	"memslot v 0 gpa=0 a 4M readonly\nmemslot v 1 gpa=8M a 4M\nguest v r 0 4M\n"
	"guest v w 8M 4M\nguest v r 8M 4M\nmprotect a 1M r\nguest v r 0 4M\n",
	/* shared memory, written by the process and the guest by turns */
	"map a 0x100000000000 8M rw shmem shared nohuge\nvm v MMU\nmemslot v 0 gpa=0 a 8M\n"
	"guest v w 0 4M\ntouch a 8M w\nguest v w 0 8M\nmadvise a 2M dontneed\nguest v r 0 8M\n",
};

/* What shows the entries as they are: their records. */
static const char ending[] = "mprotect a 4M r\nguest v r 0 4M\n";

/**
 * struct trail - what one run did
 * @hash: of every counter of every operation
 * @records: of the records of the last operations
 */
struct trail {
	struct event_sink sink;
	struct sim_options options;
	uint64_t hash;
	uint64_t records;
	uint64_t ops;
	uint64_t until; /* operations before the records count */
};

static void mix(uint64_t *hash, uint64_t value)
{
	*hash = (*hash ^ value) * 0x100000001b3ull;
}

static void see(struct event_sink *sink, const struct event *event)
{
	struct trail *trail = (struct trail *)sink;
	unsigned int i;

	if (trail->ops < trail->until)
		return;
	mix(&trail->records, event->id);
	for (i = 0; i < sizeof(event->arg) / sizeof(event->arg[0]); i++)
		mix(&trail->records, event->arg[i]);
}

static void done(void *ctx, const struct sim_op_result *result)
{
	struct trail *trail = ctx;
	unsigned int i;

	mix(&trail->hash, result->err);
	for (i = 0; i < SIM_COUNTER_NR; i++)
		mix(&trail->hash, result->delta[i]);
	if (++trail->ops == trail->until)
		trail->options.sink = &trail->sink;
}

static bool follow(const struct script *script, const char *profile, bool by_runs, uint64_t until,
		   int mmu, struct trail *ret)
{
	struct sim_result result;
	int err;

	*ret = (struct trail){
		.sink.emit = see,
		.until = until,
		.options = { .profile = profile, .mmu = mmu, .op_done = done, .ctx = ret },
	};
	if (!by_runs || !until)
		ret->options.sink = &ret->sink;
	err = sim_run(script, &ret->options, &result);
	sim_result_release(&result);
	return !err;
}

static bool same(const struct script *script, const char *profile, uint64_t until, int mmu)
{
	struct trail slow, fast;

	return follow(script, profile, false, until, mmu, &slow) &&
	       follow(script, profile, true, until, mmu, &fast) && slow.ops == fast.ops &&
	       slow.hash == fast.hash && slow.records == fast.records;
}

/* @text with every "MMU" as @mmu, and the ending. */
static struct script *parse(const char *text, const char *mmu)
{
	struct strbuf full = STRBUF_INIT, diag = STRBUF_INIT;
	const char *at = strstr(text, "MMU");
	struct script *script = NULL;

	strbuf_add(&full, text, at - text);
	strbuf_addstr(&full, mmu);
	strbuf_addstr(&full, at + 3);
	strbuf_addstr(&full, ending);
	if (script_parse("runs.mms", full.buf, full.len, &diag, &script))
		printf("# %s\n", strbuf_str(&diag));
	strbuf_release(&full);
	strbuf_release(&diag);
	return script;
}

static void test_programs(const char *profile, const char *mmu)
{
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct script *script = parse(programs[i], mmu);

		tap_ok(script && same(script, profile, script->nr_ops - 2, -1),
		       "%s, %s, program %zu", profile, mmu, i);
		script_free(script);
	}
}

static void test_random(const char *profile, enum script_mmu mmu, uint64_t seed)
{
	const struct script_random_options options = {
		.ops = 60,
		.features = FEATURES,
		.max_touched = 4096,
	};
	struct strbuf diag = STRBUF_INIT, text = STRBUF_INIT;
	struct script *script = NULL;

	script_random(seed, &options, &text);
	if (!script_parse("random.mms", text.buf, text.len, &diag, &script))
		tap_ok(same(script, profile, UINT64_MAX, mmu), "%s, %s, random script of seed %llu",
		       profile, script_mmu_name(mmu), (unsigned long long)seed);
	else
		tap_ok(false, "random script of seed %llu: %s", (unsigned long long)seed,
		       strbuf_str(&diag));
	script_free(script);
	strbuf_release(&text);
	strbuf_release(&diag);
}

/* "test_sim_runs N" follows N random scripts for each profile and kind of MMU. */
int main(int argc, char **argv)
{
	static const char *const mmus[] = { "tdp", "direct", "shadow" };
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 0) : 6, seed;
	unsigned int i, p;

	for (p = 0; script_kernel_names[p]; p++)
		for (i = 0; i < 3; i++) {
			test_programs(script_kernel_names[p], mmus[i]);
			for (seed = 1; seed <= seeds; seed++)
				test_random(script_kernel_names[p], (enum script_mmu)i, seed);
		}
	return tap_done();
}
