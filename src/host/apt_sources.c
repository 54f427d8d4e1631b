// SPDX-License-Identifier: GPL-2.0-or-later
#include "apt_sources_internal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_LIST (4u << 20)

struct span {
	const char *s;
	size_t len;
};

/* One source as far as it matters here; lists of words, or a value as it stands. */
struct source {
	struct span types;
	struct span uris;
	struct span suites;
	struct span components;
	struct span signed_by;
	bool trusted;
	bool disabled;
};

static bool span_is(struct span span, const char *word)
{
	return span.len == strlen(word) && !memcmp(span.s, word, span.len);
}

static bool span_ends(struct span span, const char *tail)
{
	size_t len = strlen(tail);

	return span.len >= len && !memcmp(span.s + span.len - len, tail, len);
}

/* The next blank-separated word of @list, which moves on; empty at the end. */
static struct span next_word(struct span *list)
{
	struct span word;

	while (list->len && isspace((unsigned char)*list->s)) {
		list->s++;
		list->len--;
	}
	word.s = list->s;
	while (list->len && !isspace((unsigned char)*list->s)) {
		list->s++;
		list->len--;
	}
	word.len = list->s - word.s;
	return word;
}

static bool has_word(struct span list, const char *wanted)
{
	struct span word;

	while ((word = next_word(&list)).len)
		if (span_is(word, wanted))
			return true;
	return false;
}

static bool strip(struct span *span, const char *tail)
{
	if (!span_ends(*span, tail))
		return false;
	span->len -= strlen(tail);
	return true;
}

/* A suite of Debian's own; *ret_security tells its security archive. */
static bool debian_suite(struct span suite, bool *ret_security)
{
	static const char *const names[] = {
		"buster", "bullseye", "bookworm", "trixie", "forky",     "duke",
		"sid",    "unstable", "testing",  "stable", "oldstable", "oldoldstable",
	};
	size_t i;

	*ret_security = strip(&suite, "-security") || strip(&suite, "/updates");
	if (!*ret_security && !strip(&suite, "-updates") &&
	    !strip(&suite, "-proposed-updates"))
		(void)strip(&suite, "-backports");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(suite, names[i]))
			return true;
	return false;
}

static int offer(struct apt_mirror *mirror, struct span uri, const struct source *source,
		 unsigned int score)
{
	if (score <= mirror->score)
		return 0;
	strbuf_reset(&mirror->uri);
	strbuf_add(&mirror->uri, uri.s, uri.len);
	strbuf_reset(&mirror->signed_by);
	strbuf_add(&mirror->signed_by, source->signed_by.s, source->signed_by.len);
	mirror->trusted = source->trusted;
	mirror->score = score;
	return strbuf_error(&mirror->uri) ? strbuf_error(&mirror->uri)
					  : strbuf_error(&mirror->signed_by);
}

static unsigned int score_uri(struct span uri, bool security)
{
	const char *tail = security ? "/debian-security" : "/debian";

	while (uri.len && uri.s[uri.len - 1] == '/')
		uri.len--;
	return span_ends(uri, tail) ? 2 : 1;
}

static int take_source(const struct source *source, struct apt_mirrors *mirrors)
{
	struct span suites = source->suites, uris = source->uris, suite,
		    uri = next_word(&uris);
	bool security;
	int err = 0;

	if (source->disabled || !uri.len || !has_word(source->types, "deb") ||
	    !has_word(source->components, "main") || !strncmp(uri.s, "cdrom:", 6))
		return 0;
	while ((suite = next_word(&suites)).len && !err)
		if (debian_suite(suite, &security))
			err = offer(security ? &mirrors->security : &mirrors->archive,
				    uri, source, score_uri(uri, security));
	return err;
}

/* [name=value name=value] behind "deb" */
static void take_options(struct span options, struct source *source)
{
	struct span word;

	while ((word = next_word(&options)).len) {
		if (word.len > 10 && !strncasecmp(word.s, "signed-by=", 10))
			source->signed_by = (struct span){ word.s + 10, word.len - 10 };
		else if (span_is(word, "trusted=yes"))
			source->trusted = true;
	}
}

static int scan_line(struct span line, struct apt_mirrors *mirrors)
{
	struct source source = { 0 };
	const char *hash = memchr(line.s, '#', line.len), *close;

	if (hash)
		line.len = hash - line.s;
	source.types = next_word(&line);
	while (line.len && isspace((unsigned char)*line.s)) {
		line.s++;
		line.len--;
	}
	if (line.len && *line.s == '[') {
		close = memchr(line.s, ']', line.len);
		if (!close)
			return 0;
		take_options((struct span){ line.s + 1, close - line.s - 1 }, &source);
		line.len -= close + 1 - line.s;
		line.s = close + 1;
	}
	source.uris = next_word(&line);
	source.suites = next_word(&line);
	source.components = line;
	return take_source(&source, mirrors);
}

/* Set the field called @name of a deb822 stanza. */
static void take_field(struct span name, struct span value, struct source *source)
{
	const struct {
		const char *name;
		struct span *to;
	} fields[] = {
		{ "Types", &source->types },
		{ "URIs", &source->uris },
		{ "Suites", &source->suites },
		{ "Components", &source->components },
		{ "Signed-By", &source->signed_by },
	};
	size_t i;

	while (value.len && isspace((unsigned char)*value.s)) {
		value.s++;
		value.len--;
	}
	while (value.len && isspace((unsigned char)value.s[value.len - 1]))
		value.len--;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (name.len == strlen(fields[i].name) &&
		    !strncasecmp(name.s, fields[i].name, name.len))
			*fields[i].to = value;
	if (name.len == 7 && !strncasecmp(name.s, "Enabled", 7))
		source->disabled = span_is(value, "no") || span_is(value, "false");
	if (name.len == 7 && !strncasecmp(name.s, "Trusted", 7))
		source->trusted = span_is(value, "yes");
}

/* One line without its newline; *text moves behind it. */
static struct span next_line(struct span *text)
{
	const char *end = memchr(text->s, '\n', text->len);
	struct span line = { text->s, end ? (size_t)(end - text->s) : text->len };
	size_t used = line.len + (end != NULL);

	text->s += used;
	text->len -= used;
	return line;
}

static int scan_deb822(struct span text, struct apt_mirrors *mirrors)
{
	struct source source = { 0 };
	struct span line, name = { NULL, 0 }, value = { NULL, 0 };
	const char *colon;
	int err = 0;

	while (text.len && !err) {
		line = next_line(&text);
		if (line.len && *line.s == '#')
			continue;
		if (line.len && isspace((unsigned char)*line.s) && name.len) {
			value.len = line.s + line.len - value.s;
			take_field(name, value, &source);
			continue;
		}
		colon = memchr(line.s, ':', line.len);
		if (colon) {
			name = (struct span){ line.s, colon - line.s };
			value = (struct span){ colon + 1, line.s + line.len - colon - 1 };
			take_field(name, value, &source);
			continue;
		}
		err = take_source(&source, mirrors);
		memset(&source, 0, sizeof(source));
		name.len = 0;
	}
	return err ? err : take_source(&source, mirrors);
}

int apt_sources_scan(const char *text, size_t len, bool deb822,
		     struct apt_mirrors *mirrors)
{
	struct span rest = { text, len };
	int err = 0;

	if (deb822)
		return scan_deb822(rest, mirrors);
	while (rest.len && !err)
		err = scan_line(next_line(&rest), mirrors);
	return err;
}

static int scan_file(const char *path, struct apt_mirrors *mirrors)
{
	struct strbuf text = STRBUF_INIT;
	char buf[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0)
		return 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0 && text.len < MAX_LIST)
		strbuf_add(&text, buf, n);
	close(fd);
	err = strbuf_error(&text);
	if (!err && text.len)
		err = apt_sources_scan(
			text.buf, text.len,
			strlen(path) > 8 && !strcmp(path + strlen(path) - 8, ".sources"),
			mirrors);
	strbuf_release(&text);
	return err;
}

int apt_sources_scan_machine(struct apt_mirrors *mirrors)
{
	static const char *const patterns[] = {
		"/etc/apt/sources.list",
		"/etc/apt/sources.list.d/*.list",
		"/etc/apt/sources.list.d/*.sources",
	};
	glob_t found;
	size_t i, j;
	int err = 0;

	for (i = 0; i < 3 && !err; i++) {
		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (j = 0; j < found.gl_pathc && !err; j++)
			err = scan_file(found.gl_pathv[j], mirrors);
		globfree(&found);
	}
	return err ? err : mirrors->archive.uri.len ? 0 : -ENOENT;
}

static void write_stanza(const struct apt_mirror *mirror, const char *uri,
			 const char *suite, const char *tail, struct strbuf *out)
{
	strbuf_addf(out, "Types: deb\nURIs: %s\nSuites: %s%s\nComponents: main\n", uri,
		    suite, tail);
	if (mirror->signed_by.len)
		strbuf_addf(out, "Signed-By: %s\n", strbuf_str(&mirror->signed_by));
	if (mirror->trusted)
		strbuf_addstr(out, "Trusted: yes\n");
	strbuf_addch(out, '\n');
}

/* A machine without a security source: the archive's neighbour is the usual place. */
static void write_security(const struct apt_mirrors *mirrors, const char *suite,
			   struct strbuf *out)
{
	const struct apt_mirror *archive = &mirrors->archive;
	struct strbuf uri = STRBUF_INIT;
	size_t len = archive->uri.len;

	if (mirrors->security.uri.len) {
		write_stanza(&mirrors->security, mirrors->security.uri.buf, suite,
			     "-security", out);
		return;
	}
	while (len && archive->uri.buf[len - 1] == '/')
		len--;
	strbuf_add(&uri, archive->uri.buf, len);
	strbuf_addstr(&uri, "-security");
	write_stanza(archive, strbuf_str(&uri), suite, "-security", out);
	strbuf_pass_error(out, &uri);
	strbuf_release(&uri);
}

void apt_sources_write(const struct apt_mirrors *mirrors, const char *suite,
		       bool security, struct strbuf *out)
{
	write_stanza(&mirrors->archive, strbuf_str(&mirrors->archive.uri), suite, "",
		     out);
	if (security)
		write_security(mirrors, suite, out);
}

void apt_mirrors_release(struct apt_mirrors *mirrors)
{
	strbuf_release(&mirrors->archive.uri);
	strbuf_release(&mirrors->archive.signed_by);
	strbuf_release(&mirrors->security.uri);
	strbuf_release(&mirrors->security.signed_by);
	memset(mirrors, 0, sizeof(*mirrors));
}
