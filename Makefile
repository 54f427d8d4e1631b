# SPDX-License-Identifier: GPL-2.0-or-later
all:
	meson setup build >/dev/null 2>&1 || true
	ninja -C build
