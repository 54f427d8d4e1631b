// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation of a run fails once: the run says -ENOMEM, nothing leaks, and what was done
 * so far breaks no invariant.
 */
#include <sim/sim.h>

#include <base/mem.h>
#include <script/random.h>
#include <tap.h>

#include <errno.h>
#include <string.h>

static const char every_area[] =
	"map a 0x10000000 8M rw anon private\n"
	"map s 0x20000000 4M rw shmem shared\n"
	"map f 0x30000000 4M rw file private\n"
	"map h 0x40000000 8M rw anon private huge\n"
	"vm tdp tdp\n"
	"vm direct direct\n"
	"vm shadow shadow\n"
	"memslot tdp 0 gpa=4G a 8M\n"
	"memslot direct 0 gpa=4G h 8M\n"
	"memslot shadow 0 gpa=4G a 8M\n"
	"memslot shadow 1 gpa=5G s 4M\n"
	"guest tdp w 4G 8M stride=1M\n"
	"guest direct w 4G 8M stride=1M\n"
	"guest shadow w 4G 64K\n"
	"guest shadow r 5G 64K\n"
	"touch f 64K w\n"
	"mprotect a+1M 2M r\n"
	"mprotect h+64K 1M r\n"
	"> linux-6.1+ PROTECTION_VMA 0 4K\n"
	"numa_hint a 8M\n"
	"fork child\n"
	"touch a 64K w\n"
	"switch child\n"
	"touch f 64K w\n"
	"munmap h 4M\n"
	"switch main\n"
	"exit child\n"
	"forkwait\n"
	"mremap s 1M 1M 0x50000000\n"
	"madvise a 1M dontneed\n"
	"map o 0x60000000 4M rw shmem shared huge\n"
	"map z 0x70000000 4M rw anon private huge\n"
	"touch o 64K w\n"
	"touch z 4M r stride=2M\n"
	"touch z 64K w\n"
	"mbind z 4M bind 1 move\n"
	"mbind o 1M bind 1\n"
	"mbind o+64K 64K preferred 0\n"
	"move_pages z 4M 1\n"
	"uffd register o 4M\n"
	"uffd wp o 2M\n"
	"uffd unwp o 1M\n"
	"uffd unregister o 4M\n"
	"touch o 4M w stride=64K\n"
	"madvise o 2M collapse\n"
	"truncate o 1M\n"
	"madvise z 4M mergeable\n"
	"ksm 3\n"
	"madvise z 4M unmergeable\n"
	"madvise z 64K free\n"
	"madvise z 4M pageout\n"
	"guest shadow w 4G 64K\n"
	"munmap a+64K 64K\n"
	"munmap 0x10000000 64M\n"
	"assert remote_tlb_flush <= 1000000\n";

static void ignore_event(struct event_sink *sink, const struct event *event)
{
	(void)sink;
	(void)event;
}

static void ignore_note(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* What a sweep found wrong; zero everywhere is a sweep without a finding. */
struct findings {
	uint64_t runs;
	uint64_t status, leaked, violated, survived;
	uint64_t first;
};

static void note_finding(struct findings *found, uint64_t *kind, uint64_t n)
{
	if (!(*kind)++ && !found->first)
		found->first = n;
}

/* Runs with the n-th allocation failing; false when the run needs fewer. */
static bool run_failing(const struct script *script, const struct sim_options *options,
			uint64_t n, struct findings *found)
{
	uint64_t live = mem_live(), before = mem_count();
	struct sim_result result;
	bool failed;
	int err;

	mem_fail_at(n);
	err = sim_run(script, options, &result);
	mem_fail_at(0);
	failed = mem_count() >= before + n;
	if (result.violations)
		note_finding(found, &found->violated, n);
	sim_result_release(&result);
	if (err != (failed ? -ENOMEM : 0))
		note_finding(found, err ? &found->status : &found->survived, n);
	if (mem_live() != live)
		note_finding(found, &found->leaked, n);
	found->runs = n;
	return failed;
}

static void sweep(const struct script *script, const char *name, const char *profile,
		  unsigned int designs, bool audit)
{
	struct event_sink sink = { .emit = ignore_event };
	struct sim_options options = {
		.profile = profile,
		.designs = designs,
		.mmu = -1,
		.audit = audit,
		.sink = &sink,
		.note = ignore_note,
	};
	struct findings found = { 0 };
	uint64_t n = 1;

	while (run_failing(script, &options, n, &found))
		n++;
	tap_ok(n > 50 && !found.status && !found.leaked && !found.violated && !found.survived,
	       "%s, %s, designs %x%s: %llu allocations", name, profile, designs,
	       audit ? ", audit" : "", (unsigned long long)n - 1);
	if (found.first)
		printf("# first at %llu; runs with another error %llu, leaks %llu, broken "
		       "invariants %llu, success %llu\n",
		       (unsigned long long)found.first, (unsigned long long)found.status,
		       (unsigned long long)found.leaked, (unsigned long long)found.violated,
		       (unsigned long long)found.survived);
}

static struct script *parse(const char *text)
{
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	int err = script_parse("nomem.mms", text, strlen(text), &diag, &script);

	if (!tap_ok(!err, "the script parses"))
		printf("# %s\n", strbuf_str(&diag));
	strbuf_release(&diag);
	return script;
}

static void sweep_text(const char *text, const char *name)
{
	struct script *script = parse(text);
	unsigned int i;

	for (i = 0; script && script_kernel_names[i]; i++)
		sweep(script, name, script_kernel_names[i], 0, i & 1);
	for (i = 0; script && script_design_names[i]; i++)
		sweep(script, name, "linux-6.12", 1u << i, i & 1);
	script_free(script);
}

int main(void)
{
	struct script_random_options options = { .ops = 40, .features = (1u << 18) - 1,
						 .max_touched = 2000 };
	struct strbuf text = STRBUF_INIT;
	uint64_t seed;

	sweep_text(every_area, "every kind of area");
	for (seed = 1; seed <= 4; seed++) {
		char name[32];

		text.len = 0;
		script_random(seed, &options, &text);
		snprintf(name, sizeof(name), "random script %llu", (unsigned long long)seed);
		sweep_text(strbuf_str(&text), name);
	}
	strbuf_release(&text);
	return tap_done();
}
