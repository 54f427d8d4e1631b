#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every script of scripts/ and some random ones on every kernel that can be had.

usage: real.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output)

What cannot be had (no QEMU, no network, no such package) is skipped by name, with the reason.
"""
import glob
import json
import os
import shutil
import sys
import tempfile

from verify_test import call, done, mutations, ok, skip

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
KERNELS = ['6.1', '6.12', '7.2']
RANDOM = 20
SEED = 3001
FEATURES = 'anon,shmem,file,thp,fork,mremap'
work = tempfile.mkdtemp(prefix='mmuscope-verify-')


def verify(name, *args):
    """A run on all kernels: one case per kernel and script."""
    got = call(BINARY, '--json', *args, timeout=3000, cwd=SOURCE)
    try:
        doc = json.loads(got.stdout)
    except ValueError:
        ok(False, name, got.returncode, got.stdout, got.stderr)
        return None
    ok(doc['status'] == got.returncode, f'{name}: the exit status is that in the result')
    for kernel in doc['kernels']:
        where = f"{name} on {kernel['kernel']}"
        if kernel['result'] == 'skipped':
            skip(where, kernel['skipped'])
            continue
        ok(not kernel['failure'], f"{where}: Linux {kernel['release']} came to its end",
           kernel['failure'])
        for script in kernel['scripts']:
            ok(script['result'] == 'equal',
               f"{where}: {script['file']}: {script['operations']} operations, "
               f"{script['events']} events", script['text'], script['log'])
    for minimal in doc['minimal']:
        print('# the smallest that differs:')
        for line in (minimal['script'] + minimal['text']).splitlines():
            print('#', line)
    return doc


def note_unrecorded(doc):
    """A kernel that is equal now may be put on record: tools/record-verified."""
    with open(os.path.join(SOURCE, 'docs', 'verified-kernels'), encoding='utf-8') as file:
        recorded = file.read().split()
    for kernel in doc['kernels']:
        if kernel['result'] == 'equal' and kernel['release'] not in recorded:
            print(f"# {kernel['release']} is not in docs/verified-kernels")


def test_wrong_models(folder, doc):
    """What was just recorded, changed as a wrong model would have it, is a difference each time."""
    for kernel in doc['kernels']:
        where = f"wrong models on {kernel['kernel']}"
        if kernel['result'] == 'skipped':
            skip(where, kernel['skipped'])
            continue
        caught, tried = {}, {}
        for script in kernel['scripts'][:6]:
            stream = os.path.join(folder, f"{script['file'][:-4]}.{kernel['kernel']}.stream")
            with open(stream) as file:
                lines = file.read().splitlines()
            for what, new in list(mutations(lines))[::5]:
                kind = what.split(':')[0]
                with open(stream, 'w') as file:
                    file.write('\n'.join(new) + '\n')
                got = call(BINARY, '--kernel', kernel['kernel'], '--json', '--from', folder)
                results = {os.path.basename(s['file']): s['result']
                           for s in json.loads(got.stdout)['kernels'][0]['scripts']}
                tried[kind] = tried.get(kind, 0) + 1
                caught[kind] = caught.get(kind, 0) + (results[script['file']] == 'different' and
                                                      got.returncode == 1)
            with open(stream, 'w') as file:
                file.write('\n'.join(lines) + '\n')
        ok(tried and caught == tried, f'{where}: {tried}', caught)


def main():
    try:
        scripts = sorted(os.path.relpath(path, SOURCE)
                         for path in glob.glob(os.path.join(SOURCE, 'scripts', '*.mms')))
        verify('scripts', *scripts)
        kept = os.path.join(work, 'kept')
        doc = verify('random', '--audit', '--random', str(RANDOM), '--seed', str(SEED), '--shrink',
                     '1', '--features', FEATURES, '--keep', kept)
        if doc:
            note_unrecorded(doc)
            test_wrong_models(kept, doc)
    finally:
        shutil.rmtree(work)
    done()


main()
