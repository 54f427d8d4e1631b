// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <base/rng.h>
#include <tap.h>

#include "btf_internal.h"

#define KIND(kind, vlen) ((uint32_t)(kind) << 24 | (vlen))
#define KIND_FLAG (1u << 31)

/*
 * int; struct range { int a; union { int b; int c; }; int d:3, e:5; } with the union
 * anonymous; string offsets: 1 "int", 5 "range", 11 "a", 13 "b", 15 "c", 17 "d", 19 "e"
 */
static const char strings[] = "\0int\0range\0a\0b\0c\0d\0e";
static const uint32_t types[] = {
	1,
	KIND(1, 0),
	4,
	32,
	0,
	KIND(5, 2),
	4,
	13,
	1,
	0,
	15,
	1,
	0,
	5,
	KIND(4, 4) | KIND_FLAG,
	12,
	11,
	1,
	0,
	0,
	2,
	32,
	17,
	1,
	64 | 3u << 24,
	19,
	1,
	67 | 5u << 24,
};

struct blob {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len, type_off, type_len, str_off, str_len;
	uint32_t types[sizeof(types) / 4];
	char strings[sizeof(strings)];
};

#define BLOB_LEN (offsetof(struct blob, strings) + sizeof(strings))

static void fill(struct blob *blob)
{
	memset(blob, 0, sizeof(*blob));
	blob->magic = 0xeb9f;
	blob->version = 1;
	blob->hdr_len = 24;
	blob->type_len = sizeof(types);
	blob->str_off = sizeof(types);
	blob->str_len = sizeof(strings);
	memcpy(blob->types, types, sizeof(types));
	memcpy(blob->strings, strings, sizeof(strings));
}

static void test_members(void)
{
	struct blob blob;
	struct btf btf;
	uint32_t value = 77;

	fill(&blob);
	tap_eq(btf_open(&blob, BLOB_LEN, &btf), 0, "open");
	tap_ok(!btf_struct_member(&btf, "range", "a", &value) && value == 0,
	       "first member");
	tap_ok(!btf_struct_member(&btf, "range", "c", &value) && value == 4,
	       "member of an anonymous union");
	tap_ok(!btf_struct_member(&btf, "range", "d", &value) && value == 8,
	       "bit field on a byte");
	tap_eq(btf_struct_member(&btf, "range", "e", &value), -EINVAL,
	       "bit field within a byte");
	tap_eq(value, 8, "untouched on failure");
	tap_eq(btf_struct_member(&btf, "range", "x", &value), -ENOENT, "no such member");
	tap_eq(btf_struct_member(&btf, "range", "", &value), -ENOENT, "empty name");
	tap_eq(btf_struct_member(&btf, "int", "a", &value), -ENOENT, "not a struct");
	tap_ok(!btf_struct_size(&btf, "range", &value) && value == 12, "size");
}

static void test_broken(void)
{
	struct rng rng;
	struct blob blob;
	struct btf btf;
	unsigned int i, refused = 0;
	uint32_t value;
	size_t len;

	for (len = 0; len < BLOB_LEN; len++) {
		fill(&blob);
		refused += btf_open(&blob, len, &btf) == -EINVAL;
	}
	tap_eq(refused, BLOB_LEN, "every truncation is refused");
	rng_seed(&rng, 1);
	for (i = 0; i < 100000; i++) {
		fill(&blob);
		((unsigned char *)&blob)[rng_below(&rng, sizeof(blob))] = rng_next(&rng);
		((unsigned char *)&blob)[rng_below(&rng, sizeof(blob))] = rng_next(&rng);
		if (!btf_open(&blob, sizeof(blob), &btf))
			(void)btf_struct_member(&btf, "range", "c", &value);
	}
	tap_ok(true, "survives mutated blobs");
}

static void test_kernel(void)
{
	FILE *file = fopen("/sys/kernel/btf/vmlinux", "r");
	static char blob[16 << 20];
	struct btf btf;
	uint32_t start, end, size;
	size_t len;

	if (!file) {
		tap_skip("the running kernel's BTF", "there is none");
		return;
	}
	len = fread(blob, 1, sizeof(blob), file);
	fclose(file);
	if (btf_open(blob, len, &btf) ||
	    btf_struct_member(&btf, "mmu_notifier_range", "start", &start)) {
		tap_skip("the running kernel's BTF", "it knows no mmu_notifier_range");
		return;
	}
	tap_ok(!btf_struct_member(&btf, "mmu_notifier_range", "end", &end) &&
		       end == start + 8,
	       "end behind start");
	tap_ok(!btf_struct_size(&btf, "mmu_notifier_range", &size) && size > end, "size");
}

int main(void)
{
	test_members();
	test_broken();
	test_kernel();
	return tap_done();
}
