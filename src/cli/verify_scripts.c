// SPDX-License-Identifier: GPL-2.0-or-later
/* Where mmuscope verify has its scripts from. */
#include "cli_internal.h"
#include "model_internal.h"
#include "verify_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/mem.h>

const char *const verify_random_names[] = {
	"anon",	   "shmem",    "file",	    "thp",   "hugetlb", "dax", "fork",	  "numa", "guest",
	"mremap",  "truncate", "collapse",  "shmem_thp", "track", "place", "ksm", "pageout",
	"heap",	   "nested",   "shadow",    "memslot",  "age", "exec", NULL,
};

unsigned int verify_random_features(uint64_t chosen, uint64_t kinds)
{
	return chosen ? chosen : ((kinds ? SCRIPT_RANDOM_AGE : SCRIPT_RANDOM_SHADOW) << 1) - 1;
}

static bool out_of_memory(void)
{
	error("out of memory");
	return false;
}

static bool add(struct verify_scripts *scripts, struct script *script)
{
	if (mem_grow(&scripts->script, &scripts->cap, scripts->nr + 1, sizeof(*scripts->script))) {
		script_free(script);
		return out_of_memory();
	}
	scripts->script[scripts->nr++] = script;
	return true;
}

/* Real kernels run what the lines say, as no design and with tables of four levels. */
static bool runs_as_written(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->nr_params; i++) {
		const char *name = script->params[i].name, *value = script->params[i].value;

		if (!value || (strcmp(name, "mmu") && strcmp(name, "design") &&
			       strcmp(name, "levels")) ||
		    !strcmp(value, "none") || !strcmp(value, "4"))
			continue;
		error("%s: the parameter '%s' is %s, but kernels run the script as its lines say",
		      script->file, name, value);
		return false;
	}
	return true;
}

bool verify_scripts_load(struct verify_scripts *scripts, char **paths, size_t nr,
			 const struct script_value *values, size_t nr_values, bool warn)
{
	bool good = true;
	size_t i;

	for (i = 0; i < nr; i++) {
		/* each kernel has its profile: the script may leave that open */
		struct sim_options check = { .profile = DEFAULT_PROFILE, .mmu = -1 };
		struct script *script = model_load(paths[i], &check, warn, values, nr_values);

		if (script && !runs_as_written(script))
			script = script_free(script);
		if (!script)
			good = false;
		else if (!add(scripts, script))
			return false;
	}
	return good;
}

/* The generator's own warnings, of maps that replace others, are no news. */
static struct script *make_random(uint64_t seed, const struct script_random_options *options)
{
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	const struct sim_options check = { .mmu = -1 };
	struct script *script = NULL;
	char name[48];
	int err;

	snprintf(name, sizeof(name), "seed-%llu.mms", (unsigned long long)seed);
	script_random(seed, options, &text);
	err = strbuf_error(&text);
	if (!err)
		err = script_parse(name, strbuf_str(&text), text.len, &diag, &script);
	if (!err)
		strbuf_reset(&diag);
	if (!err)
		err = sim_check(script, &check, &diag);
	if (err && diag.len)
		fputs(strbuf_str(&diag), stderr);
	else if (err)
		error("%s: %s", name, strerror(-err));
	strbuf_release(&text);
	strbuf_release(&diag);
	return err ? script_free(script) : script;
}

bool verify_scripts_random(struct verify_scripts *scripts, size_t nr, uint64_t seed,
			   const struct script_random_options *options)
{
	size_t i;

	if (mem_grow(&scripts->seed, &scripts->cap_seed, nr, sizeof(*scripts->seed)))
		return out_of_memory();
	for (i = 0; i < nr; i++) {
		struct script *script = make_random(seed + i, options);

		if (!script || !add(scripts, script))
			return false;
		scripts->seed[i] = seed + i;
	}
	return true;
}

static int is_script(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".mms");
}

bool verify_scripts_kept(struct verify_scripts *scripts, const char *dir)
{
	struct dirent **entries;
	int nr = scandir(dir, &entries, is_script, alphasort), i;
	struct strbuf path = STRBUF_INIT;
	bool good = nr > 0;
	char *paths[1];

	if (nr < 0) {
		error("%s: %s", dir, strerror(errno));
		return false;
	}
	if (!nr)
		error("%s: no kept script in it", dir);
	for (i = 0; i < nr; i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", dir, entries[i]->d_name);
		paths[0] = path.buf;
		good = good && !strbuf_error(&path) &&
		       verify_scripts_load(scripts, paths, 1, NULL, 0, false);
		free(entries[i]);
	}
	free(entries);
	strbuf_release(&path);
	return good;
}

void verify_scripts_release(struct verify_scripts *scripts)
{
	size_t i;

	for (i = 0; i < scripts->nr; i++)
		script_free(scripts->script[i]);
	mem_free(scripts->script);
	mem_free(scripts->seed);
	*scripts = (struct verify_scripts){ 0 };
}

const char *verify_base_name(const char *file, size_t *ret_len)
{
	const char *slash = strrchr(file, '/');
	size_t len;

	file = slash ? slash + 1 : file;
	len = strlen(file);
	if (len > 4 && !strcmp(file + len - 4, ".mms"))
		len -= 4;
	*ret_len = len;
	return file;
}
