#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line as a user meets it: help, manual, options, messages, exit statuses, examples.

usage: run.py MMUSCOPE SOURCE_FOLDER [--slow] [--no-probe]    (TAP on standard output)
"""
import fcntl
import json
import os
import pty
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from tap import done, ok, skip  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
SLOW = '--slow' in sys.argv  # a sanitizer's build: no limits on time
PROBE = '--no-probe' not in sys.argv

work = tempfile.mkdtemp(prefix='mmuscope-cli-')


def run(*args, stdin='', **more):
    return subprocess.run([BINARY, *args], input=stdin, capture_output=True, text=True, cwd=work,
                          timeout=1200 if SLOW else 120, errors='replace', **more)


def expect(status, *args, err=None, out=None, stdin='', lines=None, name=None):
    """The exit status, a pattern on standard error and one on standard output."""
    got = run(*args, stdin=stdin)
    good = got.returncode == status
    good = good and (err is None or re.search(err, got.stderr, re.M) is not None)
    good = good and (out is None or re.search(out, got.stdout, re.M) is not None)
    good = good and (lines is None or len(got.stderr.splitlines()) == lines)
    ok(good, name or f"{' '.join(args)}: {status}", f'status {got.returncode}', 'stderr:', got.stderr,
       'stdout:', got.stdout[:2000])
    return got


def write(name, text):
    path = os.path.join(work, name)
    with open(path, 'wb') as file:
        file.write(text.encode() if isinstance(text, str) else text)
    return name


SEVEN = """\
map      ram 0x100000000000 512G rw anon private noreserve nohuge
vm       vm0 shadow
memslot  vm0 0 gpa=4G ram 512G
touch    ram 4K w
mprotect ram 512G r
> linux-6.1   PROTECTION_VMA ram ram+1G
> linux-6.12+ PROTECTION_VMA ram ram+512G
mprotect ram 512G rw
"""

PROG = """\
execve("/bin/prog", ["prog"], 0x7ffd0 /* 3 vars */) = 0
mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f1000000000
mprotect(0x7f1000000000, 4096, PROT_READ) = 0
munmap(0x7f1000000000, 8192) = 0
exit_group(0) = ?
+++ exited with 0 +++
"""


def prepare():
    for name in ('scripts', 'tests'):
        os.symlink(os.path.join(SOURCE, name), os.path.join(work, name))
    write('seven.mms', SEVEN)
    write('wrong.mms', SEVEN + '> PROTECTION_PAGE ram ram+4K\n')
    write('broken.mms', 'map ram 0x100000000000 4K rw anon private\nmprotcet ram 4K r\n')
    write('hole.mms', 'map ram 0x100000000000 4K rw anon private\nmprotect ram 8K r\n')
    write('empty.mms', '')
    write('comment.mms', '# nothing to do\n')
    write('empty-map.mms', 'map ram 0x100000000000 4K rw anon private\n')
    write('binary.mms', bytes(range(256)) * 16)
    write('long.mms', 'x' * (1 << 20))
    write('prog.strace', PROG)
    os.symlink(os.path.join(SOURCE, 'tests/import/data/trace-v7.dat'), os.path.join(work, 'trace.dat'))


def table():
    return json.loads(run('commands', '--json').stdout)['commands']


def test_help(commands):
    main = run('-h')
    ok(main.returncode == 0 and not main.stderr, 'mmuscope -h')
    ok(run('--help').stdout == main.stdout == run('help').stdout, '--help and help say the same')
    test_version()
    for command in commands:
        name = command['name']
        text = run(name, '-h')
        ok(text.returncode == 0 and not text.stderr, f'{name} -h')
        ok(text.stdout == run(name, '--help').stdout == run('help', name).stdout,
           f'help {name} and --help say the same')
        ok(f"  {name:10} {command['summary']}\n" in main.stdout, f'{name} is listed')
        ok(all(f'mmuscope {name} {usage}'.strip() in text.stdout for usage in command['usage']),
           f'{name} -h shows every form')
        ok(all(f"--{option['name']}" in text.stdout for option in command['options']),
           f'{name} -h shows every option')
        ok(command['examples'], f'{name} has examples')
        wide = [line for line in text.stdout.splitlines() if len(line) > 90]
        ok(not wide, f'{name} -h is at most 90 columns wide', *wide)


def plain(text):
    """A page's source without scdoc's marks."""
    return re.sub(r'\\(.)', r'\1', re.sub(r'(?<!\\)\*|(?<![\w\\])_|_(?!\w)', '', text))


def section(page, name):
    match = re.search(rf'^# {name}\n(.*?)(?=^# |\Z)', page, re.S | re.M)
    return match.group(1) if match else ''


def test_manual(commands):
    folder = os.path.join(SOURCE, 'man')
    with open(os.path.join(folder, 'mmuscope.1.scd')) as file:
        main = file.read()
    listed = re.findall(r'^\*mmuscope-(\w+)\*\(1\)', section(main, 'COMMANDS'), re.M)
    names = [command['name'] for command in commands]
    ok(listed == names, 'mmuscope(1) lists the commands in order', listed, names)
    pages = sorted(page for page in os.listdir(folder) if page.endswith('.1.scd'))
    want = sorted([f'mmuscope-{name}.1.scd' for name in names] + ['mmuscope.1.scd'])
    ok(pages == want, 'one page per command', pages, want)
    with open(os.path.join(folder, 'meson.build')) as file:
        built = re.findall(r"'(mmuscope[\w-]*)'", file.read())
    ok(sorted(built) == sorted([f'mmuscope-{name}' for name in names] + ['mmuscope']),
       'each is built', built)
    for command in commands:
        test_page(folder, command)


def test_page(folder, command):
    name = command['name']
    path = os.path.join(folder, f'mmuscope-{name}.1.scd')
    if not os.path.exists(path):
        return
    with open(path) as file:
        page = file.read()
    forms = [line.rstrip('+').strip() for line in plain(section(page, 'SYNOPSIS')).splitlines() if line]
    want = [f'mmuscope {name} {usage}'.strip() for usage in command['usage']]
    ok(forms == want, f'mmuscope-{name}(1): the synopsis is that of -h', forms, want)
    listed = [line for line in plain(section(page, 'OPTIONS')).splitlines()
              if line.startswith('-')]
    options = [(f"-{option['letter']}, " if option['letter'] else '') + f"--{option['name']}" +
               (f" {option['arg']}" if option['arg'] else '') for option in command['options']]
    options.append('-h, --help')
    ok(listed == options, f'mmuscope-{name}(1): the options are those of -h', listed, options)
    ok(plain(section(page, 'NAME')).strip() == f"mmuscope-{name} - {command['summary']}",
       f'mmuscope-{name}(1): the summary is that of -h')


def test_version():
    """The kernels are those of the record, which is of this version."""
    with open(os.path.join(SOURCE, 'docs', 'verified-kernels')) as file:
        rows = [line.split() for line in file if not line.startswith('#')]
    said = run('--version').stdout
    match = re.fullmatch(r'mmuscope (\d+\.\d+\.\d+)\nverified on: (.+)\n', said)
    ok(match, '--version', said)
    ok(match and rows[0] == ['mmuscope', match[1]],
       'docs/verified-kernels is of this version: verify it again with tools/record-verified', rows[0])
    ok(match and match[2].split(', ') == [row[1] for row in rows[1:]],
       '--version says the kernels of docs/verified-kernels', said, rows)
    profiles = run('list', 'profiles').stdout
    ok(all(row[0] in profiles and int(row[3]) and int(row[4]) for row in rows[1:]),
       'each has a profile, and something was compared', rows)


def test_usage():
    expect(2, err='usage: mmuscope COMMAND', name='no command')
    expect(2, 'runn', err="unknown command 'runn'; did you mean 'run'")
    expect(2, 'help', 'runn', err="did you mean 'run'")
    expect(2, '--versoin', err="unknown option '--versoin'")
    expect(2, 'run', err='which script', lines=2)
    expect(2, 'run', '--jsn', 'seven.mms', err="unknown option '--jsn'; did you mean '--json'?", lines=2)
    expect(2, 'run', '-x', 'seven.mms', err="unknown option '-x'")
    expect(2, 'run', '--l', 'seven.mms', err='may be --levels or --literal')
    expect(2, 'run', '--profile', err='wants an argument: NAME')
    expect(2, 'run', '--profile=linux-6.13', 'seven.mms', err="did you mean 'linux-6.1")
    expect(2, 'run', '--profile', '', 'seven.mms', err='no profile is called')
    expect(2, 'run', '--levels', 'four', 'seven.mms', err="wants a number, not 'four'")
    expect(2, 'run', '--levels', '3', 'seven.mms', err='4 or 5')
    expect(2, 'run', '--json=yes', 'seven.mms', err='takes no argument')
    expect(2, 'run', '--no-profile=x', 'seven.mms', err='takes no argument')
    expect(2, 'run', '--json', '--trace', '-', 'seven.mms', err='both want standard output')
    expect(2, 'run', '--trace', 'x', 'seven.mms', 'seven.mms', err='exactly one script')
    expect(2, 'compare', err='which script')
    expect(2, 'compare', 'seven.mms', 'seven.mms', err='one script at a time')
    expect(2, 'compare', '--mmu', 'tdp,shadwo', 'seven.mms', err="did you mean 'shadow'")
    expect(2, 'compare', '--mmu', 'tdp,', 'seven.mms', err='no mmu is called')
    expect(2, 'list', 'profile', err='no list of')
    expect(2, 'import', 'x', 'prog.strace', err='strace ftrace proc')
    expect(2, 'import', 'trace.dat', 'trace.dat', err='ftrace is for trace.dat')
    expect(2, 'import', 'perf', 'x', err='ftrace is for trace.dat and for the text of perf script')
    expect(2, 'import', 'strace', err='which recording')
    expect(2, 'import', '--json', 'strace', 'prog.strace', err='-o FILE')
    expect(2, 'commands', 'x', err='unexpected argument')


def test_options():
    base = run('run', '--profile', 'linux-6.1', 'seven.mms').stdout
    ok(base, 'a profile by name')
    for args in (['--profile=linux-6.1'], ['-p', 'linux-6.1'], ['-plinux-6.1'],
                 ['--prof', 'linux-6.1'], ['--json', '--no-json', '-plinux-6.1'],
                 ['--js', '--no-js', '-plinux-6.1'], ['-q', '--no-quiet', '--profile', 'linux-6.1'],
                 ['--stats', '--no-stats', '-p', 'linux-7.2', '-p', 'linux-6.1'],
                 ['--levels', '4', '--no-levels', '--prof=linux-6.1']):
        ok(run('run', *args, 'seven.mms').stdout == base, f"run {' '.join(args)}")
    ok(run('run', 'seven.mms', '-p', 'linux-6.1').stdout == base, 'options behind arguments')
    ok(run('run', '-p', 'linux-6.1', '--', 'seven.mms').stdout == base, 'arguments behind --')
    ok(run('run', '-p', 'linux-6.12', 'seven.mms').stdout ==
       run('run', '--no-profile', 'seven.mms').stdout, 'the default profile')
    expect(3, 'run', '--', '-q', err='-q: .*No such file', name='-- ends the options')
    expect(0, 'run', '-', stdin=SEVEN, out='<stdin>|-: ', name='a script on standard input')


def test_jobs():
    scripts = ['seven.mms', 'wrong.mms', 'hole.mms', 'broken.mms', 'missing.mms', 'scripts/one-touched-page.mms']
    for args in ([], ['--json'], ['--stats'], ['--all-ops', '--audit'], ['--quiet']):
        base = run('run', *args, *scripts)
        for jobs in ('2', '3', '100'):
            got = run('run', '-j', jobs, *args, *scripts)
            ok((got.returncode, got.stdout, got.stderr) == (base.returncode, base.stdout, base.stderr),
               f"run -j {jobs} {' '.join(args)}: the same bytes", got.stdout[:500], got.stderr[:500])
    for args in ([], ['--json'], ['--format', 'lkml']):
        base = run('compare', '--design', 'all', '--mmu', 'tdp,shadow', *args, 'seven.mms')
        for jobs in ('2', '100'):
            got = run('compare', '--jobs', jobs, '--design', 'all', '--mmu', 'tdp,shadow', *args, 'seven.mms')
            ok(base.returncode == 0 and (got.stdout, got.stderr) == (base.stdout, base.stderr),
               f"compare --jobs {jobs} {' '.join(args)}: the same bytes")


def test_memory():
    text = ('map a 0x10000000 64M rw anon private nohuge\ntouch a 64M w\nvm v shadow\n'
            'memslot v 0 gpa=0 a 64M\nguest v w 0 64M\nmunmap a 64M\n')
    got = json.loads(run('run', '--json', '-', stdin=text).stdout)['scripts'][0]
    pages = 64 << 20 >> 12
    ok(got['peak_pages'] == pages, 'the peak is before the unmapping', got['peak_pages'])
    ok(sum(got['memory'].values()) == got['peak_bytes'], 'the kinds of memory add up')
    ok(got['memory']['reverse-map heads'] == 8 * pages and got['memory']['frame records'] == 8 * pages,
       'eight bytes per page for heads and frames', got['memory'])
    ok(8 * pages <= got['memory']['primary tables'] < 9.5 * pages, 'and for entries')
    text = run('run', '--stats', '-', stdin=text).stdout
    ok(re.search(r'^ *131,072 +8\.000 +reverse-map heads$', text, re.M) is not None,
       '--stats has bytes per page by kind', text)


def test_short_memory():
    # 30 GB of address space: less than what is reserved where there is room
    limit = (30 << 30, 30 << 30)
    got = subprocess.run([BINARY, 'run', 'seven.mms'], capture_output=True, text=True, cwd=work,
                         preexec_fn=None if SLOW else lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
    ok(got.returncode == 0 and got.stdout.split('longest')[0] == run('run', 'seven.mms').stdout.split('longest')[0],
       'a limit on the address space changes nothing', got.stderr)
    limit = (700 << 20, 700 << 20)
    text = 'map a 0x100000000000 64G rw anon private nohuge\ntouch a 64G w\n'
    if SLOW:
        return
    got = subprocess.run([BINARY, 'run', '--trace', 'short.trace', '-'], capture_output=True, text=True, cwd=work,
                         input=text, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
    needed = r'out of memory after 2 operations: [\d.]+[MG] in one piece were needed; the model had taken [\d.]+M for \d+ pages'
    ok(got.returncode == 3 and re.search(needed, got.stderr), 'out of memory says what was needed', got.stderr)
    ok(not os.path.exists(os.path.join(work, 'short.trace')), 'and leaves no half-written trace')
    write('short.mms', 'param size 64G,32G\n' + text.replace('64G', '${size}'))
    write('short-one.mms', text)
    write('short.html', 'as it was')
    for args in (['compare', 'short-one.mms'], ['report', '-o', 'short.html', 'short-one.mms'],
                 ['sweep', '--jobs', '2', 'short.mms']):
        got = subprocess.run([BINARY, *args], capture_output=True, text=True, cwd=work,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
        ok(got.returncode == 3 and re.search(r'out of memory.*: [\d.]+[MG] in one piece were needed', got.stderr),
           f'{args[0]} says it, too', got.returncode, got.stderr)
    with open(os.path.join(work, 'short.html')) as page:
        ok(page.read() == 'as it was', 'and leaves the file that was there')


def bench_sound(bench):
    """Whether what one benchmark says about itself follows from its own figures."""
    medians = {series['name']: series['median_ns'] for series in bench['series']}
    for series in bench['series']:
        if not series['least_ns'] <= series['low_ns'] <= series['median_ns'] <= series['high_ns'] <= series['most_ns']:
            return f"{series['name']}: quartiles in disorder"
    for target in bench['targets']:
        least = 'at_least' in target
        limit = target['at_least' if least else 'at_most']
        if target['reached'] != (target['value'] >= limit if least else target['value'] <= limit):
            return f"{target['name']}: {target['value']} against {limit}"
        if ' / ' in target['name'] and all(name.strip() in medians for name in target['name'].split('/')):
            above, below = (medians[name.strip()] for name in target['name'].split('/'))
            if abs(target['value'] - above / below) > 1e-6 * target['value']:
                return f"{target['name']} is not the ratio of the medians"
    if bench['growth'] and len(bench['growth']) > 4:
        return 'more than four sizes'
    return ''


def test_bench():
    names = [line.split()[0] for line in run('bench', '--list').stdout.splitlines()]
    words = next(command['words'] for command in table() if command['name'] == 'bench')
    ok(names == words, 'the completion knows the benchmarks', names, words)
    expect(2, 'bench', 'protect-desne', err='do you mean protect-dense', lines=2)
    expect(2, 'bench', 'nothing-like-it', err='--list lists them')
    expect(2, 'bench', '--size', '4K', 'populate', err='at least 256K')
    expect(2, 'bench', '--runs', '1001', 'populate', err='at most 1000')
    got = run('bench', '--json', '--runs', '1', '--size', '4M', *[name for name in names
              if name not in ('hint-sparse', 'start')])
    ok(got.returncode == 0 and not got.stderr, 'bench --json of everything small', got.stderr)
    result = json.loads(got.stdout)
    ok([bench['name'] for bench in result['benchmarks']] ==
       [name for name in names if name not in ('hint-sparse', 'start')], 'all of them, in order')
    for bench in result['benchmarks']:
        ok(not bench['error'] and not bench['skipped'] and bench['series'] and bench['targets'],
           f"{bench['name']} has figures and targets", bench['error'] + bench['skipped'])
        ok(not bench_sound(bench), f"{bench['name']}: ratios and verdicts follow from the figures",
           bench_sound(bench))
    judged = [target for bench in result['benchmarks'] for target in bench['targets'] if target['judged']]
    ok(len(judged) == result['reached'] + result['missed'], 'the totals are those of the targets')
    sparse = json.loads(run('bench', '--json', '--runs', '1', '--size', '64G', 'hint-sparse').stdout)
    differ = next(target for target in sparse['benchmarks'][0]['targets'] if target['name'] == 'counts that differ')
    ok(differ['value'] == 0 and differ['judged'], '--literal counts the same', differ)
    facts = {fact['name']: fact['value'] for fact in sparse['benchmarks'][0]['facts']}
    heads = 64 * (1 << 18) + 64 * (1 << 9) + 64
    ok(facts['heads scanned'] == heads, 'every head of 64 GiB is counted', facts)
    text = run('bench', '--runs', '3', 'start').stdout
    ok(re.search(r'^  ours - true .* at most 5\.00 ms: (reached|MISSED)$', text, re.M) is not None,
       'bench start', text)
    text = run('bench', '--runs', '1', '--size', '1G', '--memory', '2M', 'protect-dense').stdout
    ok(re.search(r'^  note: would need .* half the size until it fits$', text, re.M) is not None and
       'not judged at this size' in text, 'sizes adapt to the memory', text)
    text = run('bench', '--recordings', '/nonexistent', 'replay', 'import').stdout
    ok(text.count('skipped: no recording in /nonexistent') == 2, 'no recordings: skipped with the reason', text)


def test_run():
    got = expect(0, 'run', 'seven.mms', out='expectations: .* 0 failed')
    ok('mprotect ram 512G r ' in got.stdout and '512G' in got.stdout, 'the table has the operation',
       got.stdout)
    ok(all(line == line.rstrip() for line in got.stdout.splitlines()), 'no blanks at line ends')
    ok('\x1b' not in got.stdout + got.stderr, 'no escape sequences into a pipe')
    expect(1, 'run', 'wrong.mms', out='wrong.mms:9', name='a failed expectation names its line')
    expect(1, 'run', '-q', 'wrong.mms', out='wrong.mms:9')
    ok(run('run', '-q', 'seven.mms').stdout == '', 'quiet says nothing when all is well')
    expect(0, 'run', 'hole.mms', err=r'^hole\.mms:2: mprotect: ENOMEM$', lines=1,
           name='a failed system call is noted and is no failure')
    got = expect(0, 'run', '--all-ops', '--noheadings', 'seven.mms', out='^ *1 map ram')
    expect(1, 'run', 'seven.mms', 'wrong.mms', out=r'seven\.mms +ok[^$]*wrong\.mms +FAILED',
           name='several scripts, one row each')
    expect(3, 'run', 'seven.mms', 'missing.mms', 'wrong.mms', err='missing.mms',
           out='missing.mms +broken', name='a missing script among several')
    expect(0, 'run', '--audit', 'seven.mms', out='audit: .* 0 broken')
    expect(0, 'run', '--stats', 'seven.mms', out='remote_tlb_flush')


def test_json():
    doc = json.loads(run('run', '--json', 'seven.mms').stdout)
    script = doc['scripts'][0]
    ok(doc['status'] == 0 and script['profile'] == 'linux-6.12' and script['mmu'] == 'shadow',
       'run --json', doc)
    ok([op['line'] for op in script['ops']] == [1, 2, 3, 4, 5, 8], 'has every operation', script['ops'])
    ok(script['ops'][4]['text'] == 'mprotect ram 512G r', 'and its text')
    doc = json.loads(run('run', '--json', 'seven.mms', 'missing.mms', 'wrong.mms').stdout)
    ok(doc['status'] == 3 and len(doc['scripts']) == 3, 'several scripts')
    ok(doc['scripts'][2]['failed'] == 1 and 'wrong.mms:9' in doc['scripts'][2]['failures'],
       'failures are in it')
    rows = json.loads(run('compare', '--json', '-m', 'tdp,shadow', 'seven.mms').stdout)['rows']
    ok([row['mmu'] for row in rows[:2]] == ['tdp', 'shadow'], 'compare --json', rows)
    ok(len({row['profile'] for row in rows}) >= 4, 'has every kernel')
    for what in ('profiles', 'counters', 'costs'):
        items = json.loads(run('list', '--json', what).stdout)
        lines = run('list', '--noheadings', what).stdout.splitlines()
        ok(len(items) == len(lines) and all(item['meaning'] for item in items), f'list {what}', items)


def test_compare():
    got = expect(0, 'compare', '-p', 'linux-6.1,linux-6.12', 'seven.mms', out='EST. STALL')
    table = got.stdout.split('\n\n')[0]
    ok(table.count('\nlinux-6.1 ') == 1 and table.count('\nlinux-6.12 ') == 1,
       'one row per profile', got.stdout)
    ok('cost table' in got.stdout, 'the estimate names its source')
    expect(0, 'compare', '-m', 'tdp', 'hole.mms', err='--mmu changes nothing',
           name='compare --mmu without a vm says so')


def lkml_of_long_names():
    """Whatever the names: 75 columns, and the command that is printed is the one that was given."""
    text = ('param pages 1,4\nmap ram 0x100000000000 1G rw anon private nohuge\nvm vm0 shadow\n'
            'memslot vm0 0 gpa=4G ram 1G\ntouch ram ${pages}M w\nmprotect ram 1G r\n')
    long_cost = 'name ' + 'n' * 40 + '\nkernel ' + 'k' * 90 + '\nsource ' + 'o' * 90 + '\nhead_scanned 1\n'
    for name in 'x' * 120, "two words, it's " + 'y' * 100, 'z' * 60 + ' ' + "'" * 9 + 'z' * 60:
        folder = os.path.join(work, name)
        os.mkdir(folder)
        script, cost = (os.path.join(folder, 'long' + end) for end in ('.mms', '.cost'))
        write(script, text)
        write(cost, long_cost)
        args = ['compare', '--profile', 'linux-6.12', '--design', 'tight', '--param', 'pages=4',
                '--cost', cost, '--stall-limit', '1ms', '--format', 'lkml', script]
        got = run(*args)
        ok(got.returncode == 0 and max(map(len, got.stdout.splitlines())) <= 75,
           'lkml: at most 75 columns with a long path', got.stdout, got.stderr)
        command = got.stdout.split('\n\n')[0]
        words = subprocess.run(['sh', '-c', 'mmuscope() { printf "%s\\n" "$@"; }\n' + command.lstrip('$ ')],
                               capture_output=True, text=True).stdout.splitlines()
        ok(words == args, 'lkml: a shell reads the command as it was given', command, words)


def test_designs():
    got = expect(0, 'compare', '-p', 'linux-6.12', '-d', 'tight', '-d', 'tight,rmap=index', 'seven.mms',
                 out=r'^PROFILE +DESIGN ')
    ok(re.search(r'^linux-6.12 +tight,rmap=index +shadow', got.stdout, re.M), 'a row for each --design',
       got.stdout)
    rows = json.loads(run('compare', '--json', '-d', 'all', '-m', 'shadow', 'seven.mms').stdout)['rows']
    ok([len(row['designs']) for row in rows] == [0, 0, 0, 0, 1, 1, 1, 1, 4],
       'the kernels, each design, all designs', rows)
    ok(all(row['profile'] == 'linux-7.2' for row in rows[4:]), 'on the newest kernel')
    index = [row for row in rows if 'rmap=index' in row['designs']]
    ok(all(0 < row['index_bytes'] * 50 <= row['head_bytes'] for row in index), 'the index takes 2 %')
    got = expect(0, 'compare', '-d', 'all', '-m', 'tdp,shadow', '--format', 'lkml', 'seven.mms',
                 out=r'^\$ mmuscope compare --design all')
    ok(max(map(len, got.stdout.splitlines())) <= 75, 'lkml: at most 75 columns', got.stdout)
    ok('cost table shadow-6.18' in got.stdout and '+ NAME: linux-7.2' in got.stdout,
       'lkml: names the cost table and the kernel', got.stdout)
    lkml_of_long_names()
    expect(2, 'compare', '--json', '--format', 'lkml', 'seven.mms', err='not both')
    expect(2, 'compare', '-d', 'rmap-index', 'seven.mms', err="did you mean 'rmap=index'")
    expect(2, 'run', '--gap', '4X', 'seven.mms', err='--gap wants a size')
    expect(2, 'run', '--gap', '', 'seven.mms', err='--gap wants a size')
    expect(2, 'run', '--gap', '99999999999T', 'seven.mms', err='--gap wants a size')
    got = expect(0, 'run', '-d', 'tight', '--granularity', 'pud', 'seven.mms',
                 out=r'linux-6.12 with tight, 6 operations')
    ok('runs of populated PUD entries; gaps up to 4M' in got.stdout, 'run says how it was tuned')
    write('pair.cost', 'name pair\nhead_scanned 2\nnotification_pair 1000\n')
    expect(0, 'run', '-d', 'tight', '-c', 'pair.cost', 'seven.mms',
           out=r'gaps up to 1.9M are bridged, as the cost table has it')
    expect(0, 'list', 'designs', out='rmap=index')


def test_stall():
    expect(0, 'run', 'seven.mms', out=r'^longest stretch .* \(line 5\): no soft lockup \(20\.0 s\) at any '
           r'size \(512G at most\)$')
    expect(0, 'run', '--profile', 'linux-3.14', 'seven.mms', out=r'no soft lockup \(20\.0 s\) below \d.*T$')
    expect(0, 'run', '--stall-limit', '1ms', 'seven.mms', out=r'^longest operation .*: OVER 1\.00 ms from ')
    expect(0, 'run', '--stall-limit', '1.5s', 'seven.mms', out=r': under 1\.50 s at any size')
    expect(2, 'run', '--stall-limit', '10', 'seven.mms', err='wants a time such as 10ms')
    expect(2, 'run', '--stall-limit', '0ms', 'seven.mms', err='wants a time such as 10ms')
    expect(2, 'compare', '--watchdog-thresh', '3601', 'seven.mms', err='at most 3600')
    write('slow.cost', 'head_scanned 1000\n')
    expect(0, 'run', '--cost', 'slow.cost', '--watchdog-thresh', '1', 'seven.mms',
           out=r'SOFT LOCKUP \(2\.00 s\) from 7\.6G on')
    write('again.mms', 'map ram 0x100000000000 1G rw anon private nohuge\nvm vm0 shadow\n'
          'memslot vm0 0 gpa=4G ram 1G\ntouch ram 64K w\nguest vm0 w 4G 64K\nmprotect ram 1G r\n'
          'mprotect ram 1G rw\ntouch ram 64K w\nguest vm0 w 4G 32K\n')
    write('ten.cost', 'head_scanned 1\nspte_zapped 10\nrefault 100\n')
    script = json.loads(run('run', '--json', '--cost', 'ten.cost', '--stall-limit', '100us',
                            'again.mms').stdout)['scripts'][0]
    stall = script['stall']
    ops = {op['line']: op.get('stall', {}) for op in script['ops']}
    ok(ops[6]['mmu_lock_ns'] == script['ops'][5]['counters']['rmap_scanned'] + 160 and
       ops[6]['blocked_frames'] == 262144, 'an operation has its stall', ops)
    ok(not ops[5] and ops[9]['sptes_back'] == 8 and stall['sptes_back'] == 8 and
       stall['refaults_ns'] == 100 * ops[9]['refaults'] > 0, 'only what was zapped comes back', ops)
    got = expect(0, 'run', '--cost', 'ten.cost', '--stall', 'again.mms', out=r'^LINE OPERATION +UNDER LOCK ')
    scanned = script['ops'][5]['counters']['rmap_scanned'] + 160
    line = re.search(r'^ +6 mprotect ram 1G r +([\d.]+) us +([\d.]+) us +262,144 ', got.stdout, re.M)
    ok(line and abs(float(line[1]) * 1000 / scanned - 1) < 0.01, 'run --stall: of an operation', got.stdout)
    ok(re.search(r'^ +9 guest vm0 w 4G 32K +0 +0 +0 +0 +8 +(\d+) +\1\d\d ns$', got.stdout, re.M),
       'run --stall: what came back', got.stdout)
    ok(re.search(r'^ +total .* 8 +\d+ +\d+ ns$', got.stdout, re.M), 'run --stall: in total', got.stdout)
    row = json.loads(run('compare', '--json', '--profile', 'linux-6.12', '--cost', 'ten.cost',
                         'again.mms').stdout)['rows'][0]
    ok({op['line']: op['stall'] for op in row['ops']} == {line: stall for line, stall in ops.items() if stall}
       and row['ops_that_stall'] == len(row['ops']) == 3, 'compare --json: the same of each operation', row)
    one, two = (expect(0, 'compare', '-j', jobs, '--cost', 'ten.cost', '--stall', 'again.mms',
                       out=r'^PROFILE +MMU +LINE +UNDER LOCK ').stdout for jobs in '12')
    ok(one == two and re.search(r'^linux-6.1 +shadow +9 +0 +0 +0 +0 +8 ', one, re.M) and
       len(re.findall(r'^linux-\S+ +shadow +total ', one, re.M)) == 4,
       'compare --stall: each operation of each row, with any -j', one)
    expect(2, 'compare', '--stall', '--format', 'lkml', 'again.mms', err='--stall is for the table')
    expect(2, 'run', '--stall', '--json', 'again.mms', err='--stall is for the table')
    write('many.mms', 'map ram 0x100000000000 1G rw anon private nohuge\nvm vm0 shadow\n'
          'memslot vm0 0 gpa=4G ram 1G\ntouch ram 400K w\n' +
          ''.join(f'mprotect ram {i * 4}K {p}\n' for i in range(1, 40) for p in ('r', 'rw')))
    got = expect(0, 'run', '--stall', 'many.mms', out=r'^the 40 costliest of 78 operations that stalled')
    ok('mprotect ram 156K r ' in got.stdout.split('UNDER LOCK')[1] and
       'mprotect ram 4K r ' not in got.stdout.split('UNDER LOCK')[1], 'the costliest', got.stdout)
    limit = stall['stall_limit']
    ok(limit['over'] and limit['line'] == 6 and not stall['soft_lockup']['over'] and
       abs(limit['turns_at_bytes'] - limit['bytes'] * limit['limit_ns'] / limit['ns']) < 2,
       'the verdicts', stall)
    rows = json.loads(run('compare', '--json', '--stall-limit', '1ms', 'seven.mms').stdout)['rows']
    over = {row['profile']: row['stall']['stall_limit']['over'] for row in rows}
    ok(over['linux-6.12'] and not over['linux-6.1'], 'compare has them', over)
    got = expect(0, 'compare', '--stall-limit', '1ms', 'seven.mms',
                 out=r'^linux-6\.1 shadow:\n  longest stretch .*\n  longest operation ')
    wide = [line for line in got.stdout.splitlines() if '  longest ' in line and len(line) > 95]
    ok(not wide, 'no verdict is wider than the table', *wide)
    got = run('compare', '--mmu', 'shadow,tdp', '--design', 'all', 'seven.mms').stdout
    verdicts = got.split('\n\n')[-1]
    ok('linux-6.12 shadow, linux-7.2 shadow' in verdicts, 'rows with one verdict share it', verdicts)
    ok(verdicts.count('  longest stretch') == len(set(re.findall('  longest stretch .*', verdicts))),
       'and none is said twice', verdicts)
    ok(re.search('linux-7.2\\s+lazy-unmap\\s+shadow', verdicts), 'designs among them', verdicts)
    got = run('compare', '--format', 'lkml', '--stall-limit', '1ms', 'seven.mms').stdout
    ok('SOFT' not in got and 'no soft lockup' in got and 'OVER 1.00 ms' in got,
       'verdicts in tables for mail', got)
    ok(max(map(len, got.splitlines())) <= 75, 'within 75 columns', got)


def test_costs():
    folder = os.path.join(SOURCE, 'costs')
    for name in sorted(os.listdir(folder)):
        doc = json.loads(run('run', '--json', '--cost', os.path.join(folder, name), 'seven.mms').stdout)
        ok(doc['cost']['name'] + '.cost' == name and doc['cost']['source'] and doc['cost']['kernel'],
           f'costs/{name} says what it is', doc['cost'])
        if name == 'shadow-6.18-calls.cost':
            built_in = json.loads(run('run', '--json', 'seven.mms').stdout)
            ok(built_in['cost'] == doc['cost'], 'the built-in table is this one', built_in['cost'])


def test_probe():
    expect(77, 'probe', '--kvm-device', '/nonexistent/kvm', err='/nonexistent/kvm: No such file')
    expect(77, 'probe', '--kvm-device', '/dev/null', err='no KVM device')
    expect(2, 'probe', 'x', err='unexpected argument')
    expect(2, 'probe', '--samples', '1001', err='at most 1000')
    if not PROBE:
        skip('probe where there is KVM', 'ThreadSanitizer has the addresses that are measured')
        return
    got = run('probe', '--quick', '--samples', '1', '--memory', '200', '--json', '--date', '-',
              '--save', 'here.cost')
    ok(got.returncode in (0, 77), 'probe where there is KVM', got.returncode, got.stderr)
    if got.returncode:
        return
    ok(re.search(r'shapes, 1 calls each.*at most \d+ MiB of memory', got.stderr, re.S),
       'it says what it is about to do', got.stderr)
    doc = json.loads(got.stdout)
    ok(doc['memory_most'] <= 200 << 20 and doc['left_out_for_memory'] > 0, 'and keeps to its memory')
    ok(doc['zapped_compared'] == doc['zapped_agreed'], 'the model zaps what the kernel zaps', doc['shapes'])
    expect(0, 'run', '--cost', 'here.cost', 'seven.mms', out='cost table ' + doc['cost']['name'])
    expect(3, 'probe', '--quick', '--samples', '1', '--memory', '100', '--save', 'x/y',
           err='x/y: No such file')
    expect(2, 'probe', '--quick', '--memory', '1', err='no shape fits into 1 MiB')


def test_trace():
    got = expect(0, 'run', '--trace', '-', 'seven.mms', out='tracing_mark_write: seven.mms:5: ')
    ok(all(re.match(r' +mmuscope-1 +\[000\] \.\.\.\.\. +\d+\.\d{6}: \w+:', line)
           for line in got.stdout.splitlines()), 'nothing but events on standard output', got.stdout)
    ok('mmu_notifier_invalidate_range_start: event=PROTECTION_VMA start=0x100000000000 '
       'end=0x108000000000\n' in got.stdout, 'the notification is in it')
    expect(0, 'run', '--trace', 'out.trace', 'seven.mms')
    with open(os.path.join(work, 'out.trace')) as file:
        ok(file.read() == got.stdout, 'a file gets the same')
    ok([name for name in os.listdir(work) if 'out.trace' in name] == ['out.trace'],
       'and nothing is left beside it')
    ok(run('run', '--trace', '-', 'seven.mms').stdout == got.stdout, 'the same bytes again')
    expect(1, 'run', '--trace', '-', 'wrong.mms', err='wrong.mms:9',
           name='failures go to standard error then')
    expect(3, 'run', '--trace', 'x/y', 'seven.mms', err='x/y: No such file', lines=1)
    expect(3, 'run', '--trace', '/dev/full', 'seven.mms', err='No space left', lines=1)
    for command in (['run', 'seven.mms'], ['run', '--json', 'seven.mms'], ['compare', 'seven.mms'],
                    ['run', '--trace', '-', 'seven.mms'], ['-h'], ['list', 'costs'],
                    ['commands', '--completion']):
        with open('/dev/full', 'w') as full:
            got = subprocess.run([BINARY, *command], stdout=full, stderr=subprocess.PIPE, text=True,
                                 cwd=work)
        ok(got.returncode == 3 and 'No space left' in got.stderr,
           f"no space left for {' '.join(command)}", got.returncode, got.stderr)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    got = run('run', '--trace', 'small.trace', 'seven.mms', preexec_fn=limit)
    ok(got.returncode == 3 and 'File too large' in got.stderr, 'a file that may not grow', got.stderr)
    ok(not any('small' in name for name in os.listdir(work)), 'leaves nothing behind')


def test_map():
    got = expect(0, 'run', '--map', '--ascii', 'seven.mms', out=r'^line 5: mprotect ram 512G r\n +1\n')
    row = {line[:11].strip(): line[12:] for line in got.stdout.splitlines()}
    ok(set(row.get('notified', ' ')) == {'#'} and re.fullmatch('-[.]+', row.get('PTEs', '')) and
       set(row.get('scanned', ' ')) == {'#'}, 'all is notified and scanned, a page is there', got.stdout)
    got = expect(0, 'run', '-p', 'linux-6.1', '--map-line', '8', '--ascii', 'seven.mms', out='^line 8: mprotect')
    ok(re.search(r'^notified    -[.]+$', got.stdout, re.M), 'up to the end of the first 1G', got.stdout)
    ok(run('run', '--map', 'seven.mms', env=dict(os.environ, LC_ALL='C')).stdout.isascii(),
       'ASCII where the locale is not UTF-8')
    got = run('run', '--map', 'seven.mms', env=dict(os.environ, LC_ALL='C.UTF-8', COLUMNS='100'))
    rows = [line for line in got.stdout.splitlines() if line.startswith('notified')]
    ok(rows and len(rows[0]) == 99 and '\u2588' in rows[0], 'Unicode, as wide as COLUMNS', rows)
    ok('\x1b' not in got.stdout, 'no colours into a pipe')
    expect(0, 'run', '--map', 'empty-map.mms', out='nothing to draw')
    expect(0, 'run', '--map-line', '1', 'seven.mms', out='nothing to draw: no operation of that line')
    expect(2, 'run', '--map', '--json', 'seven.mms', err='not with --json')


def on_terminal(*args, **env):
    """What a terminal of 100 columns shows of both streams."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
    more = {'TERM': 'xterm', 'LC_ALL': 'C.UTF-8', **env}
    clean = {name: value for name, value in os.environ.items() if name not in ('NO_COLOR', 'COLUMNS')}
    child = subprocess.Popen([BINARY, *args], stdin=subprocess.DEVNULL, stdout=side, stderr=side, cwd=work,
                             env={**clean, **more})
    os.close(side)
    shown = b''
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(main)
    child.wait()
    return shown.decode(errors='replace')


def test_terminal():
    shown = on_terminal('run', '--map', 'seven.mms')
    ok('\x1b[33m\u2588' in shown, 'colours on a terminal', shown)
    ok(re.search('notified    \x1b\\[33m\u2588{87}\x1b', shown), 'of its width')
    ok('\x1b[3' not in on_terminal('run', '--map', 'seven.mms', NO_COLOR='1'), 'none with NO_COLOR')
    ok('\x1b[3' not in on_terminal('run', '--map', 'seven.mms', TERM='dumb'), 'none on a dumb one')
    ok(' operations\x1b[K' not in shown, 'no progress for what is quick')
    write('slow.mms', 'map ram 0x100000000000 64G rw anon private nohuge\ntouch ram 4M w\nrepeat 1000000\n'
          'mprotect ram 4M r\nmprotect ram 4M rw\nend\n')
    for command in ('run', 'compare'):
        shown = on_terminal(command, '-p', 'linux-6.12', 'slow.mms')
        ok(re.search(r'\r[\d,]+ operations\x1b\[K', shown), f'{command}: progress after a second',
           shown[-300:])
        ok('\r\x1b[K' in shown, f'{command}: and it goes away')
    got = run('run', 'slow.mms')
    ok('operations\x1b' not in got.stderr, 'no progress into a pipe', got.stderr)


def test_bad_input():
    expect(3, 'run', 'missing.mms', err='missing.mms: .*No such file', lines=1)
    expect(3, 'run', '.', err='Is a directory', lines=1)
    expect(3, 'run', 'empty.mms', err='empty.mms: error', lines=1)
    expect(3, 'run', 'comment.mms', err='comment.mms: error', lines=1)
    expect(3, 'run', 'broken.mms', err=r"broken\.mms:2:1: .*did you mean|broken\.mms:2:.*mprotect")
    expect(3, 'run', 'binary.mms', err='binary.mms')
    expect(3, 'run', 'long.mms', err='long.mms')
    expect(3, 'compare', 'broken.mms', err='broken.mms:2')
    expect(3, 'run', '--cost', 'missing.cost', 'seven.mms', err='missing.cost: No such file', lines=1)
    write('bad.cost', 'head_scaned 1\n')
    expect(3, 'run', '--cost', 'bad.cost', 'seven.mms',
           err=r"bad\.cost:1: unknown cost 'head_scaned'; did you mean 'head_scanned'", lines=1)
    write('good.cost', 'name box\nhead_scanned 2\n')
    expect(0, 'run', '--cost', 'good.cost', 'seven.mms', out='cost table box')
    if os.geteuid():
        write('secret.mms', SEVEN)
        os.chmod(os.path.join(work, 'secret.mms'), 0)
        expect(3, 'run', 'secret.mms', err='Permission denied', lines=1)
    write('replaced.mms', 'map a 0x10000000 4K rw anon private\n' * 1 +
          ''.join(f'map a{i} 0x10000000 4K rw anon private\n' for i in range(9)))
    got = expect(0, 'run', 'replaced.mms', err='further warnings are not shown')
    ok(got.stderr.count(': warning: ') <= 4, 'a few warnings are enough', got.stderr)
    expect(0, 'compare', 'replaced.mms', lines=0)
    with open(os.path.join(work, 'replaced.mms'), 'a') as file:
        file.write('mprotcet a 4K r\n')
    got = expect(3, 'run', 'replaced.mms', err=r'replaced\.mms:11:1: error')
    ok('warning' not in got.stderr, 'errors come without warnings', got.stderr)
    got = run('run', 'binary.mms')
    ok(len(got.stderr.splitlines()) <= 21 and len(got.stderr) < 20000,
       'binary input does not flood the terminal')


def test_names():
    """A name with escape sequences was printed as it is, and the terminal obeyed it."""
    name = 'a\x1b[31mb\nc\x9b"\'<b>.mms'
    write(name, SEVEN)
    shown = r'a\x1b[31mb\x0ac\xc2\x9b"'
    for args in (['run', name], ['run', name, name], ['run', '--stats', name]):
        got = expect(0, *args)
        ok(shown in got.stdout and '\x1b' not in got.stdout, 'control bytes of a name are made visible', got.stdout)
    write(name + '2', 'mprotcet ram 4K r\n')
    for args in (['run', name + '2'], ['run', 'no\x1b[31m.mms'], ['run', '--profile', '\x1b[31m', name],
                 ['import', 'strace', name], ['report', '-o', '/dev/null', 'no\x1b[31m'], ['\x1b[31m'],
                 ['list', 'runs', name], ['merge', name, name], ['diff', name, name], ['run', '--\x1b[31m']):
        got = run(*args)
        ok(got.returncode in (2, 3) and '\x1b' not in got.stderr and r'\x1b[31m' in got.stderr,
           f'... in the messages of {args[0]!a}, too', got.stderr)
    expect(0, 'run', '--quiet', '--store', 'names.db', name)
    ok(shown in expect(0, 'list', 'runs', 'names.db').stdout, '... once only in the list of stored runs')
    got = expect(0, 'run', '--json', name)
    ok(json.loads(got.stdout)['scripts'][0]['file'] == name, 'JSON has the name as it is')


def test_recordings_as_scripts():
    """Each of their lines was an unknown operation."""
    write('ours.ftrace', '# mmuscope recording 1\nx-1 [000] 1.0: y: z\n')
    for name in ('ours.ftrace', 'trace.dat'):
        for command in ('run', 'compare', 'report'):
            expect(3, command, name, err=f'{name}: not a script but .* \'mmuscope import ftrace\'', lines=1)
    write('x.perf', b'PERFILE2' + bytes(100))
    expect(3, 'run', 'x.perf', err='perf script', lines=1)
    expect(0, 'run', '--quiet', '--store', 'as-script.db', 'seven.mms')
    expect(3, 'run', 'as-script.db', err='mmuscope list runs', lines=1)


def test_killed_import():
    """It left a file beside the one that was to be written."""
    try:
        os.close(os.open(work, os.O_TMPFILE | os.O_RDWR))
    except OSError as error:
        skip('a killed import leaves no file', f'files without a name cannot be made here: {error}')
        return
    before = os.listdir(work)
    with subprocess.Popen([BINARY, 'import', 'strace', '-o', 'killed.mms', '-'], cwd=work, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as proc:
        # more than it reads before it writes
        for _ in range(100):
            proc.stdin.write(PROG.encode() * 100)
        proc.kill()
    ok(proc.returncode == -9 and sorted(os.listdir(work)) == sorted(before), 'a killed import leaves no file', os.listdir(work))


def test_import():
    expect(0, 'import', '-o', 'prog.mms', 'strace', 'prog.strace', err='prog.strace: 6 lines')
    expect(0, 'run', 'prog.mms')
    expect(0, 'import', '-o', 'dat.mms', 'ftrace', 'trace.dat', err='trace.dat: 88 lines, 24 operations')
    expect(0, 'run', 'dat.mms')
    with open(os.path.join(work, 'trace.dat'), 'rb') as file:
        write('half.dat', file.read()[:5000])
    got = expect(3, 'import', 'ftrace', 'half.dat', err=r'half\.dat: error: libtracecmd')
    ok(len(got.stderr.splitlines()) == 2, 'libtracecmd itself says nothing', got.stderr)
    expect(3, 'import', 'strace', 'missing', err='missing: No such file', lines=1)
    expect(3, 'import', 'strace', '.', err='Is a directory', lines=1)
    expect(3, 'import', '-q', 'strace', '/dev/null', err='error')
    expect(3, 'import', '-q', '-o', 'x/y', 'strace', 'prog.strace', err='x/y: No such file', lines=1)
    expect(3, 'import', '-q', '-o', '/dev/full', 'strace', 'prog.strace', err='No space left')
    write('cut.strace', PROG[:PROG.index('munmap') + 20])
    got = expect(3, 'import', '-q', 'strace', 'cut.strace', err=r'cut\.strace:4: error',
                 name='a recording that breaks off')
    ok('mprotect' in got.stdout, 'what came before it is written')
    doc = json.loads(run('import', '--json', '-o', 'prog.mms', 'strace', 'prog.strace').stdout)
    ok(doc['lines'] == 6 and any(call['name'] == 'mprotect' for call in doc['calls']),
       'import --json', doc)


def test_completion():
    script = run('commands', '--completion').stdout

    def complete(*words):
        line = ' '.join(f"'{word}'" for word in words)
        text = script + f'\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _mmuscope; ' \
            'printf "%s\\n" "${COMPREPLY[@]}"'
        return subprocess.run(['bash', '-c', text], capture_output=True, text=True,
                              cwd=work).stdout.split()
    ok(complete('mmuscope', 'co') == ['compare', 'commands'], 'commands complete')
    ok(complete('mmuscope', 'run', '--pro') == ['--profile'], 'options complete')
    ok('linux-6.12' in complete('mmuscope', 'run', '--profile', 'linux-6'), 'choices complete')
    ok(complete('mmuscope', 'run', 'sev') == ['seven.mms'], 'files complete')
    ok(complete('mmuscope', 'list', 'pro') == ['profiles'], 'words complete')
    ok(complete('mmuscope', 'help', 'imp') == ['import'], 'help completes commands')


def test_examples(commands):
    tools = os.path.join(work, 'bin')
    os.mkdir(tools)
    os.symlink(BINARY, os.path.join(tools, 'mmuscope'))
    env = dict(os.environ, PATH=tools + ':' + os.environ['PATH'])
    for command in commands:
        if command['name'] == 'probe' and not PROBE:
            skip('examples of probe', 'ThreadSanitizer has the addresses that are measured')
            continue
        for example in command['examples']:
            got = subprocess.run(['bash', '-o', 'pipefail', '-c', example], cwd=work, env=env,
                                 capture_output=True, text=True, timeout=600)
            if got.returncode == 77:
                skip(f'example: {example}', got.stdout)
                continue
            ok(got.returncode == 0, f'example: {example}', got.stderr, got.stdout[:1000])


def main():
    prepare()
    try:
        commands = table()
        test_help(commands)
        test_manual(commands)
        test_usage()
        test_options()
        test_run()
        test_jobs()
        test_memory()
        test_short_memory()
        test_bench()
        test_json()
        test_compare()
        test_designs()
        test_stall()
        test_costs()
        test_probe()
        test_trace()
        test_map()
        test_terminal()
        test_bad_input()
        test_names()
        test_killed_import()
        test_recordings_as_scripts()
        test_import()
        test_completion()
        test_examples(commands)
    finally:
        shutil.rmtree(work)
    return done()


sys.exit(main())
