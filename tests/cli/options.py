#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Options and parameters: what is given has an effect or is refused.

usage: options.py MMUSCOPE SOURCE_FOLDER    (TAP on standard output)
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from tap import done, ok  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])

work = tempfile.mkdtemp(prefix='mmuscope-options-')

PLAIN = """\
map ram 0x100000000000 4G rw anon private noreserve nohuge
touch ram 4K w
mprotect ram 4G r
"""

# ends above what four levels reach, so that without param levels nothing is mapped
SETTINGS = """\
param levels 5
param mmu shadow
map ram 0x80000000000000 4G rw anon private noreserve nohuge
touch ram 4K w
vm v tdp
memslot v 0 gpa=0 ram 4G
mprotect ram 4G r
"""


def run(*args, **more):
    more = {'capture_output': True, **more}
    return subprocess.run([BINARY, *args], text=True, cwd=work, timeout=300, errors='replace', **more)


def refused(err, *args):
    got = run(*args)
    ok(got.returncode == 2 and re.search(err, got.stderr) and not got.stdout,
       f"{' '.join(args)}: wrong usage", got.returncode, got.stderr, got.stdout[:500])


def write(name, text):
    with open(os.path.join(work, name), 'w') as file:
        file.write(text)
    return name


def test_zero():
    """0 is a value and not the same as no option."""
    for args in (['run', '--levels', '0'], ['run', '--watchdog-thresh', '0'], ['run', '--map-line', '0'],
                 ['run', '--jobs', '0'], ['compare', '--levels', '0'], ['sweep', '--jobs', '0'],
                 ['verify', '--offline', '--random', '0']):
        refused(f"{args[-2]} wants a number from 1 on, not '0'", *args, 'plain.mms')
    refused("--seed wants a number from 1 on", 'verify', '--offline', '--random', '1', '--seed', '0')
    refused("--runs wants a number from 1 on", 'bench', '--runs', '0', 'start')
    refused("--levels wants a number, not '99999999999999999999'", 'run', '--levels', '99999999999999999999',
            'plain.mms')


def test_ignored():
    for option in ('--stats', '--stall', '--map', '--map-line=3'):
        refused('--trace - prints no table', 'run', '--trace', '-', option, 'plain.mms')
    refused('--list lists all', 'bench', '--list', '--json')
    refused('--list lists all', 'bench', '--list', 'start')
    for date in ('', 'a # b', 'a\nhead_scanned 1', 'x' * 32):
        refused('--date is one line of 1 to 31 bytes', 'probe', '--quick', '--date', date)
    refused('--param is for scripts', 'verify', '--param', 'a=1', '--random', '1')
    refused('wants NAME=VALUE', 'verify', '--param', 'a', 'plain.mms')
    refused('wants NAME=VALUE', 'report', '--param', 'a', 'plain.mms')
    for options in (['--profile', 'linux-6.1'], ['--mmu', 'tdp'], ['--levels', '5'], ['--no-growth'],
                    ['--grow', '4G'], ['--design', 'tight'], ['--gap', '4M'], ['--granularity', 'pud'],
                    ['--param', 'a=1'], ['--cost', 'a.cost']):
        refused('--store executes nothing', 'report', '--store', 'x.db', *options)


def test_settings_of_the_script():
    """param profile, design, mmu and levels hold where no option says otherwise."""
    text = run('run', 'settings.mms').stdout
    ok(' 1,050,628 ' in text, 'run: five levels, shadow paging', text)
    rows = json.loads(run('compare', '--json', 'settings.mms').stdout)
    ok(rows['levels'] == 5 and {row['mmu'] for row in rows['rows']} == {'shadow'} and
       all(row['counters']['rmap_scanned'] for row in rows['rows']), 'compare: five levels, shadow paging', rows)
    rows = json.loads(run('compare', '--json', '--mmu', 'tdp', 'settings.mms').stdout)['rows']
    ok({row['mmu'] for row in rows} == {'tdp'}, 'compare: --mmu comes first', rows)
    mail = run('compare', '--format', 'lkml', 'settings.mms').stdout.replace('\\\n', '')
    ok(' '.join(mail.split('\n')[0].split()) ==
       '$ mmuscope compare --mmu shadow --levels 5 --format lkml settings.mms', 'compare: the command says so', mail)
    got = run('report', '-o', 'settings.html', 'settings.mms')
    with open(os.path.join(work, 'settings.html')) as file:
        page = file.read()
    ok(got.returncode == 0 and '>ENOMEM<' not in page and '1,050,628' in page,
       'report: five levels, shadow paging', got.stderr)
    rows = json.loads(run('sweep', '--json', 'settings.mms').stdout)['runs']
    ok([row['levels'] for row in rows] == [5], 'sweep: five levels', rows)


def test_settings_of_the_command_line():
    write('designs.mms', 'param design tight\nparam profile linux-6.1\n' + PLAIN)
    ok('linux-6.1 with tight,' in run('run', 'designs.mms').stdout, 'run: as the script says')
    text = run('run', '--design', 'none', 'designs.mms').stdout
    ok('linux-6.1,' in text and 'tight' not in text, 'run: --design none comes before param design', text)
    text = run('run', '--no-design', 'designs.mms').stdout
    ok('with tight' in text, 'run: --no-design is as if it was not given', text)
    got = run('run', '--quiet', '--trace', 'designs.pftrace', 'designs.mms')
    with open(os.path.join(work, 'designs.pftrace'), 'rb') as file:
        about = b'mmuscope designs.mms, linux-6.1 with tight; time is' in file.read()
    ok(got.returncode == 0 and about, 'run: the trace tells of the kernel that the script says', got.stderr)


def test_parameters():
    write('sizes.mms', 'param size 4G,8G\nparam profile linux-6.1,linux-7.2\n' + PLAIN.replace('4G', '${size}'))
    for command in ('run', 'compare', 'report', 'verify'):
        got = run(command, 'sizes.mms')
        ok(got.returncode == 3 and "sizes.mms:1:7: error: the parameter 'size' has 2 values" in got.stderr and
           not got.stdout, f'{command}: one of several values is needed', got.stderr)
    got = run('report', '--param', 'size=8G', '--param', 'profile=linux-7.2', '-o', 'sizes.html', 'sizes.mms')
    with open(os.path.join(work, 'sizes.html')) as file:
        page = file.read()
    ok(got.returncode == 0 and 'mprotect ram 8G r' in page and 'linux-7.2, -: 3 operations' in page,
       'report: parameters', got.stderr)
    ok('mmuscope run --map --profile linux-7.2 --param size=8G --param profile=linux-7.2 sizes.mms' in page,
       'report: and the commands have them')
    got = run('verify', '--param', 'mmu=shadow', 'vms.mms')
    ok(got.returncode == 3 and "'mmu' is shadow, but kernels run" in got.stderr, 'verify: not another MMU', got.stderr)


def test_commands_of_odd_files():
    write('-dash.mms', PLAIN)
    for args in (['--', '-dash.mms'], ['./-dash.mms']):
        mail = run('compare', '--profile', 'linux-6.1', '--format', 'lkml', *args).stdout
        ok(mail.splitlines()[0].endswith(' ./-dash.mms'), f"compare {' '.join(args)}: a file is no option", mail)
    mail = run('compare', '--profile', 'linux-6.1', '--format', 'lkml', '-', input=PLAIN).stdout
    ok(mail.splitlines()[0].endswith(' -'), 'compare -: standard input is "-"', mail)


def test_hostile_names():
    name = 'a\x1b[31mb\nc"<b>.mms'
    write(name, 'bogus\n')
    got = run('sweep', name)
    ok(got.returncode == 3 and '\x1b' not in got.stderr, 'sweep: an error names a file without control bytes', got.stderr)
    write(name, PLAIN + '> none\n')
    got = run('sweep', name)
    ok(got.returncode == 1 and '\x1b' not in got.stdout and 'expectation of line 3 failed' in got.stdout,
       'sweep: a failed expectation, too', got.stdout)


def test_full_disk():
    with open('/dev/full', 'w') as full:
        got = run('run', '--json', '--jobs', '2', 'plain.mms', 'plain.mms', capture_output=False, stdout=full,
                  stderr=subprocess.PIPE)
    ok(got.returncode == 3 and got.stderr == 'mmuscope: standard output: No space left on device\n',
       'run --jobs 2: a full disk is told once, with its reason', got.returncode, got.stderr)
    got = run('run', '--json', '--trace', '/dev/full', 'plain.mms')
    ok(got.returncode == 3 and json.loads(got.stdout)['status'] == 3 and 'No space left' in got.stderr,
       'run --json --trace: valid JSON, status 3', got.stderr)
    got = run('run', '--json', '--trace', 'none/x', 'plain.mms')
    ok(got.returncode == 3 and json.loads(got.stdout)['scripts'][0]['error'] == 'EIO' and 'No such file' in got.stderr,
       'run --json --trace: one that cannot be opened', got.stdout[-200:], got.stderr)


def test_nohup():
    """A signal that is ignored from the start, as nohup does, ends no sweep."""
    write('nohup.mms', 'param n 1,2,3,4,5,6,7,8\nmap a 16T 64M rw anon private nohuge\nrepeat 20\n'
          'touch a 64M w\nmadvise a 64M dontneed\nend\nassert notifications >= $n\n')
    sweep = subprocess.Popen([BINARY, 'sweep', '--jobs', '2', 'nohup.mms'], cwd=work, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True,
                             preexec_fn=lambda: (os.setsid(), signal.signal(signal.SIGHUP, signal.SIG_IGN)))
    while sweep.poll() is None:
        os.killpg(sweep.pid, signal.SIGHUP)
        time.sleep(0.01)
    out, err = sweep.communicate()
    ok(sweep.returncode == 0 and len(re.findall(' ok$', out, re.M)) == 8, 'sweep: SIGHUP is ignored under nohup',
       sweep.returncode, out, err)


def main():
    write('plain.mms', PLAIN)
    write('settings.mms', SETTINGS)
    write('vms.mms', SETTINGS.replace('param levels 5\n', '').replace('0x80000000000000', '16T'))
    try:
        test_zero()
        test_ignored()
        test_settings_of_the_script()
        test_settings_of_the_command_line()
        test_parameters()
        test_commands_of_odd_files()
        test_hostile_names()
        test_full_disk()
        test_nohup()
    finally:
        shutil.rmtree(work)
    return done()


sys.exit(main())
