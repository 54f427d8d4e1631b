// SPDX-License-Identifier: GPL-2.0-or-later
/* Machines that misbehave: a shell script plays QEMU; its descriptor 4 is the guest's way
 * out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <host/host.h>
#include <tap.h>

static char dir[] = "/tmp/mmuscope-machine-XXXXXX";
static struct script *script;

static void write_qemu(const char *path, const char *body)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	fprintf(file, "#!/bin/sh\n%s\n", body);
	fclose(file);
	chmod(path, 0755);
}

/* Run two copies of the script on one machine that does @body. */
static int run(const char *body, struct host_run *run, struct strbuf *diag,
	       const volatile int *stop)
{
	char path[64];
	const struct host_options options = {
		.qemu = path, .silence_ms = 600, .timeout_ms = 20000, .stop = stop
	};
	const struct script *scripts[2] = { script, script };

	snprintf(path, sizeof(path), "%s/qemu", dir);
	write_qemu(path, body);
	memset(run, 0, sizeof(*run));
	snprintf(run->kernel.name, sizeof(run->kernel.name), "test");
	snprintf(run->kernel.image, sizeof(run->kernel.image), "%s/vmlinuz", dir);
	return host_run(&options, scripts, 2, run, 1, diag);
}

#define ONE(n)                                                                           \
	"echo script " #n "; echo op 0 1; echo ret 0; echo state ok 0; echo close " #n

static void expect_run(const char *name, const char *body, int err,
		       enum host_status first, enum host_status second)
{
	struct strbuf diag = STRBUF_INIT;
	struct host_run result;
	int got = run(body, &result, &diag, NULL);

	if (!tap_ok(!got && result.err == err && result.nr_streams == 2 &&
			    result.streams[0].status == first &&
			    result.streams[1].status == second && (!err || diag.len),
		    "%s", name))
		printf("# %d %d %s %s: %s\n", got, result.err,
		       host_status_name(result.streams[0].status),
		       host_status_name(result.streams[1].status), strbuf_str(&diag));
	host_run_release(&result);
	strbuf_release(&diag);
}

static void test_machines(void)
{
	expect_run(
		"a good machine",
		"{ echo kernel 1.0; echo ready; " ONE(0) "; " ONE(1) "; echo end; } >&4",
		0, HOST_OK, HOST_OK);
	expect_run("ends at once", "exit 1", -EIO, HOST_NOT_RUN, HOST_NOT_RUN);
	expect_run("says nothing", "exec sleep 30", -ETIMEDOUT, HOST_NOT_RUN,
		   HOST_NOT_RUN);
	expect_run("sends nonsense", "echo hello >&4; exec sleep 30", -EPROTO,
		   HOST_NOT_RUN, HOST_NOT_RUN);
	expect_run("sends binary nonsense",
		   "head -c 100000 /dev/urandom >&4; echo >&4; sleep 30", -EPROTO,
		   HOST_NOT_RUN, HOST_NOT_RUN);
	expect_run("claims to be through", "{ echo ready; echo end; } >&4", -EPROTO,
		   HOST_NOT_RUN, HOST_NOT_RUN);
	expect_run("panics in the first script, then works",
		   "cd \"${0%/*}\"; if mkdir once 2>/dev/null; then { echo script 0; "
		   "echo op 0 1; } >&4; "
		   "else { " ONE(1) "; echo end; } >&4; fi",
		   0, HOST_PANIC, HOST_OK);
	expect_run("hangs in the second script",
		   "{ " ONE(0) "; echo script 1; echo op 0 1; } >&4; exec sleep 30", 0,
		   HOST_OK, HOST_HANG);
	expect_run("wants a fresh machine",
		   "cd \"${0%/*}\"; if mkdir twice 2>/dev/null; then { " ONE(
			   0) "; echo again; } >&4; "
			      "sleep 30; else { " ONE(1) "; echo end; } >&4; fi",
		   0, HOST_OK, HOST_OK);
}

static void test_refused(void)
{
	const struct script *scripts[1] = { script };
	struct host_options options = { .qemu = "/nonexistent/qemu" };
	struct strbuf diag = STRBUF_INIT;
	struct host_run result = { .err = 0 };
	const volatile int stop = 1;

	tap_ok(host_run(&options, scripts, 1, &result, 1, &diag) == -EOPNOTSUPP &&
		       diag.len,
	       "no QEMU: skipped with a message");
	host_run_release(&result);
	tap_eq(run("exec sleep 30", &result, &diag, &stop), -EINTR,
	       "stopped from outside");
	host_run_release(&result);
	strbuf_release(&diag);
}

int main(void)
{
	static const char source[] = "map a 0x100000000000 4M rw anon private\n";
	struct strbuf diag = STRBUF_INIT;
	char command[64];

	if (!mkdtemp(dir) ||
	    script_parse("s.mms", source, sizeof(source) - 1, &diag, &script)) {
		tap_ok(false, "set up");
		return tap_done();
	}
	test_machines();
	test_refused();
	script_free(script);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	tap_eq(system(command), 0, "clean up");
	return tap_done();
}
