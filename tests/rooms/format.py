#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every C file is as clang-format wants it, by .clang-format.

usage: format.py SOURCE_FOLDER   (TAP on standard output)

Versions of clang-format differ: the one of .clang-format's first line decides.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

# Set once the whole tree is formatted ("make format"); from then on a file that is not is a failure.
ENFORCED = False
SOURCE = Path(sys.argv[1]).resolve()


def skip(why):
    tap.skip('clang-format', why)
    return tap.done()


def main():
    if not ENFORCED:
        return skip('the tree is not formatted as a whole yet')
    if not shutil.which('clang-format'):
        return skip('there is no clang-format')
    wanted = re.search(r'clang-format (\d+)', (SOURCE / '.clang-format').read_text())[1]
    version = subprocess.run(['clang-format', '--version'], capture_output=True, text=True,
                             check=True).stdout
    if f'version {wanted}.' not in version:
        return skip(f'version {wanted} is needed, this is: {version.strip()}')
    listed = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z', '*.c', '*.h'],
                            cwd=SOURCE, capture_output=True, text=True, check=False)
    files = [name for name in listed.stdout.split('\0') if name and (SOURCE / name).is_file()]
    if listed.returncode or not files:
        return skip('git does not know this folder')
    got = subprocess.run(['clang-format', '--dry-run', '-Werror', '--style=file', *files],
                         cwd=SOURCE, capture_output=True, text=True, check=False)
    bad = set(re.findall(r'^(\S+?):\d+:\d+: error', got.stderr, re.M))
    for name in files:
        tap.ok(name not in bad, f'{name} is formatted')
    tap.ok(got.returncode == 0 or bad, 'clang-format ran', got.stderr)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
