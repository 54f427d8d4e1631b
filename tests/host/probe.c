// SPDX-License-Identifier: GPL-2.0-or-later
/* The probe: devices that are none, shapes as scripts, and where there is KVM a few calls. */
#include <errno.h>
#include <string.h>

#include <host/probe.h>
#include <script/script.h>

#include "tap.h"

#define GIB (1ull << 30)

static void no_device(const char *device, const char *want)
{
	const struct host_probe_options options = { .device = device };
	struct strbuf diag = STRBUF_INIT;
	struct host_probe *probe = NULL;
	int err = host_probe_open(&options, &diag, &probe);

	tap_eq(-err, EOPNOTSUPP, device);
	tap_ok(!probe && strstr(strbuf_str(&diag), device) && strstr(strbuf_str(&diag), want),
	       "says what helps: %s", want);
	strbuf_release(&diag);
}

static void as_script(const struct host_probe_shape *shape, size_t ops, const char *last)
{
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	struct script *script = NULL;
	int err;

	host_probe_script(shape, "shadow", &text);
	err = script_parse("shape", strbuf_str(&text), text.len, &diag, &script);
	if (!tap_ok(!err && script->nr_ops == ops, "%s: a script of %zu lines",
		    host_probe_op_names[shape->op], ops))
		printf("# %s", strbuf_str(&diag));
	if (!err)
		tap_ok(!strncmp(script->text + script->ops[script->nr_ops - 1].text, last, strlen(last)),
		       "that ends with %s", last);
	script_free(script);
	strbuf_release(&text);
	strbuf_release(&diag);
}

static void scripts(void)
{
	struct host_probe_shape shape = { .op = HOST_PROBE_MPROTECT, .len = 3 * GIB };

	as_script(&shape, 2, "mprotect ram 3221225472 r");
	shape.vm = true;
	shape.op = HOST_PROBE_DONTNEED;
	as_script(&shape, 4, "madvise ram 3221225472 dontneed");
	shape.op = HOST_PROBE_MUNMAP;
	shape.nr = 1;
	shape.first = GIB;
	as_script(&shape, 5, "munmap ram");
	shape.op = HOST_PROBE_REFAULT;
	shape.nr = 5;
	shape.stride = 8192;
	shape.guest = true;
	as_script(&shape, 9, "guest vm0 w 0x140000000 36864 stride=8192");
	shape.op = HOST_PROBE_MPROTECT;
	shape.first = 0;
	shape.aliases = 3;
	as_script(&shape, 14, "mprotect ram 3221225472 r");
}

static void bad_shapes(struct host_probe *probe)
{
	static const struct host_probe_shape bad[] = {
		{ .len = 0 },
		{ .len = GIB + 4096 },
		{ .len = GIB, .nr = 1, .first = GIB },
		{ .len = GIB, .nr = 1, .first = 1 },
		{ .len = GIB, .nr = 2 },
		{ .len = GIB, .nr = 3, .stride = GIB / 2 },
		{ .len = GIB, .nr = UINT64_MAX, .stride = 4096 },
		{ .len = GIB, .nr = 1, .guest = true },
		{ .len = 8 * GIB, .nr = 1, .first = 4 * GIB, .vm = true, .guest = true },
		{ .len = GIB, .vm = true, .op = HOST_PROBE_REFAULT },
		{ .len = GIB, .nr = 1, .vm = true, .aliases = 2 },
		{ .len = GIB, .nr = 1, .vm = true, .guest = true, .aliases = HOST_PROBE_ALIASES + 1 },
		{ .len = GIB, .nr = 1, .first = HOST_PROBE_ALIAS_BYTES, .vm = true, .guest = true, .aliases = 2 },
		{ .len = GIB, .nr = 1, .vm = true, .guest = true, .aliases = 2, .op = HOST_PROBE_REFAULT },
		{ .len = GIB, .op = HOST_PROBE_OP_NR },
	};
	struct host_probe_shape shape = { .len = GIB };
	struct host_probe_times times = { .nr = 7 };
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		tap_ok(host_probe_measure(probe, &bad[i], 1, &times) == -EINVAL && times.nr == 7,
		       "no shape: %u", i);
	tap_eq(-host_probe_measure(probe, &shape, 0, &times), EINVAL, "no samples");
	shape.len = 4096 * GIB;
	shape.vm = true;
	tap_eq(-host_probe_measure(probe, &shape, 1, &times), E2BIG, "over the memory limit");
}

/* What the guest touched has an SPTE, and mprotect takes each away. */
static void measure(struct host_probe *probe)
{
	struct host_probe_shape shape = { .op = HOST_PROBE_MPROTECT, .len = GIB, .nr = 100,
					  .stride = 8192, .vm = true, .guest = true };
	struct host_probe_times times;
	int err = host_probe_measure(probe, &shape, 3, &times);

	if (err == -EOPNOTSUPP || err == -EIO || err == -EINVAL) {
		tap_skip("a guest", "it does not run here");
		return;
	}
	tap_eq(-err, 0, "three calls with a guest");
	tap_ok(times.nr == 3 && times.best > 0 && times.quarter <= times.median &&
	       times.median <= times.three_quarters, "have times in order");
	if (times.counted)
		tap_eq(times.zapped, 100, "SPTEs zapped");
	shape.aliases = 4;
	tap_eq(-host_probe_measure(probe, &shape, 2, &times), 0, "the same at four addresses");
	if (times.counted)
		tap_eq(times.zapped, host_probe_get_info(probe)->mmu == HOST_PROBE_MMU_SHADOW ? 400 : 100,
		       "SPTEs zapped");
	shape.aliases = 0;
	shape.op = HOST_PROBE_MUNMAP;
	tap_eq(-host_probe_measure(probe, &shape, 2, &times), 0, "munmap");
	shape.op = HOST_PROBE_REFAULT;
	tap_eq(-host_probe_measure(probe, &shape, 2, &times), 0, "refaults");
	shape = (struct host_probe_shape){ .op = HOST_PROBE_DONTNEED, .len = 2 * GIB };
	tap_eq(-host_probe_measure(probe, &shape, 2, &times), 0, "without a guest");
	tap_ok(!times.counted, "nobody counts SPTEs then");
}

/* ThreadSanitizer has its shadow memory where the probe maps, and ends the program then. */
#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER true
#endif
#endif
#ifndef THREAD_SANITIZER
#define THREAD_SANITIZER false
#endif

int main(void)
{
	const struct host_probe_options options = { .memory = 600ull << 20 };
	struct strbuf diag = STRBUF_INIT;
	struct host_probe *probe;

	no_device("/nonexistent/kvm", "modprobe");
	no_device("/dev/null", "no KVM device");
	scripts();
	if (THREAD_SANITIZER) {
		tap_skip("calls", "ThreadSanitizer has the addresses that the probe maps");
	} else if (host_probe_open(&options, &diag, &probe)) {
		tap_skip("calls", "no /dev/kvm");
	} else {
		bad_shapes(probe);
		measure(probe);
		host_probe_close(probe);
	}
	strbuf_release(&diag);
	return tap_done();
}
