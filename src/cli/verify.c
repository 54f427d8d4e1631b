// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope verify */
#include "cli_internal.h"
#include "model_internal.h"
#include "terminal_internal.h"
#include "verify_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

#include <base/mem.h>

#define DEFAULT_OPS 60
#define DEFAULT_SHRINK 3
#define MAX_RANDOM 100000
#define MAX_OPS 100000
#define MAX_TOUCHED 4000
#define SCRIPT_LIMIT_MS 40000 /* an emulated host shadow-walks 512 GiB in some seconds */

static uint64_t kernels_wanted, random_nr, seed, ops = DEFAULT_OPS, features, kinds;
static uint64_t shrink_max = UINT64_MAX;
static int profile = -1;
static const char *keep_dir, *from_dir, *save_dir;
static struct option_strings params;
static struct script_value values[OPTION_MAX_STRINGS];
static int nr_values;
static bool audit, json, noheadings, plain_progress, offline;

/*
 * struct verify - one call of the command
 * @kernels: what was asked for; @runs: boots of those that can be had, @of their kernels
 * @status: the gravest so far, see graver()
 */
struct verify {
	struct verify_scripts scripts;
	struct verify_kernel kernels[VERIFY_MAX_KERNELS];
	size_t nr_kernels;
	struct host_run runs[VERIFY_MAX_KERNELS];
	struct verify_kernel *of[VERIFY_MAX_KERNELS];
	size_t nr_runs;
	struct verify_minimal *minimal;
	size_t nr_minimal;
	struct host_options options;
	int status;
};

static volatile int stop;
static volatile sig_atomic_t stop_signal;

static void on_signal(int sig)
{
	stop_signal = sig;
	stop = 1;
}

/* While machines run, signals are taken so that none is left behind; not those that are ignored. */
static void catch_signals(bool on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on ? on_signal : SIG_DFL }, before;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/* A difference outweighs what could not be done, and that what was skipped. */
static void graver(struct verify *v, int status)
{
	static const int order[] = { STATUS_OK, STATUS_SKIPPED, STATUS_BROKEN, STATUS_DIFFERENT };
	size_t i, now = 0, new = 0;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		now = order[i] == v->status ? i : now;
		new = order[i] == status ? i : new;
	}
	if (new > now)
		v->status = status;
}

static bool load_scripts(struct verify *v, int argc, char **argv)
{
	const struct script_random_options options = { .ops = ops, .max_touched = MAX_TOUCHED,
		.features = verify_random_features(features, kinds), .kinds = kinds };
	unsigned int drawn;

	if (from_dir)
		return verify_scripts_kept(&v->scripts, from_dir);
	if (!random_nr)
		return verify_scripts_load(&v->scripts, argv, argc, values, nr_values, true);
	if (!seed) {
		if (getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn))
			drawn = 1;
		seed = 1 + drawn % 1000000000;
	}
	return verify_scripts_random(&v->scripts, random_nr, seed, &options);
}

static void choose_kernels(struct verify *v)
{
	size_t i;

	for (i = 0; host_kernel_names[i] && v->nr_kernels < VERIFY_MAX_KERNELS; i++)
		if (!kernels_wanted || kernels_wanted >> i & 1)
			v->kernels[v->nr_kernels++].name = host_kernel_names[i];
}

static bool choose_profile(struct verify *v, struct verify_kernel *kernel)
{
	kernel->profile = profile >= 0 ? script_kernel_names[profile] :
					 verify_profile(kernel->release);
	if (kernel->profile)
		return true;
	strbuf_addf(&kernel->skipped, "no profile is as old as Linux %s\n", kernel->release);
	graver(v, STATUS_SKIPPED);
	return false;
}

/* Fetch and unpack; a kernel that cannot be had is skipped, with the reason. */
static void get_kernels(struct verify *v)
{
	struct verify_kernel *kernel;
	struct host_run *run;
	size_t i;
	int err;

	for (i = 0; i < v->nr_kernels; i++) {
		kernel = &v->kernels[i];
		run = &v->runs[v->nr_runs];
		err = host_kernel_get(&v->options, kernel->name, &run->kernel, &kernel->skipped);
		if (err) {
			if (!kernel->skipped.len)
				strbuf_addf(&kernel->skipped, "%s\n", strerror(-err));
			graver(v, err == -EOPNOTSUPP ? STATUS_SKIPPED : STATUS_BROKEN);
			continue;
		}
		strbuf_reset(&kernel->skipped);
		snprintf(kernel->release, sizeof(kernel->release), "%s", run->kernel.release);
		snprintf(kernel->package, sizeof(kernel->package), "%s", run->kernel.package);
		if (choose_profile(v, kernel))
			v->of[v->nr_runs++] = kernel;
	}
}

static int check_stream(struct verify *v, struct verify_kernel *kernel, size_t index,
			const struct host_stream *stream)
{
	struct verify_result *result = &kernel->results[index];
	int err = verify_check(v->scripts.script[index], stream, kernel->release, kernel->profile,
			       audit, result);

	if (!err && (result->verdict != VERIFY_EQUAL || result->violations))
		graver(v, STATUS_DIFFERENT);
	if (!err)
		kernel->nr_results = index + 1;
	return err;
}

static bool make_results(const struct verify *v, struct verify_kernel *kernel)
{
	kernel->results = mem_zalloc((v->scripts.nr + 1) * sizeof(*kernel->results));
	return kernel->results;
}

static const char *failure(int err)
{
	return err == -ETIMEDOUT ? "the machine fell silent or took too long" :
	       err == -EPROTO	 ? "the guest sent nonsense" :
				   "the machine ended before its time";
}

/* A machine that failed as a whole: the end of what its kernel printed. */
static void set_machine_failed(struct verify *v, struct verify_kernel *kernel,
			       const struct host_run *run)
{
	const char *console = strbuf_str(&run->console), *at = console + strlen(console);
	unsigned int lines = 0;

	while (at > console && lines < 40)
		lines += *--at == '\n';
	strbuf_addf(&kernel->failed, "%s; the end of its console:\n%s%s", failure(run->err),
		    at + (*at == '\n'), run->console.len ? "\n" : "(nothing)\n");
	graver(v, STATUS_DIFFERENT);
}

static int check_run(struct verify *v, const struct host_run *run, struct verify_kernel *kernel)
{
	size_t i;
	int err = 0;

	if (*run->release)
		snprintf(kernel->release, sizeof(kernel->release), "%s", run->release);
	kernel->boot_ms = run->boot_ms;
	kernel->total_ms = run->total_ms;
	if (run->err)
		set_machine_failed(v, kernel, run);
	if (!make_results(v, kernel))
		return -ENOMEM;
	for (i = 0; i < v->scripts.nr && !err; i++)
		err = check_stream(v, kernel, i, &run->streams[i]);
	return err;
}

/* host_run() made no runs: what that means for each kernel. */
static void set_not_run(struct verify *v, int err, const struct strbuf *diag)
{
	size_t i;

	graver(v, err == -EOPNOTSUPP ? STATUS_SKIPPED : STATUS_BROKEN);
	for (i = 0; i < v->nr_runs; i++)
		strbuf_addf(&v->of[i]->skipped, "%s%s", strbuf_str(diag),
			    diag->len ? "" : strerror(-err));
}

/* Return: 0, or the error that ends the command. */
static int boot(struct verify *v)
{
	const struct script *const *scripts = (const struct script *const *)v->scripts.script;
	struct strbuf diag = STRBUF_INIT;
	size_t i;
	int err;

	v->options.timeout_ms = VERIFY_TIMEOUT_MS(v->scripts.nr);
	catch_signals(true);
	err = host_run(&v->options, scripts, v->scripts.nr, v->runs, v->nr_runs, &diag);
	catch_signals(false);
	verify_progress_clear();
	if (err && err != -EINTR && err != -ENOMEM) {
		set_not_run(v, err, &diag);
		err = 0;
	} else if (!err) {
		print_visible(stderr, strbuf_str(&diag), diag.len);
		if (keep_dir && !verify_keep(keep_dir, &v->scripts, v->runs, v->nr_runs))
			graver(v, STATUS_BROKEN);
		for (i = 0; i < v->nr_runs && !err; i++)
			err = check_run(v, &v->runs[i], v->of[i]);
	}
	strbuf_release(&diag);
	return err;
}

/* One kept stream. Return: 1; 0 when there is none; negative after a message. */
static int read_stream(struct verify *v, struct verify_kernel *kernel, size_t index)
{
	struct host_stream stream;
	struct strbuf release = STRBUF_INIT;
	int err, got = verify_kept_read(from_dir, v->scripts.script[index], kernel->name, &stream,
					&release);

	if (got <= 0)
		return got;
	snprintf(kernel->release, sizeof(kernel->release), "%s", strbuf_str(&release));
	strbuf_release(&release);
	err = kernel->skipped.len || !choose_profile(v, kernel) ?
		      0 : check_stream(v, kernel, index, &stream);
	host_stream_release(&stream);
	return err ? err : 1;
}

/* The kept streams of one kernel. Return: 0; 1 when it has none at all; -EINVAL after a message. */
static int read_kept(struct verify *v, struct verify_kernel *kernel)
{
	size_t i, found = 0, missing = 0;
	int got;

	if (!make_results(v, kernel))
		return -ENOMEM;
	for (i = 0; i < v->scripts.nr; i++) {
		got = read_stream(v, kernel, i);
		if (got < 0)
			return got;
		missing = got ? missing : i;
		found += got;
	}
	if (found == v->scripts.nr)
		return 0;
	if (found)
		error("%s: no stream of it from kernel %s", v->scripts.script[missing]->file,
		      kernel->name);
	return found ? -EINVAL : 1;
}

static int compare_kept(struct verify *v)
{
	size_t i, nr = 0;
	int got;

	for (i = 0; i < v->nr_kernels; i++) {
		got = read_kept(v, &v->kernels[i]);
		if (got < 0)
			return got;
		if (got && kernels_wanted) {
			strbuf_addf(&v->kernels[i].skipped, "no stream of it in %s\n", from_dir);
			graver(v, STATUS_SKIPPED);
			got = 0;
		}
		if (got) {
			mem_free(v->kernels[i].results);
			v->kernels[i] = (struct verify_kernel){ 0 };
		} else if (i != nr++) {
			v->kernels[nr - 1] = v->kernels[i];
			v->kernels[i] = (struct verify_kernel){ 0 };
		}
	}
	v->nr_kernels = nr;
	if (nr)
		return 0;
	error("%s: no streams in it", from_dir);
	return -EINVAL;
}

static bool save_minimal(const struct verify_minimal *minimal)
{
	struct strbuf text = STRBUF_INIT, name = STRBUF_INIT;
	const char *at = strbuf_str(&minimal->difference), *end;
	bool good;

	strbuf_addf(&text, "# shrunk from %s; it differed on %s:\n", minimal->name,
		    minimal->kernel);
	for (; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, '\n');
		strbuf_addf(&text, "# %.*s\n", (int)(end - at), at);
	}
	strbuf_addstr(&text, strbuf_str(&minimal->text));
	strbuf_addf(&name, "%s.mms", minimal->name);
	good = verify_write_file(save_dir, strbuf_str(&name), &text);
	strbuf_release(&text);
	strbuf_release(&name);
	return good;
}

/* A script is made small for the oldest kernel on which it differs. */
static int shrink(struct verify *v)
{
	struct strbuf diag = STRBUF_INIT;
	size_t max = shrink_max == UINT64_MAX ? (random_nr ? DEFAULT_SHRINK : 0) : shrink_max;
	size_t i, nr = 0, made;
	int err = 0;

	if (!max)
		return 0;
	v->minimal = mem_zalloc(v->nr_runs * max * sizeof(*v->minimal) + 1);
	if (!v->minimal)
		return -ENOMEM;
	catch_signals(true);
	for (i = 0; i < v->nr_runs && !err; i++, nr += made) {
		made = 0;
		err = verify_shrink(&v->scripts, v->of[i], &v->runs[i].kernel, &v->options, max,
				    v->minimal + nr, &made, &diag);
	}
	catch_signals(false);
	verify_progress_clear();
	v->nr_minimal = nr;
	print_visible(stderr, strbuf_str(&diag), diag.len);
	strbuf_release(&diag);
	for (i = 0; i < nr && save_dir; i++)
		if (v->minimal[i].reproduced && !save_minimal(&v->minimal[i]))
			graver(v, STATUS_BROKEN);
	return err;
}

static void print_json(const struct verify *v)
{
	struct report_json out;
	size_t i;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	if (random_nr)
		report_json_uint(&out, "seed", seed);
	verify_json_kernels(&out, &v->scripts, v->kernels, v->nr_kernels, audit);
	report_json_array(&out, "minimal");
	for (i = 0; i < v->nr_minimal; i++)
		verify_json_minimal(&out, &v->minimal[i]);
	report_json_close(&out);
	report_json_int(&out, "status", v->status);
	report_json_close(&out);
	(void)report_json_end(&out);
}

static void print(const struct verify *v)
{
	size_t i;

	if (json) {
		print_json(v);
		return;
	}
	if (random_nr)
		printf("random scripts: %llu, seed %llu\n", (unsigned long long)random_nr,
		       (unsigned long long)seed);
	verify_print(&v->scripts, v->kernels, v->nr_kernels, audit, !noheadings);
	for (i = 0; i < v->nr_minimal; i++)
		verify_print_minimal(&v->minimal[i]);
}

static void release(struct verify *v)
{
	size_t i, j;

	for (i = 0; i < v->nr_kernels; i++) {
		for (j = 0; j < v->kernels[i].nr_results; j++)
			verify_result_release(&v->kernels[i].results[j]);
		mem_free(v->kernels[i].results);
		strbuf_release(&v->kernels[i].skipped);
		strbuf_release(&v->kernels[i].failed);
	}
	for (i = 0; i < VERIFY_MAX_KERNELS; i++)
		host_run_release(&v->runs[i]);
	for (i = 0; i < v->nr_minimal; i++)
		verify_minimal_release(&v->minimal[i]);
	mem_free(v->minimal);
	verify_scripts_release(&v->scripts);
}

static int execute(struct verify *v)
{
	int err = 0;

	choose_kernels(v);
	if (from_dir)
		return compare_kept(v);
	verify_progress_init(plain_progress);
	get_kernels(v);
	verify_progress_clear();
	if (v->nr_runs)
		err = boot(v);
	if (!err && v->nr_runs)
		err = shrink(v);
	return err;
}

/* Return: the exit status of a command whose arguments make no sense, STATUS_OK if they do. */
static int check_usage(int argc)
{
	const struct command *self = &command_verify;

	if (from_dir && (argc || random_nr || keep_dir))
		return usage_error(self, "--from compares what is kept: no scripts, --random or --keep");
	if (random_nr && argc)
		return usage_error(self, "scripts or --random, not both");
	if (!random_nr && !from_dir && !argc)
		return usage_error(self, "which scripts?");
	if (!random_nr && (features || kinds || seed))
		return usage_error(self, "--seed, --features and --kind are for --random");
	if (params.nr && (random_nr || from_dir))
		return usage_error(self, "--param is for scripts that are given");
	if (random_nr > MAX_RANDOM || !ops || ops > MAX_OPS)
		return usage_error(self, "--random is at most %d, --ops 1 to %d", MAX_RANDOM, MAX_OPS);
	nr_values = param_values(self, &params, values);
	if (nr_values < 0)
		return STATUS_USAGE;
	if (save_dir && !verify_make_dir(save_dir))
		return STATUS_BROKEN;
	if (keep_dir && !verify_make_dir(keep_dir))
		return STATUS_BROKEN;
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct verify v = { .options = { .progress = verify_progress, .stop = &stop } };
	int err, status = check_usage(argc);

	if (status)
		return status;
	v.options.offline = offline;
	v.options.script_ms = SCRIPT_LIMIT_MS;
	if (!load_scripts(&v, argc, argv) || (keep_dir && !verify_keep_names(&v.scripts))) {
		release(&v);
		return STATUS_BROKEN;
	}
	err = execute(&v);
	if (err && err != -EINTR) {
		if (err != -EINVAL)
			error("%s", strerror(-err));
		graver(&v, STATUS_BROKEN);
	} else if (err) {
		error("interrupted");
	} else {
		print(&v);
	}
	status = v.status;
	release(&v);
	if (err == -EINTR && stop_signal)
		raise(stop_signal);
	return err == -EINTR ? STATUS_BROKEN : status;
}

static const struct option options[] = {
	OPT_CHOICES('k', "kernel", &kernels_wanted, "NAME,...",
		    "real kernels to boot (all if not given):", host_kernel_names),
	OPT_CHOICE('p', "profile", &profile, "NAME",
		   "hold all against this profile (each its own if not given):",
		   script_kernel_names),
	PARAM_OPTION(&params),
	OPT_FLAG('a', "audit", &audit, "let the model check invariants 1 to 8, too"),
	OPT_UINT('r', "random", &random_nr, "N", "make N random scripts"),
	OPT_UINT('s', "seed", &seed, "S", "of the seeds S, S+1, ... (drawn if not given)"),
	OPT_UINT('o', "ops", &ops, "N", "operations in each (60 if not given)"),
	OPT_CHOICES('f', "features", &features, "NAME,...",
		    "what is in them (all but memslot, age and exec if not given):", verify_random_names),
	OPT_CHOICES(0, "kind", &kinds, "NAME,...", "each has a guest of one of these kinds:", mmu_names),
	OPT_UINT0(0, "shrink", &shrink_max, "N",
		 "make up to N differing scripts small (3 with --random, else 0)"),
	OPT_STRING(0, "save", &save_dir, "DIR", "keep the small ones there"),
	OPT_STRING(0, "keep", &keep_dir, "DIR", "keep all scripts and streams there"),
	OPT_STRING(0, "from", &from_dir, "DIR", "compare what is kept there, without a boot"),
	OPT_FLAG(0, "offline", &offline, "fetch nothing: only kernels that are in the cache"),
	OPT_FLAG(0, "progress", &plain_progress, "progress as plain lines, also to no terminal"),
	OPT_FLAG('j', "json", &json, "everything as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_verify = {
	.name = "verify",
	.run = run,
	.summary = "the same scripts on real kernels, compared event by event",
	.usage = (const char *const[]){ "[options] SCRIPT...", "[options] --random N [--seed S]",
					"[options] --from DIR", NULL },
	.about = "Boot Debian's kernels under QEMU, run the scripts there, and compare what each\n"
		 "operation returned and which notifications it sent with the model. Kernels are\n"
		 "fetched with apt and kept in the cache folder; nothing is installed. All scripts\n"
		 "run in one boot per kernel. A script that differs is shown with both sides in two\n"
		 "columns; a random one is made small first. A kernel that hangs, panics or reports\n"
		 "a bug is a failure.\n"
		 "\n"
		 "Exit status: 0 all are equal, 1 one differs or failed or --audit found a broken\n"
		 "invariant, 2 wrong usage, 3 a script is broken or a file could not be written,\n"
		 "77 a kernel could not be had: it says what is missing and how to get it.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope verify --kernel 6.12 scripts/head-of-512g.mms",
		"mmuscope verify --kernel 6.1,6.12 --random 20 --seed 1",
		"mmuscope verify --from tests/verify/streams",
		NULL,
	},
};
