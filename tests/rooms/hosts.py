#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that the model cannot run on are refused when the build is set up, with the reason.

usage: hosts.py SOURCE_FOLDER              (TAP on standard output)

A cross file says that this machine's compiler makes programs for another host; nothing is built.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

SOURCE = Path(sys.argv[1]).resolve()
REASON = 'a 64-bit little-endian host is needed'
CROSS = """[binaries]
c = {compiler}
ar = 'ar'
strip = 'strip'
pkg-config = 'pkg-config'

[properties]
skip_sanity_check = true

[host_machine]
system = 'linux'
cpu_family = '{family}'
cpu = '{family}'
endian = '{endian}'
"""


def setup(folder, compiler, family, endian):
    cross = Path(folder, 'cross.ini')
    cross.write_text(CROSS.format(compiler=compiler, family=family, endian=endian))
    env = {name: value for name, value in os.environ.items() if name not in ('CFLAGS', 'LDFLAGS')}
    return subprocess.run(['meson', 'setup', '--cross-file', cross, Path(folder, 'build'), SOURCE],
                          capture_output=True, text=True, timeout=300, env=env)


def refused(name, *host):
    with tempfile.TemporaryDirectory(prefix='mmuscope-host-') as folder:
        got = setup(folder, *host)
    tap.ok(got.returncode != 0 and REASON in got.stdout, f'a {name} host is refused with the reason',
           got.stdout[-2000:], got.stderr)


def compiles(flag):
    return subprocess.run(['cc', flag, '-x', 'c', '-c', '-o', os.devnull, '-'], input='int x;\n',
                          capture_output=True, text=True).returncode == 0


def main():
    if not shutil.which('meson') or not shutil.which('cc'):
        tap.skip('hosts', 'no meson or no cc')
        return tap.done()
    refused('big-endian', "'cc'", 's390x', 'big')
    if compiles('-m32'):
        refused('32-bit', "['cc', '-m32']", 'x86', 'little')
    else:
        tap.skip('a 32-bit host is refused', 'cc has no -m32')
    return tap.done()


sys.exit(main())
