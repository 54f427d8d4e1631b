#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions that the three workloads of this folder execute, against those on record.

usage: bench/count.py [--write] [MMUSCOPE]        (build/mmuscope if not given)

Counts with valgrind's callgrind, which repeats to a few parts in ten thousand. They are those of
one compiler and one C library: instructions.txt names them, and with others the comparison is
skipped. A change of more than 5 % is for the commit that makes it to explain, and to record with
--write.

Exit status: 0 within 5 %, 1 not, 77 skipped (no valgrind, or another compiler).
"""
import os
import platform
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(HERE, 'instructions.txt')
WORKLOADS = ['dense', 'guest', 'calls']
LIMIT = 0.05


def skip(reason):
    print(f'skipped: {reason}')
    sys.exit(77)


def toolchain():
    """The compiler and the C library, as far as they decide how many instructions there are."""
    compiler = subprocess.run(['cc', '-dumpfullversion'], capture_output=True, text=True).stdout.strip()
    return f"cc {compiler}, {' '.join(platform.libc_ver())}, {platform.machine()}"


def count(binary, workload):
    script = os.path.join(HERE, workload + '.mms')
    run = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null',
                          binary, 'run', '--quiet', script], capture_output=True, text=True)
    found = re.search(r'Collected : (\d+)', run.stderr)
    if run.returncode or not found:
        sys.exit(f'{workload}: valgrind failed:\n{run.stderr}')
    return int(found.group(1))


def read_record():
    with open(RECORD) as file:
        lines = [line.split('#')[0].strip() for line in file]
    entries = dict(line.split(None, 1) for line in lines if line)
    return entries.pop('toolchain', ''), {name: int(value) for name, value in entries.items()}


def write_record(counts):
    with open(RECORD, 'w') as file:
        file.write('# SPDX-License-Identifier: GPL-2.0-or-later\n'
                   '# instructions per workload, written by bench/count.py --write\n'
                   f'toolchain {toolchain()}\n')
        file.writelines(f'{name} {counts[name]}\n' for name in WORKLOADS)


def main():
    args = [arg for arg in sys.argv[1:] if arg != '--write']
    binary = os.path.abspath(args[0] if args else 'build/mmuscope')
    write = '--write' in sys.argv
    if subprocess.run(['sh', '-c', 'command -v valgrind'], capture_output=True).returncode:
        skip('valgrind is not installed (package valgrind)')
    recorded_with, recorded = ('', {}) if write else read_record()
    if not write and recorded_with != toolchain():
        skip(f'recorded with {recorded_with}; this is {toolchain()}')
    counts = {name: count(binary, name) for name in WORKLOADS}
    if write:
        write_record(counts)
    changed = False
    for name in WORKLOADS:
        change = counts[name] / recorded[name] - 1 if recorded else 0
        changed |= abs(change) > LIMIT
        print(f'{name:8} {counts[name]:14,} {change:+8.2%}' + ('  CHANGED' if abs(change) > LIMIT else ''))
    return 1 if changed else 0


sys.exit(main())
