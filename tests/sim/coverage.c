// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Invariant 1 for every kind of secondary mapping: linux-6.1 clears a 1 GiB leaf of a device without
 * a word, and the audit says so whoever maps it: the TDP MMU, reverse maps alone, a guest's own
 * tables, L2. linux-6.12 notifies, and nothing is found.
 */
#include <sim/sim.h>

#include <tap.h>

#include <string.h>

#define DEVICE "map d 0x100000000000 4G rw dax=1G shared\n"
#define TABLES "map t 0x110000000000 16M rw anon private\n"
#define SLOTS "memslot v 0 gpa=4G d 4G\n"

static const struct {
	const char *what;
	const char *text;
} cases[] = {
	{ "TDP MMU", DEVICE "vm v tdp\n" SLOTS "guest v w 4G 4K\n"
		     "mprotect d 4G r\n" },
	{ "direct", DEVICE "vm v direct\n" SLOTS "guest v w 4G 4K\n"
		    "mprotect d 4G r\n" },
	{ "shadow", DEVICE "vm v shadow\n" SLOTS "guest v w 4G 4K\n"
		    "mprotect d 4G r\n" },
	{ "a guest's own tables",
	  DEVICE TABLES "vm v shadow\n" SLOTS "memslot v 1 gpa=16M t 16M\n"
	  "guest_map v 1G 4G 1G rw tables=16M page=1G\n"
	  "cr3 v 16M\n"
	  "guest v w gva=1G 4K\n"
	  "mprotect d 4G r\n" },
	{ "L2",
	  DEVICE TABLES "vm v nested\n" SLOTS "memslot v 1 gpa=16M t 16M\n"
	  "l2_map v 0 4G 1G rw tables=16M page=1G\n"
	  "guest v w l2=4K 4K\n"
	  "mprotect d 4G r\n" },
};

static void note(void *ctx, const char *text)
{
	if (strstr(text, "invariant 1 broken"))
		++*(unsigned int *)ctx;
}

static void run(const struct script *script, const char *profile, unsigned int want,
		const char *what)
{
	unsigned int found = 0;
	struct sim_options options = {
		.profile = profile,
		.mmu = -1,
		.audit = true,
		.note = note,
		.ctx = &found,
	};
	struct sim_result result;

	tap_ok(!sim_run(script, &options, &result) && found == want, "%s, %s: %u changes uncovered",
	       what, profile, found);
	sim_result_release(&result);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf diag = STRBUF_INIT;
		struct script *script = NULL;

		if (!tap_ok(!script_parse("coverage.mms", cases[i].text, strlen(cases[i].text), &diag,
					  &script),
			    "%s: the script parses", cases[i].what))
			printf("# %s\n", strbuf_str(&diag));
		if (script) {
			run(script, "linux-6.1", 1, cases[i].what);
			run(script, "linux-6.12", 0, cases[i].what);
		}
		script_free(script);
		strbuf_release(&diag);
	}
	return tap_done();
}
