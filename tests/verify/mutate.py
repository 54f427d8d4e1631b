#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison can fail: kept streams of real kernels, changed as a wrong model would have it.

usage: mutate.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output; needs no QEMU)
"""
import glob
import json
import os
import re
import shutil
import sys
import tempfile

from verify_test import call, change_pair, done, event, mutations, ok, pairs

BINARY = os.path.abspath(sys.argv[1])
STREAMS = os.path.join(os.path.abspath(sys.argv[2]), 'tests', 'verify', 'streams')
KERNELS = ['6.1', '6.12', '7.2']
work = tempfile.mkdtemp(prefix='mmuscope-verify-')


def fresh(name):
    """A folder with one script and its streams."""
    folder = os.path.join(work, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for path in glob.glob(os.path.join(STREAMS, name + '.*')):
        shutil.copy(path, folder)
    return folder


def with_stream(name, kernel, lines):
    folder = fresh(name)
    with open(os.path.join(folder, f'{name}.{kernel}.stream'), 'w') as file:
        file.write('\n'.join(lines) + '\n')
    return call(BINARY, '--from', folder)


def stream_of(name, kernel):
    with open(os.path.join(STREAMS, f'{name}.{kernel}.stream')) as file:
        return file.read().splitlines()


def script_line(lines, new):
    """The script's line of the operation in which two streams part."""
    line = 0
    for i, old in enumerate(lines):
        mark = re.match(r'op \d+ \d+ \S+?:(\d+): ', old)
        line = int(mark.group(1)) if mark else line
        if i >= len(new) or new[i] != old:
            return line
    return line


def test_unchanged(names):
    got = call(BINARY, '--from', STREAMS)
    ok(got.returncode == 0 and not got.stderr, 'the streams are equal as they are', got.stdout,
       got.stderr)
    doc = json.loads(call(BINARY, '--json', '--from', STREAMS).stdout)
    ok([kernel['kernel'] for kernel in doc['kernels']] == KERNELS, 'all kernels were compared')
    ok(all(len(kernel['scripts']) == len(names) and kernel['equal'] == len(names) and
           kernel['events'] > 50 and kernel['release'] for kernel in doc['kernels']),
       'with all scripts and their events', doc)
    for kernel, release in (('6.1', '6.1.'), ('6.12', '6.12.'), ('7.2', '7.')):
        column = next(k for k in doc['kernels'] if k['kernel'] == kernel)
        ok(column['release'].startswith(release) and column['profile'] == f'linux-{kernel}',
           f"{column['release']} is held against linux-{kernel}")


def expect_caught(name, kernel, what, lines, new):
    got = with_stream(name, kernel, new)
    line = script_line(lines, new)
    good = got.returncode == 1 and f'{name}.mms:{line}: ' in got.stdout and 'different' in got.stdout
    if not good:
        ok(False, f'{name} on {kernel}: {what}: caught in line {line}', got.returncode, got.stdout,
           got.stderr)
    return good


def test_wrong_models(names):
    """Each of the three mistakes, at every notification of every stream."""
    caught = {}
    for name in names:
        for kernel in KERNELS:
            lines = stream_of(name, kernel)
            for what, new in mutations(lines):
                kind = what.split(':')[0]
                nr = caught.setdefault(kind, [0, 0])
                nr[0] += expect_caught(name, kernel, what, lines, new)
                nr[1] += 1
    for kind in ('start rounded to 4 KiB', 'end short by a page', 'no split notification'):
        good, nr = caught.get(kind, (0, 0))
        ok(good == nr and nr >= 6, f'{kind}: caught {good} times of {nr}')


def other_mistakes(lines):
    for pair in pairs(lines)[:3]:
        def other_event(fields):
            fields[2], fields[5] = (0, 'UNMAP') if fields[2] else (1, 'CLEAR')
        yield 'another event', change_pair(lines, pair, other_event)
        yield 'an end that is missing', [line for i, line in enumerate(lines) if i != pair[1]]
        yield 'a pair too many', lines[:pair[1] + 1] + [lines[i] for i in pair] + lines[pair[1] + 1:]

        def shifted(fields):
            fields[3] -= 4096
        yield 'a start too early', change_pair(lines, pair, shifted)
    rets = [i for i, line in enumerate(lines) if line.startswith('ret ')]
    for i in rets[1:4]:
        new = list(lines)
        new[i] = 'ret 22 EINVAL'
        yield 'another errno', new
        yield 'an operation that did not return', [line for j, line in enumerate(lines) if j != i]
    neighbours = [(a, b) for a, b in zip(pairs(lines), pairs(lines)[1:])
                  if a[1] + 1 == b[0] and a[0] + 1 == a[1] and b[0] + 1 == b[1]]
    for a, b in neighbours:
        new = list(lines)
        new[a[0]:b[1] + 1] = [lines[i] for i in b + a]
        if new != lines:
            yield 'another order', new


def test_other_mistakes():
    seen = {}
    for name in ('split', 'fork'):
        lines = stream_of(name, '6.12')
        for what, new in other_mistakes(lines):
            good = expect_caught(name, '6.12', what, lines, new)
            seen[what] = seen.get(what, True) and good
    for what, good in seen.items():
        ok(good, f'{what}: caught')
    ok(len(seen) == 7, 'each kind was tried', seen)


def figures(lines):
    """Each of KVM's figures one too high: its name and the changed stream."""
    for i, line in enumerate(lines):
        fields = line.split()
        # of flushes only whether there was one counts where a walk may have yielded
        if fields[0] != 's' or fields[5] == 'remote_tlb_flush_requests':
            continue
        fields[4] = f'{int(fields[4], 16) + 1:x}'
        yield fields[5], lines[:i] + [' '.join(fields)] + lines[i + 1:]


def test_figures():
    seen = {}
    for name, kernel in (('nested-figures', '6.1'), ('shadow-figures', '7.2')):
        lines = stream_of(name, kernel)
        for figure, new in figures(lines):
            good = expect_caught(name, kernel, figure, lines, new)
            seen[figure] = seen.get(figure, True) and good
    for figure in ('pages_4k', 'mmu_cache_miss', 'mmu_unsync', 'pf_emulate', 'pf_spurious',
                   'mmu_pte_write', 'max_mmu_rmap_size', 'pf_taken', 'pf_fixed', 'pf_guest',
                   'invlpg'):
        ok(seen.get(figure), f'{figure} one too high: caught', seen)


def test_given_up_sync():
    """One kernel gave a synchronisation up and faulted again; whatever else that could be is caught."""
    name, kernel = 'sync-given-up', '6.12'
    lines = stream_of(name, kernel)
    fault = next(i for i, line in enumerate(lines) if i and line.startswith('k 1 kvm_page_fault') and
                 lines[i - 1].startswith('k 1 kvm_mmu_sync_page'))
    parent = lines[fault + 1]
    ok(parent in lines[fault - 20:fault] and parent.startswith('k 1 kvm_mmu_get_page'),
       'the stream has a fault that came twice', lines[fault - 20:fault + 3])

    def caught(what, new):
        expect = expect_caught(name, kernel, what, lines, new)
        ok(expect, f'a fault that came twice: {what}: caught')

    def changed(at, old, new):
        return lines[:at] + [lines[at].replace(old, new, 1)] + lines[at + 1:]

    words = lines[fault].split()
    caught('another address', changed(fault, words[5], f'{int(words[5], 16) + 4096:x}'))
    caught('another error code', changed(fault, f'{words[5]} 0', f'{words[5]} 2'))
    page = parent.split()
    caught('another page', changed(fault + 1, f' {page[3]} ', f' {int(page[3], 16) + 1:x} '))
    caught('a page that is made', changed(fault + 1, ' 0 0 0', ' 0 2 0'))
    caught('without that page', lines[:fault + 1] + lines[fault + 2:])
    caught('a synchronisation less', lines[:fault - 1] + lines[fault:])
    caught('a synchronisation more', lines[:fault] + [lines[fault - 1]] + lines[fault:])
    caught('an entry between', lines[:fault] + ['k 1 kvm_mmu_set_spte 8 821 1 0 0'] + lines[fault:])
    pair = lines[fault:fault + 2]
    caught('a third time without a synchronisation', lines[:fault + 2] + pair + lines[fault + 2:])
    once = lines[:fault] + lines[fault + 2:]
    caught('once, but counted twice', once)


def test_errno_is_shown():
    lines = stream_of('lazy', '6.1')
    new = ['ret 12 ENOMEM' if line.startswith('ret 22') else line for line in lines]
    got = with_stream('lazy', '6.1', new)
    ok(got.returncode == 1 and re.search(r'returned ENOMEM, linux-6\.1 EINVAL', got.stdout),
       'both errnos are shown', got.stdout)


def test_wrong_profile():
    for profile in KERNELS:
        doc = json.loads(call(BINARY, '--json', '--profile', f'linux-{profile}', '--from',
                              STREAMS).stdout)
        results = {kernel['kernel']: kernel['result'] for kernel in doc['kernels']}
        ok(results[profile] == 'equal', f'linux-{profile} is that of {profile}', results)
        other = '6.12' if profile == '6.1' else '6.1'
        ok(results[other] == 'different' and doc['status'] == 1,
           f'linux-{profile} is not that of {other}', results)
    got = call(BINARY, '--profile', 'linux-3.14', '--from', STREAMS)
    ok(got.returncode == 1, 'linux-3.14 is that of none', got.stdout)


def test_never_a_pass():
    lines = stream_of('lazy', '6.12')[:-1]
    for state, want in (('hang 0', 'did not come back'), ('panic 0', 'panicked'),
                        ('died 11', 'signal 11'), ('lost 7', 'lost 7 events'),
                        ('failed 12', 'ENOMEM'), ('not-run 0', 'not run')):
        got = with_stream('lazy', '6.12', lines + [f'state {state}'])
        ok(got.returncode == 1 and want in got.stdout and 'failed' in got.stdout,
           f'equal events and state {state}: failed', got.returncode, got.stdout)
    for log in ('BUG: Bad page map in process', 'kernel BUG at mm/memory.c:1!', 'Oops: 0000',
                'watchdog: BUG: soft lockup - CPU#0 stuck for 26s!'):
        got = with_stream('lazy', '6.12', lines + ['log ' + log, 'state ok 0'])
        ok(got.returncode == 1 and log in got.stdout, f'{log}: failed', got.stdout)
    log = 'mm/pgtable-generic.c:39: bad pud 0000000099c61def(84000001400008e7)'
    got = with_stream('lazy', '6.12', lines + ['log ' + log, 'state ok 0'])
    ok(got.returncode == 0 and log in got.stdout and 'lazy.mms' in got.stdout,
       'a bad pud is shown with its script and is no difference', got.returncode, got.stdout)
    got = with_stream('lazy', '6.12', lines)
    ok(got.returncode == 3 and 'lazy.6.12.stream:' in got.stderr, 'a stream that breaks off', got.stderr)


def test_folders():
    folder = fresh('lazy')
    os.unlink(os.path.join(folder, 'lazy.6.1.stream'))
    got = call(BINARY, '--from', folder)
    ok(got.returncode == 0 and '\n6.1 ' not in got.stdout, 'a kernel that was not kept is left out',
       got.stdout)
    got = call(BINARY, '--kernel', '6.1', '--from', folder)
    ok(got.returncode == 77 and 'no stream' in got.stdout, 'unless it is asked for', got.stdout)
    shutil.copy(os.path.join(STREAMS, 'split.mms'), folder)
    shutil.copy(os.path.join(STREAMS, 'split.6.1.stream'), folder)
    got = call(BINARY, '--from', folder)
    ok(got.returncode == 3 and 'lazy.mms: no stream' in got.stderr, 'a stream that is missing',
       got.stdout, got.stderr)
    empty = os.path.join(work, 'empty')
    os.mkdir(empty)
    got = call(BINARY, '--from', empty)
    ok(got.returncode == 3 and 'no kept script' in got.stderr, 'an empty folder', got.stderr)
    got = call(BINARY, '--from', os.path.join(work, 'nowhere'))
    ok(got.returncode == 3 and 'No such file' in got.stderr, 'no folder', got.stderr)
    folder = fresh('lazy')
    with open(os.path.join(folder, 'lazy.mms'), 'a') as file:
        file.write('mprotect a 4K r\n')
    got = call(BINARY, '--from', folder)
    ok(got.returncode != 0, 'the streams of a script that was changed', got.stdout, got.stderr)
    with open(os.path.join(folder, 'lazy.6.1.stream'), 'wb') as file:
        file.write(bytes(range(256)) * 40)
    got = call(BINARY, '--from', folder)
    ok(got.returncode == 3 and 'lazy.6.1.stream' in got.stderr, 'a stream that is none', got.stderr)


def main():
    names = sorted(os.path.basename(path)[:-4] for path in glob.glob(STREAMS + '/*.mms'))
    try:
        test_unchanged(names)
        test_wrong_models(names)
        test_other_mistakes()
        test_figures()
        test_given_up_sync()
        test_errno_is_shown()
        test_wrong_profile()
        test_never_a_pass()
        test_folders()
    finally:
        shutil.rmtree(work)
    done()


main()
