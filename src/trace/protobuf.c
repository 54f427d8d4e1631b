// SPDX-License-Identifier: GPL-2.0-or-later
#include "protobuf_internal.h"

#include <base/utf8.h>

#include <assert.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_LEN = 2 };

static void put_varint(struct protobuf *pb, uint64_t value)
{
	assert(pb->len + 10 <= PROTOBUF_MAX);
	for (; value >= 0x80; value >>= 7)
		pb->buf[pb->len++] = value | 0x80;
	pb->buf[pb->len++] = value;
}

void protobuf_uint(struct protobuf *pb, unsigned int field, uint64_t value)
{
	put_varint(pb, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(pb, value);
}

void protobuf_bytes(struct protobuf *pb, unsigned int field, const void *data, size_t len)
{
	put_varint(pb, (uint64_t)field << 3 | WIRE_LEN);
	put_varint(pb, len);
	assert(pb->len + len <= PROTOBUF_MAX);
	memcpy(pb->buf + pb->len, data, len);
	pb->len += len;
}

void protobuf_text(struct protobuf *pb, unsigned int field, const char *text, size_t len)
{
	unsigned char clean[PROTOBUF_TEXT_MAX];
	size_t from = 0, to = 0;

	while (from < len) {
		const unsigned char *s = (const unsigned char *)text + from;
		size_t n = utf8_len(s, len - from);

		if (to + (n ? n : 1) > sizeof(clean))
			break;
		if (!n || *s < ' ' || *s == 0x7f) {
			clean[to++] = '?';
			from++;
			continue;
		}
		memcpy(clean + to, s, n);
		to += n;
		from += n;
	}
	protobuf_bytes(pb, field, clean, to);
}

void protobuf_message(struct protobuf *pb, unsigned int field,
		      const struct protobuf *message)
{
	protobuf_bytes(pb, field, message->buf, message->len);
}
