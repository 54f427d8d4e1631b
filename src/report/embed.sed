# SPDX-License-Identifier: GPL-2.0-or-later
# Each line as a string of C.
s/[\\"]/\\&/g
s/.*/"&\\n"/
