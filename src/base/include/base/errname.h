/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of errno values: 12 <-> "ENOMEM". */
#ifndef BASE_ERRNAME_H
#define BASE_ERRNAME_H

/** errname() - the symbolic name of @err (positive or negative), "E?" when it has none. */
const char *errname(int err);

/** errnum() - the positive errno value called @name; -1 when there is none. */
int errnum(const char *name);

#endif /* BASE_ERRNAME_H */
