// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of a script: one hash table, each name with what it stands for. */
#include "script_internal.h"

#include <base/mem.h>
#include <base/nearest.h>

#include <errno.h>

#define CHUNK_BYTES 65536
#define HINT_NAMES 256

/* Names are stored in chunks that never move. */
struct name_chunk {
	struct name_chunk *next;
	size_t used;
	char bytes[CHUNK_BYTES];
};

static const char *const kind_texts[NAME_KIND_NR] = {
	[NAME_UNUSED] = "nothing yet", [NAME_MAP] = "a map",
	[NAME_HEAP] = "a heap",        [NAME_VM] = "a VM",
	[NAME_PROCESS] = "a process",  [NAME_DEVICE] = "a device",
};

const char *name_kind_text(enum name_kind kind)
{
	return kind_texts[kind];
}

static bool name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool name_char(char c)
{
	return name_start(c) || (c >= '0' && c <= '9') || c == '.';
}

bool name_valid(struct span t)
{
	size_t i;

	if (!t.len || t.len > SCRIPT_MAX_NAME || !name_start(t.s[0]))
		return false;
	for (i = 1; i < t.len; i++)
		if (!name_char(t.s[i]))
			return false;
	return true;
}

static uint32_t name_hash(struct span t)
{
	uint64_t h = t.len, word;
	size_t i = 0;

	for (; i + 8 <= t.len; i += 8) {
		memcpy(&word, t.s + i, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 32;
	}
	for (word = 0; i < t.len; i++)
		word = word << 8 | (unsigned char)t.s[i];
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h >> 32;
}

static char *store_name(struct script *script, struct span t)
{
	struct name_chunk *chunk = script->name_memory;
	char *copy;

	if (!chunk || CHUNK_BYTES - chunk->used < t.len + 1) {
		chunk = mem_alloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = script->name_memory;
		chunk->used = 0;
		script->name_memory = chunk;
	}
	copy = chunk->bytes + chunk->used;
	memcpy(copy, t.s, t.len);
	copy[t.len] = '\0';
	chunk->used += t.len + 1;
	return copy;
}

void name_memory_free(void *memory)
{
	struct name_chunk *chunk = memory, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		mem_free(chunk);
	}
}

/* The slot that holds @t or the empty one where it belongs. */
static uint32_t *find_slot(const struct parser *p, struct span t, uint32_t hash)
{
	const struct name_table *names = &p->names;
	size_t i = hash & (names->nr_slots - 1);

	for (; names->slots[i]; i = (i + 1) & (names->nr_slots - 1)) {
		uint32_t name = names->slots[i] - 1;
		const char *s = p->script->names[name];

		if (names->infos[name].hash == hash && !strncmp(s, t.s, t.len) &&
		    !s[t.len])
			break;
	}
	return &names->slots[i];
}

/* Twice as many slots. */
static int grow_slots(struct parser *p)
{
	struct name_table *names = &p->names;
	size_t i, nr = names->nr_slots ? names->nr_slots * 2 : 256;
	uint32_t *slots = mem_zalloc(nr * sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < p->script->nr_names; i++) {
		size_t slot = names->infos[i].hash & (nr - 1);

		while (slots[slot])
			slot = (slot + 1) & (nr - 1);
		slots[slot] = i + 1;
	}
	mem_free(names->slots);
	names->slots = slots;
	names->nr_slots = nr;
	return 0;
}

uint32_t name_find(const struct parser *p, struct span t)
{
	uint32_t slot;

	if (t.len > SCRIPT_MAX_NAME)
		return SCRIPT_NO_NAME;
	slot = *find_slot(p, t, name_hash(t));
	return slot ? slot - 1 : SCRIPT_NO_NAME;
}

/* Appends a name that is not in the table yet; p->stop on failure. */
static int add_name(struct parser *p, struct span t, uint32_t hash, uint32_t *slot)
{
	struct script *script = p->script;
	size_t nr = script->nr_names;
	char *copy;

	if (nr == SCRIPT_MAX_NAMES)
		return diag_fatal(p, -E2BIG, "more than %u names", SCRIPT_MAX_NAMES);
	if (mem_grow(&script->names, &script->cap_names, nr + 1, sizeof(char *)) ||
	    mem_grow(&p->names.infos, &p->names.cap_infos, nr + 1,
		     sizeof(struct name_info)))
		return p->stop = -ENOMEM;
	copy = store_name(script, t);
	if (!copy)
		return p->stop = -ENOMEM;
	script->names[nr] = copy;
	p->names.infos[nr] = (struct name_info){.hash = hash};
	*slot = ++script->nr_names;
	return 0;
}

int name_intern(struct parser *p, struct span t, uint32_t *ret_name)
{
	uint32_t hash = name_hash(t), *slot;
	int err;

	if (p->script->nr_names * 2 >= p->names.nr_slots && grow_slots(p))
		return p->stop = -ENOMEM;
	slot = find_slot(p, t, hash);
	if (!*slot) {
		err = add_name(p, t, hash, slot);
		if (err)
			return err;
	}
	*ret_name = *slot - 1;
	return 0;
}

int names_init(struct parser *p)
{
	struct span main_name = {SCRIPT_MAIN, strlen(SCRIPT_MAIN)};
	int err = name_intern(p, main_name, &p->process);

	if (err)
		return err;
	p->names.infos[p->process].kind = NAME_PROCESS;
	p->names.infos[p->process].alive = true;
	return 0;
}

void names_release(struct parser *p)
{
	mem_free(p->names.slots);
	mem_free(p->names.infos);
}

static int bad_name(struct parser *p, struct span t)
{
	if (t.len > SCRIPT_MAX_NAME)
		return diag_error(p, t, "the name is %zu bytes long; the limit is %u",
				  t.len, SCRIPT_MAX_NAME);
	return diag_expected(
		p, t, "a name (letters, digits, '_' and '.', not starting with a digit)",
		NULL);
}

int name_declare(struct parser *p, struct span t, enum name_kind kind, uint32_t *ret_name)
{
	const struct name_info *info;
	struct diag_word buf;
	uint32_t name;
	int err;

	if (!name_valid(t))
		return bad_name(p, t);
	err = name_intern(p, t, &name);
	if (err)
		return err;
	info = &p->names.infos[name];
	if (info->kind != NAME_UNUSED && info->kind != kind && !info->line)
		return diag_error(p, t,
				  "%s is the first process and cannot be %s as well",
				  diag_word(t, &buf), kind_texts[kind]);
	if (info->kind != NAME_UNUSED && info->kind != kind)
		return diag_error(p, t, "%s is %s (line %u) and cannot be %s as well",
				  diag_word(t, &buf), kind_texts[info->kind], info->line,
				  kind_texts[kind]);
	*ret_name = name;
	return 0;
}

/* The nearest of the latest names that would fit. */
static const char *name_hint(const struct parser *p, struct span t, enum name_kind kind,
			     bool heap_too)
{
	const char *words[HINT_NAMES];
	size_t i, nr = 0;

	for (i = p->script->nr_names; i-- > 0 && nr < HINT_NAMES;) {
		enum name_kind k = p->names.infos[i].kind;

		if (k == kind || (heap_too && k == NAME_HEAP))
			words[nr++] = p->script->names[i];
	}
	return nearest_word(t.s, t.len, words, nr);
}

int name_ref(struct parser *p, struct span t, enum name_kind kind, bool heap_too,
	     uint32_t *ret_name)
{
	const char *want = kind_texts[kind], *hint;
	const struct name_info *info;
	struct diag_word buf;
	uint32_t name;

	if (!name_valid(t))
		return bad_name(p, t);
	name = name_find(p, t);
	if (name == SCRIPT_NO_NAME || p->names.infos[name].kind == NAME_UNUSED) {
		hint = name_hint(p, t, kind, heap_too);
		return diag_error(p, t, "%s%s is called %s above this line%s%s%s", "no ",
				  strchr(want, ' ') + 1, diag_word(t, &buf),
				  hint ? "; did you mean '" : "", hint ? hint : "",
				  hint ? "'?" : "");
	}
	info = &p->names.infos[name];
	if (info->kind != kind && !(heap_too && info->kind == NAME_HEAP)) {
		if (!info->line)
			return diag_error(p, t, "%s is the first process, not %s",
					  diag_word(t, &buf), want);
		return diag_error(p, t, "%s is %s (line %u), not %s", diag_word(t, &buf),
				  kind_texts[info->kind], info->line, want);
	}
	*ret_name = name;
	return 0;
}
