// SPDX-License-Identifier: GPL-2.0-or-later
/* mmuscope merge */
#include "keep_internal.h"

#include <report/table.h>

static bool json, noheadings;

struct merged {
	const char *path;
	uint64_t new;
	uint64_t known;
};

static int merge_one(struct report_store *into, const char *path, struct merged *ret)
{
	struct strbuf diag = STRBUF_INIT;
	struct merged merged = { .path = path };
	int err = report_store_merge(into, path, &diag, &merged.new, &merged.known);

	if (err)
		return keep_error(err, &diag);
	*ret = merged;
	return STATUS_OK;
}

static void json_row(struct report_json *out, const struct merged *merged)
{
	report_json_line(out, NULL);
	report_json_str(out, "store", merged->path);
	report_json_uint(out, "added", merged->new);
	report_json_uint(out, "known", merged->known);
	report_json_close(out);
}

static void table_row(struct report_table *table, const struct merged *merged)
{
	struct strbuf name = STRBUF_INIT;

	report_text_clean(&name, merged->path);
	report_table_row(table);
	report_table_str(table, strbuf_str(&name));
	report_table_count(table, merged->new);
	report_table_count(table, merged->known);
	strbuf_release(&name);
}

/* A store that is refused does not keep the others out. */
static int merge_all(struct report_store *into, char **paths, struct report_json *out,
		     struct report_table *table)
{
	int status = STATUS_OK;

	for (; *paths; paths++) {
		struct merged merged = { NULL };
		int one = merge_one(into, *paths, &merged);

		status = worse(status, one);
		if (one == STATUS_OK && json)
			json_row(out, &merged);
		else if (one == STATUS_OK)
			table_row(table, &merged);
	}
	return status;
}

static int print_table(struct report_store *into, char **paths)
{
	static const struct report_column columns[] = {
		{ "STORE" }, { "ADDED", REPORT_RIGHT }, { "THERE ALREADY", REPORT_RIGHT },
	};
	struct report_table *table;
	int status, err = report_table_new(columns, 3, !noheadings, &table);

	if (err)
		return model_error("table", err);
	status = merge_all(into, paths, NULL, table);
	if (report_table_print(table, stdout))
		status = STATUS_BROKEN;
	report_table_free(table);
	return status;
}

static int print_json(struct report_store *into, char **paths)
{
	struct report_json out;
	int status;

	report_json_init(&out, stdout);
	report_json_object(&out, NULL);
	report_json_array(&out, "stores");
	status = merge_all(into, paths, &out, NULL);
	report_json_close(&out);
	report_json_int(&out, "status", status);
	report_json_close(&out);
	return report_json_end(&out) ? STATUS_BROKEN : status;
}

static int run(int argc, char **argv)
{
	struct strbuf diag = STRBUF_INIT;
	struct report_store *into;
	int err, status;

	if (argc < 2)
		return usage_error(&command_merge, "which stores, into which?");
	err = report_store_open(argv[0], REPORT_STORE_WRITE, &diag, &into);
	if (err)
		return keep_error(err, &diag);
	status = json ? print_json(into, argv + 1) : print_table(into, argv + 1);
	report_store_close(into);
	return status;
}

static const struct option options[] = {
	OPT_FLAG('j', "json", &json, "what was added, as JSON"),
	OPT_FLAG('n', "noheadings", &noheadings, "no headings over tables"),
	OPT_END,
};

const struct command command_merge = {
	.name = "merge",
	.run = run,
	.summary = "put result stores together",
	.usage = (const char *const[]){ "[options] OUT IN...", NULL },
	.about = "Copy the runs of the stores IN... into OUT, which is made if it does not exist. A\n"
		 "run is known by what went in and what came out, so that merging twice, or shards\n"
		 "that did the same runs, adds nothing. IN is not changed. A store that cannot be\n"
		 "merged is named and leaves no trace; the others are merged.\n"
		 "\n"
		 "Exit status: 0 merged, 2 wrong usage, 3 a store could not be read or written.",
	.options = options,
	.examples = (const char *const[]){
		"mmuscope run --quiet --store a.db scripts/head-of-512g.mms && "
		"mmuscope merge all.db a.db",
		NULL,
	},
};
