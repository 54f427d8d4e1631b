#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian packaging says what the rest of the tree says. tools/package.sh builds and tries it.

usage: metadata.py SOURCE_FOLDER VERSION   (TAP on standard output)
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

SOURCE, VERSION = Path(sys.argv[1]).resolve(), sys.argv[2]
# Every Debian machine that builds has these.
ESSENTIAL = {'gcc', 'libc6-dev', 'ninja-build'}


def read(name):
    return (SOURCE / name).read_text()


def test_control():
    control = read('debian/control')
    depends = re.search(r'^Build-Depends:(.*?)^\S', control, re.M | re.S)[1]
    depends = {re.match(r'\s*([\w.+-]+)', entry)[1] for entry in depends.split(',')}
    build = set(re.search(r'^build="(.*?)"', read('tools/setup.sh'), re.M | re.S)[1].split())
    missing = build - ESSENTIAL - depends
    tap.ok(not missing, 'the packages build with what tools/setup.sh installs', sorted(missing))
    packages = re.findall(r'^Package: (\S+)', control, re.M)
    installs = {path.stem for path in (SOURCE / 'debian').glob('*.install')}
    tap.ok(set(packages) == installs, 'every package gets files', sorted(set(packages) ^ installs))


def test_version():
    entry = re.match(r'mmuscope \((\S+)-\d+\) ', read('debian/changelog'))
    tap.ok(entry and entry[1] == VERSION, 'debian/changelog is of this version', VERSION)
    header = read('include/mmuscope/base.h')
    numbers = [re.search(rf'MS_VERSION_{part} (\d+)', header)[1] for part in ('MAJOR', 'MINOR', 'MICRO')]
    tap.ok('.'.join(numbers) == VERSION, 'so is the public header', numbers)


def test_symbols():
    listed = {}
    for version, body in re.findall(r'^(\w+\.[\w.]+) \{\s*global:(.*?)(?:local:.*?)?\}',
                                    read('src/api/libmmuscope.map'), re.M | re.S):
        listed[version] = version
        listed.update({name: version for name in re.findall(r'(\w+);', body)})
    packaged = dict(re.findall(r'^ (\w[\w.]*)@(\S+) ', read('debian/libmmuscope0.symbols'), re.M))
    tap.ok(listed == packaged, 'debian/libmmuscope0.symbols lists what the library exports',
           sorted(set(listed.items()) ^ set(packaged.items())))


def test_parse():
    for program, command in (('dpkg-parsechangelog', ['dpkg-parsechangelog']),
                             ('make', ['make', '-n', '-f', 'debian/rules', 'clean']),
                             ('bash', ['bash', '-n', 'tools/package.sh'])):
        if not shutil.which(program) or (program == 'make' and not shutil.which('dh')):
            tap.skip(f'{program} reads it', f'there is no {program}, or no debhelper')
            continue
        got = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
        tap.ok(got.returncode == 0 and not got.stderr, f'{" ".join(command)} has no complaint',
               got.stderr)


def main():
    test_control()
    test_version()
    test_symbols()
    test_parse()
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
