// SPDX-License-Identifier: GPL-2.0-or-later
/* Which part of a sweep is ours. */
#include "sweep_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SHARDS 1000000u

/* Digits only. Return: false for anything else. */
static bool parse_number(const char *text, size_t len, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || value > MAX_SHARDS * 10ull)
			return false;
		value = 10 * value + (text[i] - '0');
	}
	*ret = value;
	return len > 0;
}

static bool variable(const char *name, uint64_t *ret)
{
	const char *text = getenv(name);

	return text && parse_number(text, strlen(text), ret);
}

static bool from_slurm(const struct command *command, struct shard *ret_shard)
{
	uint64_t id = 0, min = 0, nr = 0, step = 1;

	if (!variable("SLURM_ARRAY_TASK_ID", &id) || !variable("SLURM_ARRAY_TASK_COUNT", &nr) ||
	    !variable("SLURM_ARRAY_TASK_MIN", &min)) {
		usage_error(command, "a Slurm array without SLURM_ARRAY_TASK_COUNT and _MIN: "
			    "say --shard K/N");
		return false;
	}
	if (!variable("SLURM_ARRAY_TASK_STEP", &step) || !step)
		step = 1;
	if (id < min || (id - min) % step || (id - min) / step >= nr || nr > MAX_SHARDS) {
		usage_error(command, "task %llu is not one of %llu from %llu on in steps of %llu: "
			    "make the Slurm array a range such as 1-8, or say --shard K/N",
			    (unsigned long long)id, (unsigned long long)nr,
			    (unsigned long long)min, (unsigned long long)step);
		return false;
	}
	*ret_shard = (struct shard){ (id - min) / step, nr, "the Slurm array" };
	return true;
}

bool shard_get(const struct command *command, const char *given, struct shard *ret_shard)
{
	const char *slash;
	uint64_t index, nr;

	if (!given && getenv("SLURM_ARRAY_TASK_ID"))
		return from_slurm(command, ret_shard);
	if (!given) {
		*ret_shard = (struct shard){ 0, 1, "" };
		return true;
	}
	slash = strchr(given, '/');
	if (!slash || !parse_number(given, slash - given, &index) ||
	    !parse_number(slash + 1, strlen(slash + 1), &nr) || !index || index > nr ||
	    nr > MAX_SHARDS) {
		usage_error(command, "--shard wants K/N with K from 1 to N, such as 2/8, not '%s'",
			    given);
		return false;
	}
	*ret_shard = (struct shard){ index - 1, nr, "" };
	return true;
}

void shard_store(const struct shard *shard, const char *path, struct strbuf *out)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);

	strbuf_add(out, path, stem);
	if (shard->nr > 1)
		strbuf_addf(out, ".%u-of-%u", shard->index + 1, shard->nr);
	strbuf_addstr(out, path + stem);
}
