// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings read and replayed, and how long a small script takes from start to end. */
#include "bench_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>
#include <host/bench.h>
#include <import/import.h>
#include <script/script.h>

/** struct recording - a recording in memory: as lines, and as the script that it becomes */
struct recording {
	enum import_format format;
	struct strbuf text;
	struct strbuf script;
	struct import_report report;
};

static int import_once(struct recording *rec, double *ret_ns)
{
	struct import_options options = { .name = "bench" };
	struct import_memory memory = { .data = rec->text.buf, .len = rec->text.len };
	struct import_source source = import_source_memory(&memory);
	struct import_sink sink = import_sink_strbuf(&rec->script);
	double start = host_bench_now();
	int err;

	strbuf_reset(&rec->script);
	if (rec->format == IMPORT_STRACE)
		err = import_strace(&options, &source, &sink, &rec->report);
	else
		err = import_ftrace(&options, &source, &sink, &rec->report);
	*ret_ns = host_bench_now() - start;
	return err ? err : strbuf_error(&rec->script);
}

static int load_recording(const char *path, struct recording *rec)
{
	struct import_source source;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	source = import_source_fd(fd);
	err = import_text(&source, &rec->text);
	close(fd);
	rec->format = strstr(path, ".ftrace") ? IMPORT_FTRACE : IMPORT_STRACE;
	return err;
}

/* Calls @one for every recording there is; says why when there is none. */
static int for_recordings(const struct bench_env *env, struct bench_result *result,
			  int (*one)(const struct bench_env *env, struct bench_result *result,
				     struct recording *rec))
{
	struct strbuf pattern = STRBUF_INIT;
	struct recording *rec = mem_zalloc(sizeof(*rec));
	glob_t found = { 0 };
	size_t i;
	int err = rec ? 0 : -ENOMEM;

	strbuf_addf(&pattern, "%s/*.{strace,ftrace}{,.zst}", env->recordings);
	if (!err && glob(strbuf_str(&pattern), GLOB_BRACE, NULL, &found))
		strbuf_addf(&result->skipped, "no recording in %s (--recordings DIR says where)",
			    env->recordings);
	for (i = 0; i < found.gl_pathc && !err; i++) {
		err = load_recording(found.gl_pathv[i], rec);
		if (!err)
			err = one(env, result, rec);
		strbuf_release(&rec->text);
		strbuf_release(&rec->script);
	}
	globfree(&found);
	mem_free(rec);
	strbuf_release(&pattern);
	return err;
}

static int import_measure(const struct bench_env *env, struct bench_result *result,
			  struct recording *rec)
{
	bool strace = rec->format == IMPORT_STRACE;
	unsigned int i;
	int err = 0;

	for (i = 0; i < env->runs && !err; i++) {
		uint64_t lines = 0;
		double plain = host_loop_lines(rec->text.buf, rec->text.len, &lines), ns;

		if (plain < 0)
			return plain;
		err = import_once(rec, &ns);
		if (!err)
			err = bench_add(result, strace ? "strace" : "ftrace", "line", ns / lines);
		if (!err)
			err = bench_add(result,
					strace ? "plain reading of strace" : "plain reading of ftrace",
					"line", plain / lines);
	}
	return err;
}

static void import_target(struct bench_result *result, const char *what, const char *plain,
			  const char *name)
{
	double ours = bench_median(result, what);

	if (ours)
		bench_at_most(result, name, BENCH_RATIO, ours / bench_median(result, plain), 10);
}

int bench_import(const struct bench *bench, const struct bench_env *env,
		 struct bench_result *result)
{
	int err;

	bench_progress("%s: measuring", bench->name);
	err = for_recordings(env, result, import_measure);
	if (err || result->skipped.len)
		return err;
	import_target(result, "strace", "plain reading of strace", "strace / plain");
	import_target(result, "ftrace", "plain reading of ftrace", "ftrace / plain");
	return 0;
}

static int replay_once(struct recording *rec, struct bench_result *result)
{
	const struct sim_options options = { .mmu = -1 };
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	struct sim_result done = { 0 };
	double start = host_bench_now(), parsed = 0, ran = 0;
	int err = script_parse("<bench>", rec->script.buf, rec->script.len, &diag, &script);

	parsed = host_bench_now() - start;
	if (!err)
		err = sim_check(script, &options, &diag);
	start = host_bench_now();
	if (!err)
		err = sim_run(script, &options, &done);
	ran = host_bench_now() - start;
	if (!err)
		err = bench_add(result, "replay", "operation", ran / done.ops);
	if (!err)
		err = bench_add(result, "parse", "operation", parsed / done.ops);
	sim_result_release(&done);
	script_free(script);
	strbuf_release(&diag);
	return err;
}

static int replay_measure(const struct bench_env *env, struct bench_result *result,
			  struct recording *rec)
{
	unsigned int i;
	double ns;
	int err = import_once(rec, &ns);

	for (i = 0; i < env->runs && !err; i++)
		err = replay_once(rec, result);
	return err;
}

int bench_replay(const struct bench *bench, const struct bench_env *env,
		 struct bench_result *result)
{
	int err;

	bench_progress("%s: measuring", bench->name);
	err = for_recordings(env, result, replay_measure);
	if (err || result->skipped.len)
		return err;
	bench_at_least(result, "operations", BENCH_RATE, 1e9 / bench_median(result, "replay"), 1e6);
	return 0;
}

static const char seven_lines[] =
	"map      ram 0x100000000000 512G rw anon private noreserve nohuge\n"
	"vm       vm0 shadow\n"
	"memslot  vm0 0 gpa=4G ram 512G\n"
	"touch    ram 4K w\n"
	"mprotect ram 512G r\n"
	"> linux-6.12 PROTECTION_VMA ram ram+512G\n"
	"mprotect ram 512G rw\n";

int bench_start(const struct bench *bench, const struct bench_env *env,
		struct bench_result *result)
{
	static const char *const none[] = { "true", NULL };
	static const char *const ours[] = { "/proc/self/exe", "run", "-", NULL };
	unsigned int i;
	int err = 0;

	bench_progress("%s: measuring", bench->name);
	for (i = 0; i < 2 * env->runs && !err; i++) {
		double ns;
		int status = host_bench_spawn(ours, seven_lines, &ns);

		if (status)
			return status < 0 ? status : -EPROTO;
		err = bench_add(result, "ours", "run", ns);
		status = err ? 0 : host_bench_spawn(none, "", &ns);
		if (status)
			return status < 0 ? status : -EPROTO;
		if (!err)
			err = bench_add(result, "true", "run", ns);
	}
	if (!err)
		bench_at_most(result, "ours - true", BENCH_NS,
			      bench_median(result, "ours") - bench_median(result, "true"), 5e6);
	return err;
}
