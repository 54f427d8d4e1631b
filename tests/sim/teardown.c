// SPDX-License-Identifier: GPL-2.0-or-later
/* What a script leaves behind when it ends is taken down, whatever state it is in. */
#include <sim/sim.h>

#include <base/mem.h>
#include <tap.h>

#include <string.h>

static void runs_and_leaves_nothing(const char *name, const char *text)
{
	const struct sim_options options = { .run_gap = SIM_DEFAULT_RUN_GAP, .mmu = -1 };
	uint64_t live = mem_live();
	struct strbuf diag = STRBUF_INIT;
	struct sim_result result;
	struct script *script;
	int err = script_parse(name, text, strlen(text), &diag, &script);

	if (tap_ok(!err, "%s: parses", name)) {
		tap_eq((uint64_t)sim_run(script, &options, &result), 0, name);
		sim_result_release(&result);
		script_free(script);
	}
	strbuf_release(&diag);
	tap_eq(mem_live(), live, name);
}

int main(void)
{
	/* mprotect at address 0 sends a start without an end: the interval's odd period lasts */
	runs_and_leaves_nothing("device-address-zero",
				"map a 0x0 4M rw anon private\n"
				"touch a 4K w\n"
				"device d a 4M\n"
				"mprotect a 4M r\n");
	runs_and_leaves_nothing("device-address-zero-late",
				"map a 0x0 4M rw anon private\n"
				"touch a 4K w\n"
				"device d a 4M\n"
				"mprotect a 4M r\n"
				"device e a 4M\n");
	return tap_done();
}
