#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces for Perfetto, decoded by protobuf's own tool with the part of the schema beside this file.

usage: perfetto.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output)
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ('one-touched-page-512g', 'guest-refaults', 'guest-cow-retry', 'kvm-shadow', 'kvm-tdp',
           'cow-after-forkwait', 'fork-which-vmas', 'address-zero', 'guest-two-vms', 'truncate-twice')


def parse(lines):
    """protoc's text form: a list of (name, value), a value being a string or such a list."""
    fields = []
    for line in lines:
        line = line.strip()
        if line == '}':
            return fields
        if line.endswith('{'):
            fields.append((line[:-2], parse(lines)))
        else:
            fields.append(tuple(line.split(': ', 1)))
    return fields


def get(fields, name, default=None):
    return next((value for key, value in fields if key == name), default)


class Trace:
    def __init__(self, data):
        got = subprocess.run(['protoc', '--proto_path=' + HERE, '--decode=Trace', 'perfetto.proto'], input=data,
                             capture_output=True)
        self.text = got.stdout.decode()
        self.ok = got.returncode == 0 and not got.stderr
        self.packets = [value for _, value in parse(iter(self.text.splitlines()))]
        self.tracks, self.events = {}, []
        for packet in self.packets:
            track, event = get(packet, 'track_descriptor'), get(packet, 'track_event')
            if track:
                self.tracks[get(track, 'uuid')] = get(track, 'name')[1:-1]
            if event:
                self.events.append((int(get(packet, 'timestamp')), get(event, 'type'),
                                    self.tracks.get(get(event, 'track_uuid')), event))

    def slices(self, track):
        """(begin, end or None, event) of a track; None when its slices do not nest."""
        found, stack = [], []
        for at, kind, name, event in self.events:
            if name != track or kind not in ('TYPE_SLICE_BEGIN', 'TYPE_SLICE_END'):
                continue
            if kind == 'TYPE_SLICE_BEGIN':
                stack.append(len(found))
                found.append([at, None, event])
            elif not stack or at < found[stack[-1]][0]:
                return None
            else:
                found[stack.pop()][1] = at
        return found


def trace(path, *args):
    out = os.path.join(work, 'out.pftrace')
    got = subprocess.run([BINARY, 'run', '-q', '--trace', out, *args, path], cwd=SOURCE, capture_output=True,
                         text=True)
    tap.ok(got.returncode in (0, 1), f"run {' '.join(args)} {os.path.basename(path)}", got.stderr)
    with open(out, 'rb') as file:
        return file.read()


def events(path, name):
    got = subprocess.run([BINARY, 'run', '--trace', '-', path], cwd=SOURCE, capture_output=True, text=True)
    return len(re.findall(rf': {name}:', got.stdout))


def test_script(name):
    path = f'scripts/{name}.mms'
    found = Trace(trace(path))
    tap.ok(found.ok and not re.search(r'^ *\d+:', found.text, re.M), f'{name}: no field is unknown')
    tap.ok(all(track for _, _, track, _ in found.events), f'{name}: every track was described before')
    nest = {track: found.slices(track) for track in found.tracks.values()}
    tap.ok(all(slices is not None for slices in nest.values()), f'{name}: slices nest')
    told = [one for track, slices in nest.items() if track.startswith('notifications') for one in slices]
    tap.ok(len(told) == events(path, 'mmu_notifier_invalidate_range_start'), f'{name}: every notification')
    unended = events(path, 'mmu_notifier_invalidate_range_start') - \
        events(path, 'mmu_notifier_invalidate_range_end')
    tap.ok(sum(one[1] is None for one in told) == unended, f'{name}: ended as often as in the stream', unended)
    tap.ok(len(nest['operations']) == events(path, 'tracing_mark_write') and
           all(one[1] is not None for one in nest['operations']), f'{name}: every operation')
    tap.ok(len(nest['walks']) == events(path, 'kvm_unmap_hva_range') and
           all(one[1] is not None and one[1] > one[0] for one in nest['walks']), f'{name}: every walk')
    inside = all(any(op[0] <= one[0] and (one[1] or one[0]) <= op[1] for op in nest['operations'])
                 for one in told + nest['walks'])
    tap.ok(inside, f'{name}: each within an operation')


def test_numbers():
    found = Trace(trace('scripts/one-touched-page-512g.mms'))
    ops = found.slices('operations')
    tap.ok(get(ops[4][2], 'name') == '"mprotect ram 512G r"', 'an operation has its text')
    counted = 134480384 * 1.23 + 31
    walk = found.slices('walks')[0]
    tap.ok(abs((walk[1] - walk[0]) - 134480384 * 1.23) < 2, 'a walk takes what its heads cost', walk)
    tap.ok(abs((ops[4][1] - ops[4][0]) - counted) < 10, 'and its operation a page more', ops[4])
    scanned = [int(get(event, 'counter_value')) for _, kind, track, event in found.events
               if kind == 'TYPE_COUNTER' and track == 'reverse-map heads scanned']
    tap.ok(scanned == [0, 134480384, 268960768], 'the counter', scanned)
    found = Trace(trace('scripts/guest-refaults.mms'))
    zaps = [event for _, kind, track, event in found.events if kind == 'TYPE_INSTANT' and track == 'zaps']
    tap.ok(len(zaps) == 16, '16 SPTEs are zapped', len(zaps))
    tap.ok(trace('scripts/guest-refaults.mms') == trace('scripts/guest-refaults.mms'), 'the same bytes again')


def test_hostile():
    path = os.path.join(work, '\u202e"\n\\x}\x1b.mms')
    with open(path, 'w') as file:
        file.write('map ram 0x100000000000 4K rw anon private\n')
    found = Trace(trace(path))
    tap.ok(found.ok and len(found.slices('operations')) == 1, 'a hostile name')
    path = os.path.join(work, 'long.mms')
    with open(path, 'w') as file:
        file.write('map ram 0x100000000000 4K rw anon ' + 'private ' * 2000 + '\n')
    got = subprocess.run([BINARY, 'run', '-q', '--trace', os.path.join(work, 'l.pftrace'), path],
                         capture_output=True)
    tap.ok(got.returncode in (0, 3), 'a line of 16 KB', got.stderr[:200])
    got = subprocess.run([BINARY, 'run', '--trace', 'x/y.pftrace', 'scripts/brk.mms'], cwd=SOURCE,
                         capture_output=True)
    tap.ok(got.returncode == 3 and b'No such file' in got.stderr, 'a folder that is not there', got.stderr)


def main():
    global work
    if not shutil.which('protoc'):
        tap.skip('traces for Perfetto', 'protoc not found (Debian: protobuf-compiler)')
        return tap.done()
    work = tempfile.mkdtemp(prefix='mmuscope-perfetto-')
    try:
        for name in SCRIPTS:
            test_script(name)
        test_numbers()
        test_hostile()
    finally:
        shutil.rmtree(work)
    return tap.done()


sys.exit(main())
