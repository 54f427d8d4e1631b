#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the Debian packages from what git tracks (with the changes in the work tree), checks them
# with lintian, and with --install tries them in a clean system.
#
# usage: tools/package.sh [--install] [OUTPUT_FOLDER]
#
# --install makes a minimal Debian of the running release with debootstrap, from the mirror that this
# machine uses, installs the packages there, and runs the program, the manual and the examples; it
# needs root. Exit status 77: something is missing, and it says what.

set -eu

cd "$(dirname "$0")/.."
tool=package
. tools/quietly.sh
install=
if [ "${1:-}" = --install ]; then
	install=1
	shift
fi
output=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

need()
{
	for program in "$@"; do
		command -v "$program" >/dev/null && continue
		echo "package: skipped: there is no $program (tools/setup.sh package)" >&2
		exit 77
	done
}

build()
{
	mkdir "$work/mmuscope"
	git -c safe.directory='*' ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$work/mmuscope"
	(cd "$work/mmuscope" && quietly dpkg-buildpackage -us -uc -b)
	echo "package: built $(cd "$work" && echo *.deb)"
}

lint()
{
	lintian --allow-root --fail-on error --tag-display-limit 0 "$work"/*.changes ||
		{ echo "package: lintian found errors" >&2; exit 1; }
	echo "package: lintian found no error"
}

# The release and the mirror of this machine's own package lists.
mirror()
{
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v want="$1" '$2 == want { print $1; exit }'
}

in_root()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive chroot "$work/root" "$@"
}

try_installed()
{
	examples=/usr/share/doc/mmuscope/examples
	in_root mmuscope --version
	in_root mmuscope run --profile linux-6.1 --quiet $examples/one-touched-page-512g.mms
	in_root mmuscope compare --mmu tdp,shadow $examples/one-touched-page-512g.mms
	in_root sh -c "cd /tmp && mmuscope import strace -o qemu.mms \
		$examples/recordings/qemu-kvm.strace.zst && mmuscope compare --mmu tdp qemu.mms"
	in_root sh -c 'cp -r /usr/share/doc/libmmuscope-dev/examples /tmp/examples &&
		make -s -C /tmp/examples && cd /tmp/examples && ./notifier && ./script && ./vm'
	for page in man1/mmuscope-run.1 man5/mmuscope-script.5 man3/ms_mm_mprotect.3; do
		test -e "$work/root/usr/share/man/$page.gz"
	done
	test -e "$work/root/usr/share/bash-completion/completions/mmuscope"
}

try_clean()
{
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	url=$(mirror "$release")
	if [ -z "$url" ]; then
		echo "package: skipped: no mirror of $release is known here" >&2
		exit 77
	fi
	quietly debootstrap --variant=minbase "$release" "$work/root" "$url"
	# a minimal system leaves the manual out where it is told to; ours is to be seen
	rm -f "$work"/root/etc/dpkg/dpkg.cfg.d/*
	mkdir "$work/root/debs"
	cp "$work"/mmuscope_*.deb "$work"/libmmuscope0_*.deb "$work"/libmmuscope-dev_*.deb \
		"$work/root/debs"
	quietly in_root sh -c 'apt-get install -y --no-install-recommends /debs/*.deb gcc libc6-dev \
		make pkg-config'
	quietly try_installed
	quietly in_root apt-get purge -y mmuscope libmmuscope-dev libmmuscope0
	left=$(find "$work/root/usr" "$work/root/etc" "$work/root/var/lib/mmuscope" \
		-name '*mmuscope*' 2>/dev/null || true)
	[ -z "$left" ] || { echo "package: left after purge: $left" >&2; exit 1; }
	echo "package: installed, used and purged in a clean $release"
}

need git dpkg-buildpackage dh lintian
build
lint
if [ -n "$install" ]; then
	[ "$(id -u)" = 0 ] || { echo "package: skipped: --install needs root" >&2; exit 77; }
	need debootstrap
	try_clean
fi
if [ -n "$output" ]; then
	mkdir -p "$output"
	cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$output"
fi
