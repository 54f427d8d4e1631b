// SPDX-License-Identifier: GPL-2.0-or-later
#include <report/cost.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/fd.h>
#include <base/nearest.h>

#define FILE_MAX (64u << 10)

const char *const report_cost_names[COST_NR] = {
	[COST_NOTIFICATION_PAIR] = "notification_pair",
	[COST_HEAD_SCANNED] = "head_scanned",
	[COST_HEAD_VISITED] = "head_visited",
	[COST_SPTE_ZAPPED] = "spte_zapped",
	[COST_PRIMARY_CHANGED] = "primary_changed",
	[COST_TABLE_VISITED] = "table_visited",
	[COST_FLUSH] = "flush",
	[COST_REFAULT] = "refault",
	[COST_SYSTEM_CALL] = "system_call",
};

static const char default_text[] =
	"# The built-in cost table: costs/shadow-6.18-calls.cost\n"
	"name              shadow-6.18-calls\n"
	"kernel            Linux 6.18, KVM with shadow paging\n"
	"cpu               2 cores of a virtual machine without two-dimensional paging\n"
	"source            medians of timed mprotect calls\n"
	"head_scanned      1.23\n"
	"primary_changed   31\n";

struct parser {
	const char *file;
	unsigned int line;
	struct strbuf *diag;
	struct report_cost cost;
	bool bad;
};

__attribute__((format(printf, 2, 3))) static void complain(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	p->bad = true;
	strbuf_addf(p->diag, "%s:%u: ", p->file, p->line);
	va_start(ap, fmt);
	strbuf_vaddf(p->diag, fmt, ap);
	va_end(ap);
	strbuf_addch(p->diag, '\n');
}

static bool is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && !memcmp(word, name, len);
}

static bool set_header(struct parser *p, char *field, size_t size, const char *key,
		       const char *value, size_t len)
{
	if (!len)
		complain(p, "'%s' without a text", key);
	else if (len >= size)
		complain(p, "'%s' longer than %zu bytes", key, size - 1);
	else if (field[0])
		complain(p, "a second '%s'", key);
	else
		memcpy(field, value, len);
	return true;
}

static bool header(struct parser *p, const char *word, size_t word_len, const char *value,
		   size_t len)
{
	struct report_cost *cost = &p->cost;

	if (is(word, word_len, "name"))
		return set_header(p, cost->name, sizeof(cost->name), "name", value, len);
	if (is(word, word_len, "kernel"))
		return set_header(p, cost->kernel, sizeof(cost->kernel), "kernel", value, len);
	if (is(word, word_len, "cpu"))
		return set_header(p, cost->cpu, sizeof(cost->cpu), "cpu", value, len);
	if (is(word, word_len, "date"))
		return set_header(p, cost->date, sizeof(cost->date), "date", value, len);
	if (is(word, word_len, "source"))
		return set_header(p, cost->source, sizeof(cost->source), "source", value, len);
	return false;
}

/* "31", "1.23": digits, at most nine on each side of the point. */
static bool parse_ns(const char *s, size_t len, double *ret)
{
	double value = 0, scale = 1;
	size_t i = 0, digits = 0, decimals = 0;

	for (; i < len && s[i] >= '0' && s[i] <= '9'; i++, digits++)
		value = value * 10 + (s[i] - '0');
	if (digits && i < len && s[i] == '.') {
		for (i++; i < len && s[i] >= '0' && s[i] <= '9'; i++, decimals++) {
			value = value * 10 + (s[i] - '0');
			scale *= 10;
		}
		if (!decimals)
			return false;
	}
	if (i != len || !digits || digits > 9 || decimals > 9)
		return false;
	*ret = value / scale;
	return true;
}

static void unknown(struct parser *p, const char *word, size_t len)
{
	const char *words[COST_NR + 5] = { "name", "kernel", "cpu", "date", "source" };
	const char *near;

	memcpy(words + 5, report_cost_names, sizeof(report_cost_names));
	near = nearest_word(word, len, words, COST_NR + 5);
	complain(p, "unknown cost '%.*s'%s%s%s", len < 64 ? (int)len : 64, word,
		 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void figure(struct parser *p, const char *word, size_t word_len, const char *value,
		   size_t len)
{
	unsigned int item;
	double ns;

	for (item = 0; item < COST_NR; item++)
		if (is(word, word_len, report_cost_names[item]))
			break;
	if (item == COST_NR)
		unknown(p, word, word_len);
	else if (p->cost.known[item])
		complain(p, "a second '%s'", report_cost_names[item]);
	else if (!parse_ns(value, len, &ns))
		complain(p, "'%s' wants nanoseconds such as 1.23, not '%.*s'",
			 report_cost_names[item], len < 64 ? (int)len : 64, value);
	else {
		p->cost.ns[item] = ns;
		p->cost.known[item] = true;
	}
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void parse_line(struct parser *p, const char *s, size_t len)
{
	const char *comment = memchr(s, '#', len);
	const char *end = comment ? comment : s + len, *word;
	size_t word_len;

	while (end > s && blank(end[-1]))
		end--;
	while (s < end && blank(*s))
		s++;
	for (word = s; s < end && !blank(*s); s++)
		;
	word_len = s - word;
	while (s < end && blank(*s))
		s++;
	if (memchr(word, '\0', end - word))
		complain(p, "a NUL byte");
	else if (word_len && !header(p, word, word_len, s, end - s))
		figure(p, word, word_len, s, end - s);
}

/* "dir/shadow.cost" names a table "shadow". */
static void name_from_file(struct report_cost *cost, const char *file)
{
	const char *base = strrchr(file, '/');
	size_t len;

	base = base ? base + 1 : file;
	len = strcspn(base, ".");
	snprintf(cost->name, sizeof(cost->name), "%.*s", len < 63 ? (int)len : 63, base);
}

int report_cost_parse(const char *file, const char *text, size_t len, struct strbuf *diag,
		      struct report_cost *ret_cost)
{
	struct parser p = { .file = file, .diag = diag };
	const char *end = text + len;
	unsigned int item, known = 0;

	while (text < end && !p.bad) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;

		p.line++;
		parse_line(&p, text, stop - text);
		text = newline ? newline + 1 : end;
	}
	for (item = 0; item < COST_NR; item++)
		known += p.cost.known[item];
	if (!p.bad && !known)
		complain(&p, "no cost in the whole file");
	if (p.bad)
		return -EINVAL;
	if (!p.cost.name[0])
		name_from_file(&p.cost, file);
	*ret_cost = p.cost;
	return 0;
}

int report_cost_load(const char *path, struct strbuf *diag, struct report_cost *ret_cost)
{
	char buf[FILE_MAX + 1];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	len = fd < 0 ? -errno : fd_read(fd, buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	if (len < 0) {
		strbuf_addf(diag, "%s: %s\n", path, strerror(-len));
		return len;
	}
	if (len > FILE_MAX) {
		strbuf_addf(diag, "%s: a cost table has at most 64 KiB\n", path);
		return -E2BIG;
	}
	return report_cost_parse(path, buf, len, diag, ret_cost);
}

static void write_header(const char *key, const char *value, struct strbuf *out)
{
	if (*value)
		strbuf_addf(out, "%-17s %s\n", key, value);
}

/* Four digits, or all that stand before the point. */
static void write_figure(const char *name, double ns, struct strbuf *out)
{
	int decimals = ns >= 1000 ? 0 : ns >= 100 ? 1 : ns >= 10 ? 2 : ns >= 1 ? 3 : 4;

	strbuf_addf(out, "%-17s %.*f\n", name, decimals, ns);
}

void report_cost_write(const struct report_cost *cost, struct strbuf *out)
{
	unsigned int item;

	write_header("name", cost->name, out);
	write_header("kernel", cost->kernel, out);
	write_header("cpu", cost->cpu, out);
	write_header("date", cost->date, out);
	write_header("source", cost->source, out);
	for (item = 0; item < COST_NR; item++)
		if (cost->known[item])
			write_figure(report_cost_names[item], cost->ns[item], out);
}

void report_cost_default(struct report_cost *ret_cost)
{
	struct strbuf diag = STRBUF_INIT;
	int err = report_cost_parse("built-in", default_text, strlen(default_text), &diag, ret_cost);

	assert(!err);
	(void)err;
	strbuf_release(&diag);
}

const char *report_cost_default_text(void)
{
	return default_text;
}

double report_cost_estimate(const struct report_cost *cost, const struct report_work *work)
{
	unsigned int item;
	double ns = 0;

	for (item = 0; item < COST_NR; item++)
		ns += cost->ns[item] * work->nr[item];
	return ns;
}

#define NOTE_WIDTH 88

/* Append a word; a new line, indented, begins where it would not fit. */
static void add_word(struct strbuf *out, size_t *column, const char *word)
{
	size_t len = strlen(word);

	if (*column + len >= NOTE_WIDTH) {
		strbuf_addstr(out, "\n  ");
		*column = 2;
	} else if (*column > 2) {
		strbuf_addch(out, ' ');
		++*column;
	}
	strbuf_addstr(out, word);
	*column += len;
}

static void add_words(struct strbuf *out, size_t *column, const char *text)
{
	while (*text) {
		char word[256];
		size_t len = strcspn(text, " ");

		snprintf(word, sizeof(word), "%.*s", len < 255 ? (int)len : 255, text);
		add_word(out, column, word);
		text += len + (text[len] == ' ');
	}
}

static void list_items(const struct report_cost *cost, bool known, struct strbuf *out,
		       size_t *column)
{
	unsigned int item, last = 0;
	char text[64];

	for (item = 0; item < COST_NR; item++)
		if (cost->known[item] == known)
			last = item;
	for (item = 0; item < COST_NR; item++) {
		if (cost->known[item] != known)
			continue;
		if (known)
			snprintf(text, sizeof(text), "%s %.9g ns%s", report_cost_names[item],
				 cost->ns[item], item == last ? "" : ",");
		else
			snprintf(text, sizeof(text), "%s%s", report_cost_names[item],
				 item == last ? "" : ",");
		add_word(out, column, text);
	}
}

static void add_origin(const struct report_cost *cost, struct strbuf *out, size_t *column)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "cost table %s", cost->name);
	if (cost->kernel[0] || cost->source[0])
		strbuf_addf(&text, " (%s%s%s)", cost->kernel,
			    cost->kernel[0] && cost->source[0] ? "; " : "", cost->source);
	strbuf_addch(&text, ':');
	add_words(out, column, strbuf_str(&text));
	strbuf_pass_error(out, &text);
	strbuf_release(&text);
}

void report_cost_notes(const struct report_cost *cost, struct strbuf *out)
{
	unsigned int item, unknown_items = 0;
	size_t column = 0;

	for (item = 0; item < COST_NR; item++)
		unknown_items += !cost->known[item];
	add_origin(cost, out, &column);
	list_items(cost, true, out, &column);
	strbuf_addch(out, '\n');
	if (!unknown_items)
		return;
	column = 0;
	add_words(out, &column, "not measured and counted as 0:");
	list_items(cost, false, out, &column);
	strbuf_addch(out, '\n');
}
