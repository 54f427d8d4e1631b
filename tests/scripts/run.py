#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every example script under every profile, and those with a guest under every kind of MMU, unless
they use what one kind of guest alone has.

usage: run.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output)

All runs are audited. What the audit must find, and nowhere else, is in FINDINGS. A budget (assert)
holds for the MMU that the script names; under another one it is not looked at. A profile that is
no kernel's has no expectations in the scripts: there the audit decides alone.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = Path(sys.argv[2]).resolve()
MMUS = ('tdp', 'direct', 'shadow', 'nested')
NOT_MODELLED = re.compile(r'error: (the model does not .*?):')
# Operations of one kind of guest only.
OWN_KIND = re.compile(r'^(l2_map|vmrun|guest_map|cr3)\s', re.M)
FINDING = re.compile(r'^[^:]+:(\d+): invariant (\d) broken', re.M)

# The lazy start of mprotect takes address 0 for "not started": from 3.15 on, in kernels only.
ZERO_START = ('linux-6.1', 'linux-6.12', 'linux-7.2')
# 1 GiB leaves are cleared as "bad pud" outside any notification: from 4.11 to 6.11.
PUD_CLEARED = ('linux-6.1',)

# script: (profiles, invariants found broken, the operation from which on)
FINDINGS = {
    'golden-v10-address-zero.mms': (ZERO_START, {4}, 'mprotect ram 4G r'),
    'golden-v11-address-zero-twice.mms': (ZERO_START, {4}, 'mprotect ram 4G r'),
    'address-zero.mms': (ZERO_START, {4}, 'mprotect ram 4M r'),
    'address-zero-memslots.mms': (ZERO_START, {4}, 'mprotect ram 4M r'),
    'dax-1g.mms': (PUD_CLEARED, {1, 2}, 'mprotect pmem 2G r'),
}


def profiles():
    """Names of all profiles, kernels and designs."""
    got = subprocess.run([BINARY, 'list', '--json', 'profiles'], capture_output=True, text=True,
                         check=True)
    return [item['name'] for item in json.loads(got.stdout)]


def line_of(path, operation):
    """The number of the line that holds just this operation."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if ' '.join(line.split()) == operation:
            return number
    return None


def execute(path, profile, mmu):
    command = [BINARY, 'run', '--json', '--audit', '--profile', profile]
    command += ['--mmu', mmu] if mmu else []
    return subprocess.run(command + [str(path)], capture_output=True, text=True, timeout=120)


def wrong_findings(path, profile, stderr):
    """What is wrong with the audit's findings; None if they are those of FINDINGS."""
    found = [(int(line), int(number)) for line, number in FINDING.findall(stderr)]
    kernels, invariants, operation = FINDINGS.get(path.name, ((), set(), None))
    if profile not in kernels:
        return f'the audit found {found}' if found else None
    if not found:
        return f'the audit did not find {invariants}'
    first = line_of(path, operation)
    if {number for _, number in found} != invariants or min(found)[0] != first:
        return f'the audit found {found}, not {invariants} from line {first} on'
    return None


def wrong_expectations(profile, mmu, script):
    """What did not hold; None if all did that count here."""
    if not profile.startswith('linux-'):
        return None
    budgets = script['failures'].count(': budget exceeded under ')
    failed = script['failed'] - (budgets if mmu else 0)
    return f"{failed} expectations failed\n{script['failures']}" if failed else None


def check(path, profile, mmu):
    name = f"{path.relative_to(SOURCE / 'scripts')} {profile}" + (f' as {mmu}' if mmu else '')
    got = execute(path, profile, mmu)
    missing = NOT_MODELLED.search(got.stderr)
    if got.returncode == 3 and missing:
        tap.skip(name, missing[1])
        return
    if got.returncode not in (0, 1):
        tap.ok(False, name, f'status {got.returncode}', got.stderr)
        return
    script = json.loads(got.stdout)['scripts'][0]
    wrong = [wrong_findings(path, profile, got.stderr), wrong_expectations(profile, mmu, script)]
    tap.ok(not any(wrong) and not script['error'], name, *filter(None, wrong), script['error'])


def designs_in(text):
    """The designs that the lines of a script name, each alone and all together."""
    listed = json.loads(subprocess.run([BINARY, 'list', '--json', 'designs'], capture_output=True,
                                       text=True, timeout=60).stdout)
    names = [row['name'] for row in listed]
    named = [name for name in names if re.search(rf'^\s*(>|assert)(\s\S+)*?\s{name}\s', text, re.M)]
    return named + ([','.join(names)] if named else [])


def counters(path, mmu, *more):
    got = subprocess.run([BINARY, 'run', '--json', *(['--mmu', mmu] if mmu else []), *more,
                          str(path)], capture_output=True, text=True, timeout=120)
    return json.loads(got.stdout)['scripts'][0]['counters'] if got.stdout else got.stderr


def check_watched(path, mmu):
    """Who listens to the events changes no counter."""
    quiet, watched = counters(path, mmu), counters(path, mmu, '--trace', os.devnull)
    name = f"{path.relative_to(SOURCE / 'scripts')}" + (f' as {mmu}' if mmu else '')
    tap.ok(quiet == watched, f'{name}: the same counts when traced', quiet, watched)


def check_design(path, profile, design):
    got = subprocess.run([BINARY, 'run', '--json', '--audit', '--profile', profile, '--design',
                          design, str(path)], capture_output=True, text=True, timeout=120)
    name = f"{path.relative_to(SOURCE / 'scripts')} {profile} with {design}"
    if not tap.ok(got.returncode == 0, name, got.stderr, got.stdout[-2000:]):
        return
    script = json.loads(got.stdout)['scripts'][0]
    tap.ok(script['checked'] > 0, f'{name}: lines that name it are checked')


def check_sweep(path):
    """A script with parameters: all combinations of their values."""
    got = subprocess.run([BINARY, 'sweep', '--json', '--audit', str(path)], capture_output=True,
                         text=True, timeout=120)
    if tap.ok(got.returncode == 0, path.relative_to(SOURCE / 'scripts'), got.stderr, got.stdout[-2000:]):
        doc = json.loads(got.stdout)
        tap.ok(len(doc['runs']) == doc['combinations'] > 1, f'{path.name}: all combinations ran')


def check_verdicts(path):
    """What a story says of its stalls under a shipped cost table is what run says."""
    text = path.read_text()
    table = re.search(r'^# Verdicts by (costs/\S+\.cost):$', text, re.M)
    lines = re.findall(r'^# verdict (.+?): (longest stretch .*)$', text, re.M)
    kernels = [name for name in profiles() if name.startswith('linux-')]
    if not tap.ok(table and sorted(sum((line[0].split() for line in lines), [])) == sorted(kernels),
                  f'{path.name}: a verdict for each kernel', lines):
        return
    for names, verdict in lines:
        for name in names.split():
            got = subprocess.run([BINARY, 'run', '--profile', name, '--cost', str(SOURCE / table[1]), str(path)],
                                 capture_output=True, text=True, timeout=120)
            tap.ok(verdict in got.stdout.splitlines(), f'{path.name} {name}: the verdict', verdict, got.stdout)


def main():
    scripts = sorted(SOURCE.glob('scripts/**/*.mms'))
    tap.ok(len(scripts) > 50, f'{len(scripts)} scripts')
    tap.ok(set(FINDINGS) <= {path.name for path in scripts}, 'findings are of scripts that exist',
           set(FINDINGS) - {path.name for path in scripts})
    for path in scripts:
        if path.parent.name == 'sweeps':
            check_sweep(path)
            continue
        if path.parent.name == 'stories':
            check_verdicts(path)
        guest = re.search(r'^vm\s', path.read_text(), re.M) and not OWN_KIND.search(path.read_text())
        for profile in profiles():
            for mmu in (None, *MMUS) if guest else (None,):
                check(path, profile, mmu)
        for mmu in MMUS if guest else (None,):
            check_watched(path, mmu)
        for design in designs_in(path.read_text()):
            for profile in ('linux-6.12', 'linux-7.2'):
                check_design(path, profile, design)
    return tap.done()


sys.exit(main())
