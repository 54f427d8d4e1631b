/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * <sys/mman.h>, and the advice of Linux that older C libraries do not know
 * (include/uapi/asm-generic/mman-common.h).
 */
#ifndef BASE_MMAN_H
#define BASE_MMAN_H

#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* 5.18 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* 6.1 */
#endif

#endif /* BASE_MMAN_H */
