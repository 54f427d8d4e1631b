/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this machine gets Debian from, so that other suites can be had from the same
 * place. Reads both forms of apt's source lists: one line per source, and deb822
 * (.sources).
 */
#ifndef HOST_APT_SOURCES_INTERNAL_H
#define HOST_APT_SOURCES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <base/strbuf.h>

/**
 * struct apt_mirror - one place
 * @uri: empty when there is none
 * @signed_by: value of Signed-By as it stands in the source, several lines possible
 * @trusted: the source says trusted=yes
 * @score: how sure it is that this is Debian's own archive
 */
struct apt_mirror {
	struct strbuf uri;
	struct strbuf signed_by;
	bool trusted;
	unsigned int score;
};

/** struct apt_mirrors - the archive, and the security archive */
struct apt_mirrors {
	struct apt_mirror archive;
	struct apt_mirror security;
};

/**
 * apt_sources_scan() - take the best mirrors out of one source list.
 * @deb822: the text is of the form of .sources files
 * @mirrors: in and out: what earlier lists gave; all zero at first
 * Return: 0 or -ENOMEM. Text that makes no sense is passed over, as apt would complain
 * about it.
 */
int apt_sources_scan(const char *text, size_t len, bool deb822,
		     struct apt_mirrors *mirrors);

/** apt_sources_scan_machine() - all lists of this machine. Return: 0, -ENOENT for none,
 * -ENOMEM. */
int apt_sources_scan_machine(struct apt_mirrors *mirrors);

/** apt_sources_write() - a .sources file for @suite and, with @security, its security
 * suite. */
void apt_sources_write(const struct apt_mirrors *mirrors, const char *suite,
		       bool security, struct strbuf *out);

void apt_mirrors_release(struct apt_mirrors *mirrors);

#endif /* HOST_APT_SOURCES_INTERNAL_H */
