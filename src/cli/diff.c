// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope diff */
#include "diff_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/mem.h>

static bool json, noheadings, all_ops;
static int format;
static uint64_t ignore;

enum { FORMAT_TABLE, FORMAT_LKML };
static const char *const format_choices[] = { "table", "lkml", NULL };
/* in the order of REPORT_DIFF_* */
static const char *const ignore_choices[] = { "script", "profile", "design", "mmu", "levels",
					      "cost", NULL };

/* STORE or STORE@RUN; a file with an '@' in its name is a store. */
struct operand {
	char *path;
	const char *run;
};

static char *clean(const char *text)
{
	struct strbuf out = STRBUF_INIT;
	char *copy;

	report_text_clean(&out, text);
	copy = strbuf_error(&out) ? NULL : mem_strndup(strbuf_str(&out), out.len);
	strbuf_release(&out);
	return copy;
}

static int copy_value(struct diff_value *to, const struct report_diff_value *from)
{
	*to = (struct diff_value){
		.name = clean(from->name), .text = *from->text ? clean(from->text) : NULL,
		.text_a = from->text_a ? clean(from->text_a) : NULL,
		.text_b = from->text_b ? clean(from->text_b) : NULL,
		.line = from->line, .op_a = from->op_a, .op_b = from->op_b,
		.runs = from->runs, .a = from->a, .b = from->b,
	};
	return !to->name || (*from->text && !to->text) || (from->text_a && !to->text_a) ||
	       (from->text_b && !to->text_b) ? -ENOMEM : 0;
}

static int add_value(struct diff_values *values, const struct report_diff_value *value)
{
	int err = mem_grow(&values->values, &values->cap, values->nr + 1,
			   sizeof(values->values[0]));

	return err ? err : copy_value(&values->values[values->nr++], value);
}

static int add_statistic(void *ctx, const struct report_diff_value *value)
{
	struct diff_pair *pair = ctx;

	if (value->a != value->b)
		return add_value(&pair->statistics, value);
	pair->equal++;
	return 0;
}

static int add_operation(void *ctx, const struct report_diff_value *value)
{
	struct diff_pair *pair = ctx;

	return add_value(&pair->operations, value);
}

static int add_total(void *ctx, const struct report_diff_value *value)
{
	return value->runs ? add_value(ctx, value) : 0;
}

/* "scripts/a.mms, linux-6.12, tight, shadow, pages=64" */
static char *describe(const struct report_run_names *run)
{
	struct strbuf out = STRBUF_INIT;
	char *text;

	strbuf_addf(&out, "%s, %s", run->file, run->profile);
	if (strcmp(run->designs, "-"))
		strbuf_addf(&out, " with %s", run->designs);
	strbuf_addf(&out, ", %s", strcmp(run->mmu, "-") ? run->mmu : "no VM");
	if (*run->params)
		strbuf_addf(&out, ", %s", run->params);
	text = strbuf_error(&out) ? NULL : clean(strbuf_str(&out));
	strbuf_release(&out);
	return text;
}

struct gather {
	struct difference *d;
	struct report_diff *diff;
	struct strbuf *diag;
};

static int fill_pair(struct gather *g, struct diff_pair *pair, const struct report_diff_pair *from)
{
	pair->differs = from->differs;
	pair->who = describe(from->in_a ? &from->a : &from->b);
	pair->who_b = from->in_b ? describe(&from->b) : clean("");
	pair->id_a = clean(from->in_a ? from->a.id : "");
	pair->id_b = clean(from->in_b ? from->b.id : "");
	if (!pair->who || !pair->who_b || !pair->id_a || !pair->id_b)
		return -ENOMEM;
	if (!strcmp(pair->who, pair->who_b))
		pair->who_b[0] = '\0';
	g->d->only_a += !from->in_b;
	g->d->only_b += !from->in_a;
	g->d->matched += from->in_a && from->in_b;
	g->d->differ += from->in_a && from->in_b && from->differs;
	return 0;
}

static int add_pair(void *ctx, const struct report_diff_pair *from)
{
	struct gather *g = ctx;
	struct difference *d = g->d;
	struct diff_pair *pair;
	int err = mem_grow(&d->pairs, &d->cap, d->nr + 1, sizeof(d->pairs[0]));

	if (err)
		return err;
	pair = &d->pairs[d->nr++];
	*pair = (struct diff_pair){ NULL };
	err = fill_pair(g, pair, from);
	if (err || !from->in_a || !from->in_b)
		return err;
	err = report_diff_statistics(g->diff, from->number, g->diag, add_statistic, pair);
	if (!err && from->differs)
		err = report_diff_operations(g->diff, from->number, g->diag, add_operation, pair);
	return err;
}

static void release_values(struct diff_values *values)
{
	size_t i;

	for (i = 0; i < values->nr; i++) {
		mem_free(values->values[i].name);
		mem_free(values->values[i].text);
		mem_free(values->values[i].text_a);
		mem_free(values->values[i].text_b);
	}
	mem_free(values->values);
}

static void release(struct difference *d)
{
	size_t i;

	for (i = 0; i < d->nr; i++) {
		release_values(&d->pairs[i].statistics);
		release_values(&d->pairs[i].operations);
		mem_free(d->pairs[i].who);
		mem_free(d->pairs[i].who_b);
		mem_free(d->pairs[i].id_a);
		mem_free(d->pairs[i].id_b);
	}
	mem_free(d->pairs);
	release_values(&d->totals);
}

static int print(const struct difference *d)
{
	int err = json ? diff_print_json(d) : format == FORMAT_LKML ? diff_print_lkml(d, all_ops) :
								diff_print_table(d, !noheadings, all_ops);

	if (err == -ENOMEM)
		error("out of memory");
	if (err)
		return STATUS_BROKEN;
	return d->differ || d->only_a || d->only_b ? STATUS_DIFFERENT : STATUS_OK;
}

static int compare(const struct operand *a, const struct operand *b, struct difference *d)
{
	struct strbuf diag = STRBUF_INIT;
	struct gather g = { .d = d, .diag = &diag };
	int err = report_diff_open(a->path, a->run, b->path, b->run, ignore, &diag, &g.diff);

	if (!err)
		err = report_diff_pairs(g.diff, &diag, add_pair, &g);
	if (!err && !d->single)
		err = report_diff_totals(g.diff, &diag, add_total, &d->totals);
	report_diff_close(g.diff);
	return err ? keep_error(err, &diag) : print(d);
}

/* Return: false without memory, or for a run that is no id, after a message. */
static bool parse_operand(const char *text, struct operand *ret)
{
	const char *at = access(text, F_OK) ? strrchr(text, '@') : NULL;

	*ret = (struct operand){ mem_strndup(text, at ? (size_t)(at - text) : strlen(text)),
				 at ? at + 1 : NULL };
	if (!ret->path) {
		error("out of memory");
		return false;
	}
	if (!ret->run || (strlen(ret->run) >= REPORT_RUN_ID_MIN &&
			  strspn(ret->run, "0123456789abcdef") == strlen(ret->run)))
		return true;
	usage_error(&command_diff, "'%s' is not a run: at least %d digits of its id, see "
		    "'mmuscope list runs'", ret->run, REPORT_RUN_ID_MIN);
	return false;
}

static int run(int argc, char **argv)
{
	struct operand a = { NULL }, b = { NULL };
	struct difference d = { 0 };
	int status = STATUS_USAGE;

	if (argc != 2)
		return usage_error(&command_diff, "which two stores or runs?");
	if (json && format == FORMAT_LKML)
		return usage_error(&command_diff, "--json or --format lkml, not both");
	if (parse_operand(argv[0], &a) && parse_operand(argv[1], &b)) {
		d = (struct difference){ .name_a = argv[0], .name_b = argv[1], .single = a.run };
		if (!a.run != !b.run)
			usage_error(&command_diff, "two stores or two runs, not one of each");
		else
			status = compare(&a, &b, &d);
	}
	release(&d);
	mem_free(a.path);
	mem_free(b.path);
	return status;
}

static const struct option options[] = {
	OPT_CHOICES('i', "ignore", &ignore, "WHAT,...",
		    "match runs that went in with different ones of these:", ignore_choices),
	OPT_FLAG(0, "all-ops", &all_ops, "print every operation that differs"),
	OPT_CHOICE('f', "format", &format, "FORM",
		   "a table for terminals, or plain ones of 75 columns for mail:", format_choices),
	OPT_FLAG('j', "json", &json, "everything that differs as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_diff = {
	.name = "diff",
	.run = run,
	.summary = "what differs between two stored runs, or two result stores",
	.usage = (const char *const[]){ "[options] STORE STORE", "[options] STORE@RUN STORE@RUN", NULL },
	.about = "Compare two stored runs, each named by its store and the first digits of its id\n"
		 "('mmuscope list runs STORE'), or all runs of two stores. Runs of two stores are\n"
		 "matched by what went into them: the script's text, profile, designs, MMU, levels\n"
		 "and cost table, so that the same sweep of two versions can be compared. Every\n"
		 "statistic that differs is shown, and where, operation by operation; operations are\n"
		 "matched by their text.\n"
		 "\n"
		 "Exit status: 0 nothing differs, 1 something does, 2 wrong usage, 3 a store could not\n"
		 "be read or has no such run.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope run -q -p linux-6.1 --store old.db scripts/head-of-512g.mms",
		"mmuscope run -q -p linux-7.2 --store new.db scripts/head-of-512g.mms",
		"mmuscope diff --ignore profile old.db new.db || [ $? = 1 ]",
		"mmuscope diff --format lkml old.db old.db",
		NULL,
	},
};
