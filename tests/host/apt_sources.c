// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <base/rng.h>
#include <tap.h>

#include "apt_sources_internal.h"

static struct apt_mirrors scan(const char *text, bool deb822)
{
	struct apt_mirrors mirrors;

	memset(&mirrors, 0, sizeof(mirrors));
	(void)apt_sources_scan(text, strlen(text), deb822, &mirrors);
	return mirrors;
}

static void expect(const char *text, bool deb822, const char *archive,
		   const char *security, const char *name)
{
	struct apt_mirrors mirrors = scan(text, deb822);

	if (!tap_ok(!strcmp(strbuf_str(&mirrors.archive.uri), archive) &&
			    !strcmp(strbuf_str(&mirrors.security.uri), security),
		    "%s", name))
		printf("# '%s' '%s'\n", strbuf_str(&mirrors.archive.uri),
		       strbuf_str(&mirrors.security.uri));
	apt_mirrors_release(&mirrors);
}

static void test_lines(void)
{
	expect("deb http://a.example/debian bookworm main\n"
	       "deb http://s.example/debian-security bookworm-security main contrib\n",
	       false, "http://a.example/debian", "http://s.example/debian-security",
	       "two lines");
	expect("# deb http://no.example/debian bookworm main\n"
	       "deb-src http://no.example/debian bookworm main\n"
	       "deb cdrom:[Debian]/ bookworm main\n"
	       "deb http://no.example/debian bookworm contrib\n"
	       "deb http://no.example/debian jammy main\n",
	       false, "", "", "nothing usable");
	expect("deb http://other.example/tool bookworm main\n"
	       "deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian/ trixie main # "
	       "here\n",
	       false, "http://a.example/debian/", "", "Debian's own is preferred");
	expect("deb http://mirror.example/pub bookworm-updates main", false,
	       "http://mirror.example/pub", "", "no newline, another path");
	expect("deb [arch=amd64 http://a.example/debian bookworm main\n", false, "", "",
	       "open bracket");
}

static void test_deb822(void)
{
	expect("Types: deb deb-src\nURIs: http://a.example/debian\nSuites: bookworm\n"
	       " bookworm-updates\nComponents: main\n\nTypes: deb\n# remark\n"
	       "URIs: http://s.example/debian-security\nSuites: bookworm-security\n"
	       "components: main\n",
	       true, "http://a.example/debian", "http://s.example/debian-security",
	       "two stanzas");
	expect("Types: deb\nURIs: http://a.example/debian\nSuites: sid\nComponents: "
	       "main\n"
	       "Enabled: no\n",
	       true, "", "", "switched off");
	expect("Types: deb-src\nURIs: http://a.example/debian\nSuites: sid\nComponents: "
	       "main\n",
	       true, "", "", "sources only");
}

static void test_write(void)
{
	struct apt_mirrors mirrors =
		scan("Types: deb\nURIs: http://a.example/debian/\nSuites: bookworm\n"
		     "Components: main\nSigned-By:\n KEY\n .\n MORE\n",
		     true);
	struct strbuf out = STRBUF_INIT;
	struct apt_mirrors again;

	apt_sources_write(&mirrors, "sid", false, &out);
	tap_ok(!strcmp(strbuf_str(&out),
		       "Types: deb\nURIs: http://a.example/debian/\nSuites: "
		       "sid\nComponents: main\n"
		       "Signed-By: KEY\n .\n MORE\n\n"),
	       "another suite from the same place, with its key");
	strbuf_reset(&out);
	apt_sources_write(&mirrors, "bookworm", true, &out);
	again = scan(strbuf_str(&out), true);
	tap_ok(!strcmp(strbuf_str(&again.security.uri),
		       "http://a.example/debian-security"),
	       "the security archive is the archive's neighbour");
	strbuf_release(&out);
	apt_mirrors_release(&again);
	apt_mirrors_release(&mirrors);
}

static void test_noise(void)
{
	static const char alphabet[] =
		"deb [] :\n#=main bookworm http://x/debian Types URIs";
	struct apt_mirrors mirrors;
	struct rng rng;
	char text[200];
	unsigned int i, j;

	rng_seed(&rng, 7);
	for (i = 0; i < 50000; i++) {
		for (j = 0; j < sizeof(text) - 1; j++)
			text[j] = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		text[j] = 0;
		mirrors = scan(text, i % 2);
		apt_mirrors_release(&mirrors);
	}
	tap_ok(true, "survives noise");
}

int main(void)
{
	test_lines();
	test_deb822();
	test_write();
	test_noise();
	return tap_done();
}
