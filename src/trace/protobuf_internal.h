/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protobuf's wire format: messages of a bounded size, built from the inside out. */
#ifndef TRACE_PROTOBUF_INTERNAL_H
#define TRACE_PROTOBUF_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#define PROTOBUF_MAX 8192
/* Longest text put into one; the rest is cut off. */
#define PROTOBUF_TEXT_MAX 4096

/** struct protobuf - a message, or a part of one; PROTOBUF_MAX bytes are room enough here */
struct protobuf {
	size_t len;
	unsigned char buf[PROTOBUF_MAX];
};

void protobuf_uint(struct protobuf *pb, unsigned int field, uint64_t value);
void protobuf_bytes(struct protobuf *pb, unsigned int field, const void *data, size_t len);
/** protobuf_text() - what is not UTF-8, and control characters, become '?'. */
void protobuf_text(struct protobuf *pb, unsigned int field, const char *text, size_t len);
void protobuf_message(struct protobuf *pb, unsigned int field, const struct protobuf *message);

#endif /* TRACE_PROTOBUF_INTERNAL_H */
