#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs the Debian packages that a purpose needs and that are not there yet, as root or
# through sudo without a password; otherwise prints the command to run and fails.
#
# usage: tools/setup.sh build|check|browser|sweep|emulate|fuzz|package|ci...

set -eu

build="gcc libc6-dev meson ninja-build pkg-config libsmartcols-dev libzstd-dev libbsd-dev"
build="$build libsqlite3-dev libmd-dev libtracecmd-dev libtracefs-dev libtraceevent-dev"
# Tests in Python; compressed recordings of kernels' modules are unpacked with xz.
check="python3"
# The manual; real kernels to compare the model with; decoding traces; C++, completion and licences as
# users and packagers meet them. Without them parts of the tests skip.
check_optional="scdoc man-db qemu-system-x86 xz-utils protobuf-compiler g++ bash-completion reuse"
# Sweeps over many machines: GNU parallel, and a Slurm of one node; where it is asked for, and in CI.
sweep="parallel slurmctld slurmd slurm-client munge"
# The report in a real browser: 300 MB, so only where it is asked for, and in CI.
browser="chromium chromium-driver fonts-dejavu-core"
# A processor with AVX-512, emulated: tools/avx512.sh.
emulate="bochs bochs-term bochsbios vgabios grub-common grub-pc-bin xorriso mtools cpio"
fuzz="clang llvm libclang-rt-14-dev"
# The Debian packages, checked and tried in a clean system.
package="dpkg-dev debhelper fakeroot git lintian scdoc man-db python3"
package_optional="debootstrap"

install="apt-get install -y --no-install-recommends"

say()
{
	echo "setup: $*" >&2
}

# Those of the given packages that are not installed.
missing()
{
	dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk -v want="$*" '
		$2 == "installed" { have[$1] = 1 }
		END {
			n = split(want, names, " ")
			for (i = 1; i <= n; i++)
				if (!have[names[i]])
					printf "%s%s", sep++ ? " " : "", names[i]
		}'
}

# The command in front of apt-get: nothing for root, sudo; fails when neither is possible.
become_root()
{
	if [ "$(id -u)" = 0 ]; then
		echo env
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		echo sudo -n env
	else
		return 1
	fi
}

have_lists()
{
	for list in /var/lib/apt/lists/*Packages*; do
		[ -e "$list" ] && return 0
	done
	return 1
}

# apt-get with the arguments given, its output shown only when it fails.
apt()
{
	log=$(mktemp)
	if $root DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
		>"$log" 2>&1 </dev/null; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	return 1
}

install_packages()
{
	say "installing $*"
	have_lists || apt update || return 1
	apt install --no-install-recommends "$@" && return 0
	say "updating the package lists and trying again"
	apt update && apt install --no-install-recommends "$@"
}

required=$build optional=
for purpose in "$@"; do
	case $purpose in
	build) ;;
	check) required="$required $check" optional="$optional $check_optional" ;;
	browser) optional="$optional $browser" ;;
	sweep) optional="$optional $sweep" ;;
	emulate) optional="$optional $emulate" ;;
	fuzz) required="$required $fuzz" ;;
	package) required="$required $package" optional="$optional $package_optional" ;;
	ci)
		required="$required $check $fuzz"
		optional="$optional $check_optional $browser $sweep $emulate $package"
		optional="$optional $package_optional" ;;
	*) echo "usage: tools/setup.sh build|check|browser|sweep|emulate|fuzz|package|ci..." >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	say "not a Debian system; these Debian packages' contents are needed: $required"
	exit 0
fi
need=$(missing $required)
want=$(missing $required $optional)
[ -n "$want" ] || exit 0

if ! root=$(become_root); then
	if [ -z "$need" ]; then
		say "for the tests that use them, as root: $install $want"
		exit 0
	fi
	say "not installed: $need"
	say "run this as root, then try again:"
	echo "    apt-get update && $install $want" >&2
	exit 1
fi
if [ -n "$need" ]; then
	install_packages $need || { say "could not install $need"; exit 1; }
fi
extra=$(missing $optional)
if [ -n "$extra" ]; then
	install_packages $extra || say "could not install $extra; the tests that use them skip"
fi
