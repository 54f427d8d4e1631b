// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/PID/maps and smaps: the same maps as a script. */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

#define KIB 1024ULL

/* One line "START-END rwxp OFFSET DEV INODE PATH". */
struct maps_line {
	uint64_t start;
	uint64_t end;
	unsigned int prot;
	bool shared;
	struct token path;
};

static const char *skip_word(const char *s, const char *end)
{
	while (s < end && *s != ' ')
		s++;
	while (s < end && *s == ' ')
		s++;
	return s;
}

static bool split_maps(const char *s, size_t len, struct maps_line *ret)
{
	const char *end = s + len, *dash = memchr(s, '-', len), *space = memchr(s, ' ', len);

	if (!dash || !space || dash > space || end - space < 6 ||
	    !imp_parse_hex(s, dash - s, &ret->start) ||
	    !imp_parse_hex(dash + 1, space - dash - 1, &ret->end) || space[5] != ' ')
		return false;
	ret->prot = (space[1] == 'r' ? PROT_BIT_R : 0) |
		    (space[2] == 'w' ? PROT_BIT_W : 0) |
		    (space[3] == 'x' ? PROT_BIT_X : 0);
	ret->shared = space[4] == 's';
	s = skip_word(space + 1, end);
	for (int i = 0; i < 3; i++)
		s = skip_word(s, end);
	ret->path = (struct token){ s, end - s };
	return ret->start < ret->end;
}

static bool is_special(const struct token *path)
{
	return imp_token_is(path, "[vvar]") || imp_token_is(path, "[vdso]") ||
	       imp_token_is(path, "[vsyscall]") || imp_token_is(path, "[vvar_vclock]");
}

static int one_map(struct import *im, struct task *task, const struct maps_line *map)
{
	const bool anon = !map->path.len || map->path.s[0] == '[';
	struct map_call call = {
		.addr = map->start,
		.len = map->end - map->start,
		.prot = map->prot,
		.flags = (map->shared ? MAP_BIT_SHARED : 0) | (anon ? MAP_BIT_ANON : 0),
	};
	int err;

	im->understood++;
	im->resident_start = im->resident_end = 0;
	if (is_special(&map->path))
		return 0;
	call.kind = imp_map_kind_of(call.flags, map->path.s, map->path.len);
	err = imp_op_mmap(im, task->mm, &call);
	if (err < 0)
		return err;
	im->resident_start = map->start;
	im->resident_end = map->end;
	return 0;
}

int imp_proc_map(struct import *im, struct task *task, const char *s, size_t len)
{
	struct maps_line map;
	int err;

	if (!split_maps(s, len, &map))
		return -EBADMSG;
	if (imp_token_is(&map.path, "[heap]") && task->mm->state == MM_SHOWN) {
		imp_op_heap(im, task->mm, map.start);
		err = imp_op_brk(im, task->mm, map.end);
	} else {
		err = one_map(im, task, &map);
	}
	return err < 0 ? err : 0;
}

/* "Rss:       12 kB" belongs to the map above. */
static void resident(struct import *im, const struct line *line)
{
	const char *s = line->s + 4, *end = line->s + line->len, *stop;
	struct task *task = imp_task_find(im, 1);
	uint64_t kib;

	while (s < end && *s == ' ')
		s++;
	for (stop = s; stop < end && *stop != ' '; stop++)
		;
	if (!task || !imp_parse_number(s, stop - s, &kib) || !kib ||
	    kib > ADDR_END / KIB || kib * KIB > im->resident_end - im->resident_start)
		return;
	imp_touch_resident(im, task->mm, im->resident_start, kib * KIB);
}

/* "Size:   132 kB" and its like, of smaps */
static bool is_detail(const struct line *line)
{
	const char *colon = memchr(line->s, ':', line->len);
	const char *space = memchr(line->s, ' ', line->len);

	return colon && (!space || colon < space);
}

static int proc_line(struct import *im, const struct line *line)
{
	struct maps_line map;
	struct task *task;
	int err;

	if (line->broken)
		return imp_fail(im, "the last line breaks off (no newline)");
	if (split_maps(line->s, line->len, &map)) {
		task = imp_task_get(im, 1);
		return task ? one_map(im, task, &map) : -ENOMEM;
	}
	err = imp_mark(im, line->s, line->len);
	if (err != -ENOMSG && err != -EBADMSG)
		return err;
	if (line->len > 4 && !memcmp(line->s, "Rss:", 4))
		resident(im, line);
	else if (!is_detail(line))
		imp_count_bad(im, line->s, line->len);
	return 0;
}

static const char *const assumptions[IMPORT_TOUCH_NR] = {
	[IMPORT_TOUCH_ALL] =
		"every page of every accessible map is touched (written where it may "
		"be written, else read)",
	[IMPORT_TOUCH_WRITTEN] =
		"of each map as many bytes are touched as smaps shows resident, "
		"from its start on\n# (which pages those are it does not show)",
	[IMPORT_TOUCH_NONE] = "no page is touched",
};

int import_proc(const struct import_options *options, const struct import_source *source,
		const struct import_sink *sink, struct import_report *ret_report)
{
	struct import *im;
	int err = import_begin(&im, options, source, sink, ret_report, "proc");

	if (err)
		return err;
	im->options.pid = 0;
	imp_write_header(im, assumptions[im->options.touch]);
	err = import_lines(im, proc_line);
	if (!err && !im->understood)
		err = imp_fail(im, "no line of /proc/PID/maps found");
	return import_end(im, err);
}
