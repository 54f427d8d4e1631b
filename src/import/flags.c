// SPDX-License-Identifier: GPL-2.0-or-later
/* The names that strace writes for the bits and numbers of memory calls (x86-64). */
#include "import_internal.h"

#include <string.h>

#include <script/script.h>

struct word {
	const char *name;
	uint64_t value;
};

static const struct word prot_words[] = {
	{ "PROT_NONE", 0 }, { "PROT_READ", 1 }, { "PROT_WRITE", 2 }, { "PROT_EXEC", 4 },
	{ "PROT_SEM", 8 }, { "PROT_GROWSDOWN", 0x01000000 }, { "PROT_GROWSUP", 0x02000000 },
	{ NULL, 0 },
};

static const struct word map_words[] = {
	{ "MAP_PRIVATE", 0x02 }, { "MAP_ANONYMOUS", 0x20 }, { "MAP_FIXED", 0x10 },
	{ "MAP_NORESERVE", 0x4000 }, { "MAP_SHARED", 0x01 }, { "MAP_SHARED_VALIDATE", 0x03 },
	{ "MAP_DENYWRITE", 0x0800 }, { "MAP_STACK", 0x20000 }, { "MAP_POPULATE", 0x8000 },
	{ "MAP_HUGETLB", 0x40000 }, { "MAP_GROWSDOWN", 0x0100 }, { "MAP_EXECUTABLE", 0x1000 },
	{ "MAP_LOCKED", 0x2000 }, { "MAP_NONBLOCK", 0x10000 }, { "MAP_32BIT", 0x40 },
	{ "MAP_SYNC", 0x80000 }, { "MAP_FIXED_NOREPLACE", 0x100000 }, { "MAP_FILE", 0 },
	{ "MAP_UNINITIALIZED", 0x4000000 }, { "MAP_HUGE_2MB", 21ULL << 26 },
	{ "MAP_HUGE_1GB", 30ULL << 26 }, { "MAP_ABOVE4G", 0x80 }, { "MAP_DROPPABLE", 0x08 },
	{ NULL, 0 },
};

static const struct word mremap_words[] = {
	{ "MREMAP_MAYMOVE", 1 }, { "MREMAP_FIXED", 2 }, { "MREMAP_DONTUNMAP", 4 }, { NULL, 0 },
};

static const struct word clone_words[] = {
	{ "CLONE_VM", 0x100 }, { "CLONE_VFORK", 0x4000 }, { "CLONE_THREAD", 0x10000 }, { NULL, 0 },
};

static const struct word advice_words[] = {
	{ "MADV_NORMAL", 0 }, { "MADV_RANDOM", 1 }, { "MADV_SEQUENTIAL", 2 },
	{ "MADV_WILLNEED", 3 }, { "MADV_DONTNEED", 4 }, { "MADV_FREE", 8 }, { "MADV_REMOVE", 9 },
	{ "MADV_DONTFORK", 10 }, { "MADV_DOFORK", 11 }, { "MADV_MERGEABLE", 12 },
	{ "MADV_UNMERGEABLE", 13 }, { "MADV_HUGEPAGE", 14 }, { "MADV_NOHUGEPAGE", 15 },
	{ "MADV_DONTDUMP", 16 }, { "MADV_DODUMP", 17 }, { "MADV_WIPEONFORK", 18 },
	{ "MADV_KEEPONFORK", 19 }, { "MADV_COLD", 20 }, { "MADV_PAGEOUT", 21 },
	{ "MADV_POPULATE_READ", 22 }, { "MADV_POPULATE_WRITE", 23 },
	{ "MADV_DONTNEED_LOCKED", 24 }, { "MADV_COLLAPSE", 25 }, { NULL, 0 },
};

static const struct word policy_words[] = {
	{ "MPOL_DEFAULT", 0 }, { "MPOL_PREFERRED", 1 }, { "MPOL_BIND", 2 },
	{ "MPOL_INTERLEAVE", 3 }, { "MPOL_LOCAL", 4 }, { "MPOL_F_STATIC_NODES", 0x8000 },
	{ "MPOL_F_RELATIVE_NODES", 0x4000 }, { "MPOL_F_NUMA_BALANCING", 0x2000 }, { NULL, 0 },
};

static const struct word mbind_words[] = {
	{ "MPOL_MF_STRICT", 1 }, { "MPOL_MF_MOVE", 2 }, { "MPOL_MF_MOVE_ALL", 4 }, { NULL, 0 },
};

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static size_t scan_digits(const char *s, size_t len, unsigned int base, uint64_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len && digit_of(s[i]) < (int)base; i++) {
		if (*value > (UINT64_MAX - 15) / base)
			return 0;
		*value = *value * base + digit_of(s[i]);
	}
	return i;
}

bool imp_parse_hex(const char *s, size_t len, uint64_t *ret_value)
{
	uint64_t value;

	if (len > 2 && s[0] == '0' && s[1] == 'x')
		s += 2, len -= 2;
	if (!len || scan_digits(s, len, 16, &value) != len)
		return false;
	*ret_value = value;
	return true;
}

/* The number that @s begins with and how long it is; 0 when it is none. */
static size_t number_at(const char *s, size_t len, uint64_t *value)
{
	size_t n;

	if (len > 2 && s[0] == '0' && s[1] == 'x') {
		n = scan_digits(s + 2, len - 2, 16, value);
		return n ? n + 2 : 0;
	}
	return scan_digits(s, len, 10, value);
}

bool imp_parse_number(const char *s, size_t len, uint64_t *ret_value)
{
	bool minus = len && s[0] == '-';
	uint64_t value;
	size_t n;

	if (len == 4 && !memcmp(s, "NULL", 4)) {
		*ret_value = 0;
		return true;
	}
	s += minus;
	len -= minus;
	n = number_at(s, len, &value);
	/* "8</dev/kvm>" and "0x3 / * NAME * /" carry an annotation */
	if (!n || (n < len && s[n] != '<' && s[n] != ' '))
		return false;
	*ret_value = minus ? -value : value;
	return true;
}

static const struct word *find_word(const struct word *words, const char *s, size_t len)
{
	for (; words->name; words++)
		if (strlen(words->name) == len && !memcmp(words->name, s, len))
			return words;
	return NULL;
}

/* NAME|0x10|21<<MAP_HUGE_SHIFT, or a number with the names in a comment. */
static bool parse_words(const struct word *words, bool lenient, const char *s, size_t len,
			uint64_t *ret_value)
{
	uint64_t all = 0, value;

	if (!len)
		return false;
	while (len) {
		const char *bar = memchr(s, '|', len);
		size_t n = bar ? (size_t)(bar - s) : len;
		size_t digits = number_at(s, n, &value);
		const struct word *word = digits ? NULL : find_word(words, s, n);

		if (digits && digits + 2 < n && s[digits] == '<' && s[digits + 1] == '<')
			value = value < 64 ? value << MAP_HUGE_SHIFT_BITS : 0;
		else if (digits && digits < n && s[digits] == ' ')
			n = len; /* what follows is the comment */
		else if (word)
			value = word->value;
		else if (!digits && lenient)
			value = 0;
		else if (!digits || digits < n)
			return false;
		all |= value;
		s += n + (n < len);
		len -= n + (n < len);
	}
	*ret_value = all;
	return true;
}

bool imp_parse_prot(const char *s, size_t len, uint64_t *ret_prot)
{
	return parse_words(prot_words, false, s, len, ret_prot);
}

bool imp_parse_map_flags(const char *s, size_t len, uint64_t *ret_flags)
{
	return parse_words(map_words, false, s, len, ret_flags);
}

bool imp_parse_mremap_flags(const char *s, size_t len, uint64_t *ret_flags)
{
	return parse_words(mremap_words, false, s, len, ret_flags);
}

bool imp_parse_clone_flags(const char *s, size_t len, uint64_t *ret_flags)
{
	return parse_words(clone_words, true, s, len, ret_flags);
}

bool imp_parse_advice(const char *s, size_t len, uint64_t *ret_advice)
{
	return parse_words(advice_words, false, s, len, ret_advice);
}

bool imp_parse_policy(const char *s, size_t len, uint64_t *ret_policy)
{
	return parse_words(policy_words, false, s, len, ret_policy);
}

bool imp_parse_mbind_flags(const char *s, size_t len, uint64_t *ret_flags)
{
	return parse_words(mbind_words, false, s, len, ret_flags);
}

const char *imp_advice_name(uint64_t advice)
{
	const enum script_advice found = script_advice_find(advice);

	return found < SCRIPT_MADV_NR ? script_advice_name(found) : NULL;
}

const char *imp_policy_name(uint64_t policy)
{
	static const char *const names[] = { "default", "preferred", "bind", "interleave",
					     "local" };

	policy &= ~0xe000ULL; /* MPOL_F_*: what becomes of the nodes when the set changes */
	return policy < sizeof(names) / sizeof(names[0]) ? names[policy] : NULL;
}
