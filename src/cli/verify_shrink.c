// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes scripts that differ small. A boot costs seconds and a script a tenth of one, so a round
 * boots once and tries every candidate of every script under way:
 *
 * - a first round tries each single edit (a line left out, later also a shorter length, a flag
 *   less) and whole blocks of lines left out;
 * - a second round applies the edits that kept the difference together: the first k of them, and
 *   the last k, for each k; the smallest script that still differs is the next one;
 * - operations behind the one that differs are cut off without a boot: what comes later changes
 *   nothing before it.
 *
 * It ends when no single edit keeps the difference.
 */
#include "cli_internal.h"
#include "verify_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>

#define MAX_ROUNDS 24
#define MAX_TRIES 4096	/* candidates of one round */
#define SMALL_SCRIPT 12 /* operations of a script whose lines are simplified at once */
#define PAGE_SIZE 4096ull

/* struct edit - @line left out, or with @text in its place */
struct edit {
	size_t line;
	char *text;
	uint64_t weight; /* of the script after this edit alone */
};

/**
 * struct shrink - one script on its way
 * @script: the smallest that differs so far
 * @edits: single edits that kept the difference in the last first round
 * @simplify: leaving out lines alone brings nothing more
 */
struct shrink {
	struct script *script;
	struct verify_minimal *minimal;
	struct edit *edits;
	size_t nr_edits;
	size_t cap_edits;
	bool simplify;
	bool combine;
	bool done;
};

/* struct try - a candidate; @edit is what it does when it is a single edit */
struct try {
	struct shrink *of;
	struct script *script;
	struct edit edit;
	bool single;
	bool differs;
	struct strbuf difference;
	uint32_t line;
};

struct tries {
	struct try *try;
	size_t nr;
	size_t cap;
};

struct job {
	const struct host_options *options;
	const struct host_kernel *host_kernel;
	const struct verify_kernel *kernel;
	struct strbuf *diag;
	struct shrink *shrinks;
	size_t nr;
};

/* What is made smaller: operations first, then how much they say. */
static uint64_t weigh(const struct script *script)
{
	uint64_t weight = 0;
	size_t i;

	for (i = 0; i < script->nr_ops; i++) {
		const struct script_op *op = &script->ops[i];

		weight += (1ull << 32) + op->text_len + 16 * __builtin_popcount(op->flags) +
			  16 * (64 - __builtin_clzll(op->len | 1));
	}
	return weight;
}

static struct script *parse(const char *file, const struct strbuf *text)
{
	const struct sim_options check = { .mmu = -1 };
	struct strbuf diag = STRBUF_INIT;
	struct script *script = NULL;
	int err = strbuf_error(text);

	if (!err)
		err = script_parse(file, strbuf_str(text), text->len, &diag, &script);
	if (!err && (!script->nr_ops || sim_check(script, &check, &diag)))
		script = script_free(script);
	strbuf_release(&diag);
	return script;
}

/* A line that needs what @first declares. */
static bool depends(const struct script_op *op, const struct script_op *first)
{
	bool declares = first->code == OP_MAP || first->code == OP_FORK || first->code == OP_VM;

	return op != first && declares && op->name2 == first->name;
}

/* The text with some lines left out and others replaced; @text[i] NULL keeps line i as it is. */
static void assemble(const struct script *script, const bool *drop, char *const *text,
		     struct strbuf *out)
{
	size_t i;

	for (i = 0; i < script->nr_ops; i++) {
		if (drop[i])
			continue;
		if (text && text[i])
			strbuf_addstr(out, text[i]);
		else
			script_write_op(script, &script->ops[i], out);
		strbuf_addch(out, '\n');
	}
}

static struct try *add_try(struct tries *tries, struct shrink *shrink, const bool *drop,
			   char *const *text)
{
	struct strbuf out = STRBUF_INIT;
	struct script *script;
	struct try *try = NULL;

	assemble(shrink->script, drop, text, &out);
	script = parse(shrink->script->file, &out);
	strbuf_release(&out);
	if (!script)
		return NULL;
	if (tries->nr < MAX_TRIES && !mem_grow(&tries->try, &tries->cap, tries->nr + 1,
					       sizeof(*tries->try))) {
		try = &tries->try[tries->nr++];
		*try = (struct try){ .of = shrink, .script = script };
	} else {
		script_free(script);
	}
	return try;
}

static void drop_with_dependents(const struct script *script, size_t line, bool *drop)
{
	size_t i;

	drop[line] = true;
	for (i = line + 1; i < script->nr_ops; i++)
		if (depends(&script->ops[i], &script->ops[line]))
			drop[i] = true;
}

static void try_single_drops(struct tries *tries, struct shrink *shrink, bool *drop)
{
	size_t nr = shrink->script->nr_ops, i;
	struct try *try;

	for (i = 0; i < nr; i++) {
		memset(drop, 0, nr);
		drop_with_dependents(shrink->script, i, drop);
		try = add_try(tries, shrink, drop, NULL);
		if (!try)
			continue;
		try->single = true;
		try->edit.line = i;
	}
}

static void try_blocks(struct tries *tries, struct shrink *shrink, bool *drop)
{
	size_t nr = shrink->script->nr_ops, size, at;

	for (size = nr / 2; size >= 2; size /= 2)
		for (at = 0; at < nr; at += size) {
			memset(drop, 0, nr);
			memset(drop + at, 1, at + size < nr ? size : nr - at);
			(void)add_try(tries, shrink, drop, NULL);
		}
}

static void try_variant(struct tries *tries, struct shrink *shrink, size_t line,
			const struct script_op *op, const bool *none, char **text)
{
	struct strbuf out = STRBUF_INIT;
	struct try *try;

	script_write_op(shrink->script, op, &out);
	text[line] = out.buf;
	try = strbuf_error(&out) || !out.buf ? NULL : add_try(tries, shrink, none, text);
	text[line] = NULL;
	if (!try) {
		strbuf_release(&out);
		return;
	}
	try->single = true;
	try->edit.line = line;
	try->edit.text = out.buf;
}

/* Shorter lengths, flags one by one, the usual stride. */
static void try_simpler(struct tries *tries, struct shrink *shrink, const bool *none, char **text)
{
	const struct script *script = shrink->script;
	struct script_op op;
	size_t i, j;

	for (i = 0; i < script->nr_ops; i++) {
		const uint64_t len = script->ops[i].len;
		const uint64_t lens[] = { PAGE_SIZE, 2ull << 20, 1ull << 30,
					  len / 2 & ~(PAGE_SIZE - 1), 4ull << 20, 2ull << 30 };

		for (j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			if (!lens[j] || lens[j] >= len)
				continue;
			op = script->ops[i];
			op.len = lens[j];
			try_variant(tries, shrink, i, &op, none, text);
		}
		for (j = 0; j < 32; j++) {
			if (!(script->ops[i].flags >> j & 1) || script->ops[i].code != OP_MAP)
				continue;
			op = script->ops[i];
			op.flags &= ~(1u << j);
			try_variant(tries, shrink, i, &op, none, text);
		}
		if (script->ops[i].step && script->ops[i].step != PAGE_SIZE) {
			op = script->ops[i];
			op.step = PAGE_SIZE;
			try_variant(tries, shrink, i, &op, none, text);
		}
	}
}

/* Edits [from, to) of the list together. */
static void try_together(struct tries *tries, struct shrink *shrink, size_t from, size_t to,
			 bool *drop, char **text)
{
	size_t nr = shrink->script->nr_ops, i;

	memset(drop, 0, nr);
	memset(text, 0, nr * sizeof(*text));
	for (i = from; i < to; i++)
		if (shrink->edits[i].text)
			text[shrink->edits[i].line] = shrink->edits[i].text;
		else
			drop_with_dependents(shrink->script, shrink->edits[i].line, drop);
	(void)add_try(tries, shrink, drop, text);
	memset(text, 0, nr * sizeof(*text));
}

static void clear_edits(struct shrink *shrink)
{
	size_t i;

	for (i = 0; i < shrink->nr_edits; i++)
		mem_free(shrink->edits[i].text);
	shrink->nr_edits = 0;
}

static bool small(const struct shrink *shrink)
{
	return shrink->simplify || shrink->script->nr_ops <= SMALL_SCRIPT;
}

static int add_tries(struct tries *tries, struct shrink *shrink)
{
	size_t nr = shrink->script->nr_ops, k;
	bool *drop = mem_zalloc(nr + 1);
	char **text = mem_zalloc((nr + 1) * sizeof(*text));

	if (drop && text && shrink->combine) {
		for (k = 2; k <= shrink->nr_edits; k++)
			try_together(tries, shrink, 0, k, drop, text);
		for (k = 1; k + 1 < shrink->nr_edits; k++)
			try_together(tries, shrink, k, shrink->nr_edits, drop, text);
		for (k = 0; k < shrink->nr_edits; k++)
			try_together(tries, shrink, k, k + 1, drop, text);
	} else if (drop && text) {
		(void)add_try(tries, shrink, drop, NULL);
		try_single_drops(tries, shrink, drop);
		try_blocks(tries, shrink, drop);
		memset(drop, 0, nr);
		if (small(shrink))
			try_simpler(tries, shrink, drop, text);
	}
	mem_free(drop);
	mem_free(text);
	return drop && text ? 0 : -ENOMEM;
}

static int judge(const struct job *job, struct try *try, const struct host_stream *stream,
		 const char *release)
{
	struct verify_result result;
	int err = verify_check(try->script, stream, release, job->kernel->profile, false, &result);

	if (err)
		return err;
	try->differs = result.verdict == VERIFY_DIFFERENT;
	try->line = result.line;
	strbuf_addstr(&try->difference, strbuf_str(&result.text));
	verify_result_release(&result);
	return strbuf_error(&try->difference);
}

static int run_tries(const struct job *job, struct tries *tries)
{
	const struct script **scripts = mem_alloc((tries->nr + 1) * sizeof(*scripts));
	struct host_run run = { .kernel = *job->host_kernel };
	struct host_options options = *job->options;
	size_t i;
	int err;

	if (!scripts)
		return -ENOMEM;
	options.timeout_ms = VERIFY_TIMEOUT_MS(tries->nr);
	for (i = 0; i < tries->nr; i++)
		scripts[i] = tries->try[i].script;
	err = host_run(&options, scripts, tries->nr, &run, 1, job->diag);
	for (i = 0; !err && i < tries->nr && i < run.nr_streams; i++)
		err = judge(job, &tries->try[i], &run.streams[i], run.release);
	host_run_release(&run);
	mem_free(scripts);
	return err;
}

/* Cut off what stands behind the operation that differs, unless that breaks the script. */
static void cut_tail(struct script **script, uint32_t line)
{
	struct strbuf out = STRBUF_INIT;
	struct script *cut;
	size_t i;

	for (i = 0; i < (*script)->nr_ops && (*script)->ops[i].line <= line; i++) {
		script_write_op(*script, &(*script)->ops[i], &out);
		strbuf_addch(&out, '\n');
	}
	cut = line && i ? parse((*script)->file, &out) : NULL;
	strbuf_release(&out);
	if (!cut)
		return;
	script_free(*script);
	*script = cut;
}

/* Keep the best edit of each line that left the difference in place. */
static int take_edit(struct shrink *shrink, struct try *try)
{
	struct edit *last = shrink->nr_edits ? &shrink->edits[shrink->nr_edits - 1] : NULL;
	size_t i;

	try->edit.weight = weigh(try->script);
	for (i = 0; i < shrink->nr_edits; i++)
		if (shrink->edits[i].line == try->edit.line)
			break;
	if (i == shrink->nr_edits) {
		if (mem_grow(&shrink->edits, &shrink->cap_edits, i + 1, sizeof(*last)))
			return -ENOMEM;
		shrink->edits[shrink->nr_edits++] = (struct edit){ .line = try->edit.line,
								   .weight = UINT64_MAX };
	}
	if (try->edit.weight < shrink->edits[i].weight) {
		mem_free(shrink->edits[i].text);
		shrink->edits[i] = try->edit;
		try->edit.text = NULL;
	}
	return 0;
}

/* What is shown should this be the smallest. */
static int record(struct verify_minimal *minimal, const struct script *script,
		  const struct strbuf *difference)
{
	strbuf_reset(&minimal->text);
	script_write(script, &minimal->text);
	strbuf_reset(&minimal->difference);
	strbuf_addstr(&minimal->difference, strbuf_str(difference));
	return strbuf_error(&minimal->text) ? strbuf_error(&minimal->text) :
					      strbuf_error(&minimal->difference);
}

static int accept(struct shrink *shrink, struct try *try)
{
	cut_tail(&try->script, try->line);
	script_free(shrink->script);
	shrink->script = try->script;
	try->script = NULL;
	return record(shrink->minimal, shrink->script, &try->difference);
}

/*
 * Collect the edits that kept the difference, and find the best block. The first candidate is the
 * script as it is, and is returned.
 */
static int sort_out(struct shrink *shrink, struct tries *tries, struct try **ret_same,
		    struct try **ret_block)
{
	const uint64_t weight = weigh(shrink->script);
	struct try *try;
	int err = 0;
	size_t i;

	*ret_same = *ret_block = NULL;
	for (i = 0; i < tries->nr && !err; i++) {
		try = &tries->try[i];
		if (try->of != shrink)
			continue;
		if (!*ret_same)
			*ret_same = try;
		else if (try->differs && try->single && weigh(try->script) < weight)
			err = take_edit(shrink, try);
		else if (try->differs && !try->single &&
			 (!*ret_block || weigh(try->script) < weigh((*ret_block)->script)))
			*ret_block = try;
	}
	return err;
}

static int after_singles(struct shrink *shrink, struct tries *tries)
{
	struct try *same, *block;
	int err;

	clear_edits(shrink);
	err = sort_out(shrink, tries, &same, &block);
	if (err)
		return err;
	if (!same || !same->differs) {
		shrink->done = true;
		return 0;
	}
	if (!shrink->minimal->reproduced)
		err = record(shrink->minimal, shrink->script, &same->difference);
	shrink->minimal->reproduced = true;
	if (block && (shrink->nr_edits < 2 ||
		      block->script->nr_ops * 2 <= shrink->script->nr_ops)) {
		clear_edits(shrink);
		return err ? err : accept(shrink, block);
	}
	if (!shrink->nr_edits) {
		shrink->done = small(shrink);
		shrink->simplify = true;
	}
	shrink->combine = shrink->nr_edits > 0;
	return err;
}

static int after_combined(struct shrink *shrink, struct tries *tries)
{
	struct try *best = NULL;
	size_t i;

	for (i = 0; i < tries->nr; i++)
		if (tries->try[i].of == shrink && tries->try[i].differs &&
		    (!best || weigh(tries->try[i].script) < weigh(best->script)))
			best = &tries->try[i];
	clear_edits(shrink);
	shrink->combine = false;
	if (!best || weigh(best->script) >= weigh(shrink->script)) {
		shrink->done = true;
		return 0;
	}
	return accept(shrink, best);
}

static void release_tries(struct tries *tries)
{
	size_t i;

	for (i = 0; i < tries->nr; i++) {
		script_free(tries->try[i].script);
		mem_free(tries->try[i].edit.text);
		strbuf_release(&tries->try[i].difference);
	}
	mem_free(tries->try);
}

/* One boot. Return: 1 when everything is as small as it gets, 0, or a negative errno. */
static int run_round(const struct job *job, unsigned int round)
{
	struct tries tries = { 0 };
	struct shrink *shrink;
	int err = 0;
	size_t i;

	for (i = 0; i < job->nr && !err; i++)
		if (!job->shrinks[i].done)
			err = add_tries(&tries, &job->shrinks[i]);
	if (!err && !tries.nr)
		return 1;
	if (!err) {
		verify_progress_round("shrinking, round %u, %zu candidates", round, tries.nr);
		err = run_tries(job, &tries);
	}
	for (i = 0; i < job->nr && !err; i++) {
		shrink = &job->shrinks[i];
		if (!shrink->done)
			err = shrink->combine ? after_combined(shrink, &tries) :
						after_singles(shrink, &tries);
	}
	release_tries(&tries);
	return err;
}

static int begin(struct shrink *shrink, const struct script *script, uint32_t line,
		 struct verify_minimal *minimal, const char *kernel, uint64_t seed)
{
	struct strbuf text = STRBUF_INIT;
	size_t len;
	const char *base = verify_base_name(script->file, &len);

	*minimal = (struct verify_minimal){ .kernel = kernel, .seed = seed,
					    .name = mem_strndup(base, len) };
	*shrink = (struct shrink){ .minimal = minimal };
	script_write(script, &text);
	shrink->script = parse(script->file, &text);
	strbuf_release(&text);
	if (!shrink->script || !minimal->name)
		return -ENOMEM;
	/* its lines now are its operations: 1, 2, 3, ... */
	for (len = 0; len < script->nr_ops && script->ops[len].line < line; len++)
		;
	cut_tail(&shrink->script, len < script->nr_ops ? shrink->script->ops[len].line : 0);
	return 0;
}

static int begin_all(struct job *job, const struct verify_scripts *scripts, size_t max,
		     struct verify_minimal *minimal)
{
	const struct verify_result *result;
	size_t i;
	int err = 0;

	for (i = 0; i < scripts->nr && i < job->kernel->nr_results && job->nr < max && !err; i++) {
		result = &job->kernel->results[i];
		if (result->verdict != VERIFY_DIFFERENT)
			continue;
		err = begin(&job->shrinks[job->nr], scripts->script[i], result->line,
			    &minimal[job->nr], job->kernel->name,
			    scripts->seed ? scripts->seed[i] : 0);
		job->nr++;
	}
	return err;
}

void verify_minimal_release(struct verify_minimal *minimal)
{
	strbuf_release(&minimal->text);
	strbuf_release(&minimal->difference);
	mem_free(minimal->name);
}

int verify_shrink(const struct verify_scripts *scripts, const struct verify_kernel *kernel,
		  const struct host_kernel *host_kernel, const struct host_options *options,
		  size_t max, struct verify_minimal *ret_minimal, size_t *ret_nr,
		  struct strbuf *diag)
{
	struct job job = { .options = options, .host_kernel = host_kernel, .kernel = kernel,
			   .diag = diag };
	unsigned int round;
	size_t i;
	int err;

	job.shrinks = mem_zalloc((max + 1) * sizeof(*job.shrinks));
	if (!job.shrinks)
		return -ENOMEM;
	err = begin_all(&job, scripts, max, ret_minimal);
	for (round = 1; round <= MAX_ROUNDS && !err; round++)
		err = run_round(&job, round);
	for (i = 0; i < job.nr; i++) {
		clear_edits(&job.shrinks[i]);
		mem_free(job.shrinks[i].edits);
		script_free(job.shrinks[i].script);
	}
	*ret_nr = job.nr;
	mem_free(job.shrinks);
	return err < 0 ? err : 0;
}
