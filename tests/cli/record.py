#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""record and import proc on living programs: what is recorded, and that nothing is left behind.

usage: record.py MMUSCOPE    (TAP on standard output)

Skips what this host does not permit: tracefs needs root, the probe /dev/kvm.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
TRACEFS = ('/sys/kernel/tracing', '/sys/kernel/debug/tracing')
SOURCE = Path(__file__).resolve().parents[2]
WORK = tempfile.mkdtemp(prefix='mmuscope-record-')


def run(*args, **more):
    return subprocess.run([BINARY, *args], capture_output=True, text=True, cwd=WORK, timeout=120,
                          errors='replace', **more)


def expect(status, *args, err=None, out=None):
    got = run(*args)
    good = got.returncode == status and (err is None or re.search(err, got.stderr, re.M)) and \
        (out is None or re.search(out, got.stdout, re.M))
    tap.ok(good, f"{' '.join(args)}: {status}", f'status {got.returncode}', got.stderr, got.stdout[-2000:])
    return got


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def instances():
    """Those that a recorder left behind; others may be recording at the same time."""
    return [name for base in TRACEFS if os.path.isdir(base + '/instances')
            for name in os.listdir(base + '/instances')
            if name.startswith('mmuscope-record-') and not lives(int(name.rsplit('-', 1)[1]))]


def why_not():
    """Why nothing can be recorded here; None if it can."""
    got = run('record', '-q', '--no-probe', '-o', 'try.ftrace', '--', 'true')
    return got.stderr.strip().replace('\n', '; ') if got.returncode == 77 else None


def test_usage():
    expect(2, 'record', err='which command, or which -p PID')
    expect(2, 'record', '-p', '1', 'ls', err='not both')
    expect(2, 'record', '--duration', '10', 'ls', err='wants a time such as 10s')
    expect(2, 'record', '--buffer', '1', 'ls', err='between 4K and 16G')
    expect(2, 'record', '--check', '-o', '-', 'ls', err='needs a file')
    expect(77, 'record', '--tracefs', WORK, 'ls', err='without it: strace')
    expect(77, 'record', '--tracefs', '/nowhere', 'ls', err='tracefs is not mounted')


def test_import_process():
    got = expect(0, 'import', 'proc', str(os.getpid()), '-o', 'self.mms')
    maps = Path('/proc/self/maps').read_text()
    named = len([line for line in maps.splitlines() if '[v' not in line])
    made = len(re.findall('^(map|brk) ', Path(WORK, 'self.mms').read_text(), re.M))
    tap.ok(made >= named - 8, 'a living process: its maps', f'{named} maps, {made} in the script', got.stderr)
    expect(0, 'run', 'self.mms')
    expect(0, 'import', 'proc', '--pages', str(os.getpid()), '-o', 'pages.mms')
    text = Path(WORK, 'pages.mms').read_text()
    tap.ok(text.count('\ntouch ') > 20 and 'assumed' not in text.split('\nmap')[1],
           'with its pages, none of them assumed', text[:1500])
    expect(0, 'run', 'pages.mms')
    expect(0, 'import', 'proc', '/proc/self', '-o', 'folder.mms')
    expect(3, 'import', 'proc', '2147483646', err='No such process')
    expect(2, 'import', 'ftrace', '--pages', 'x', err='--pages is for proc')


def test_texts():
    """Recordings that were cut off, and marks that make no sense."""
    head = '# mmuscope recording 1\n# map of 12 100000-200000 rw-p 00000000 00:00 0\n'
    line = '  a-12 (     12) [000]  1.000001: page_fault_user: address=0x100010 ip=0x1 error_code=0x7\n'
    Path(WORK, 'cut.ftrace').write_text(head + line)
    expect(3, 'import', 'ftrace', 'cut.ftrace', err='the recording breaks off')
    Path(WORK, 'whole.ftrace').write_text(head + line + '# lost 7 events on 2 CPUs\n# end of recording\n')
    got = expect(0, 'import', 'ftrace', 'whole.ftrace', err='LOST when it was recorded, events: 7')
    tap.ok('touch m1 4K w' in got.stdout, 'a map that was there, and its fault', got.stdout)
    nonsense = ''.join(f'# {text}\n' for text in (
        'map of 12', 'map of 12 zz', 'map of 99999999999999999999 1000-2000 rw-p 0 0 0', 'touched of 12 1-2 w',
        'touched of 12 100000-300000 w', 'touched of 12 200000-100000 r', 'kvm of 12 ', 'probe of 12 ends'))
    Path(WORK, 'odd.ftrace').write_text(head + nonsense + line + '# end of recording\n')
    expect(0, 'import', 'ftrace', 'odd.ftrace', out='touch m1 4K w')


TWO_VMS = """# mmuscope recording 1
# kernel 6.12.0
m-1 ( 1) [000] 1.000001: tracing_mark_write: mmuscope: probe of 12 begins
a-12 ( 12) [000] 1.000002: sys_ioctl(fd: 3, cmd: 0xae01, arg: 0)
a-12 ( 12) [000] 1.000003: sys_ioctl -> 0x4
m-1 ( 1) [000] 1.000004: tracing_mark_write: mmuscope: probe of 12 ends, 0
# map of 12 100000-200000 rw-p 00000000 00:00 0
CALL(DONTNEED)
a-12 ( 12) [000] 1.000014: sys_ioctl(fd: 5, cmd: 0xae01, arg: 0)
x) [0-13 ( 12) [001] 1.000015: sys_ioctl -> 0xffffffffffffffe7
a-12 ( 12) [000] 1.000016: sys_ioctl -> 0x6
CALL(DONTNEED DONTNEED)
CALL(DONTNEED DONTNEED)
# end of recording
"""


def test_two_vms():
    """Each notification was counted once per VM of the program, so that few of them seemed foretold."""
    unmap = 'a-12 ( 12) [000] 2.0: kvm_unmap_hva_range: mmu notifier unmap range: 0x100000 -- 0x180000\n'
    other = 'x) [1-13 ( 12) [001] 2.0: sys_getpid()\n'
    text = re.sub(r'CALL\((.*)\)\n', lambda call: 'a-12 ( 12) [000] 2.0: sys_madvise(start: 0x100000, len_in: 0x80000, '
                  'behavior: 0x4)\n' + other.join([unmap] * len(call[1].split())) +
                  'a-12 ( 12) [000] 2.0: sys_madvise -> 0x0\n', TWO_VMS)
    Path(WORK, 'two.ftrace').write_text(text)
    expect(0, 'record', '--from', 'two.ftrace', out='12: 3 recorded, 3 predicted by linux-6.12, 3 agree in order')
    check = json.loads(expect(0, 'record', '--from', 'two.ftrace', '-p', '12', '--json').stdout)
    tap.ok((check['recorded'], check['predicted'], check['agree']) == (3, 3, 3), '... as JSON', check)
    expect(3, 'record', '--from', 'two.ftrace', '-p', '13', err='two.ftrace: nothing of process 13 in it.*; the first one is 12')
    expect(3, 'record', '--from', 'whole.ftrace', err='no notification in it: kvm:kvm_unmap_hva_range was not .*-p tells')
    expect(3, 'record', '--from', 'whole.ftrace', '-p', '12', err='does not say which kernel .*--kernel RELEASE')
    expect(0, 'record', '--from', 'whole.ftrace', '-p', '12', '--kernel', '6.12.0', out='12: 0 recorded, 0 predicted')
    expect(2, 'record', '--kernel', '6.12.0', 'ls', err='--kernel is for --from')
    expect(3, 'record', '--from', 'missing', err='missing: No such file')
    expect(2, 'record', '--from', 'two.ftrace', 'ls', err='--from records nothing')


PERF = """# os release : 6.12.7
# captured on : some day
:12 12 [000] 1.0: raw_syscalls:sys_enter: NR 9 (0, 200000, 3, 22, ffffffffffffffff, 0)
:12 12 [000] 1.1: raw_syscalls:sys_exit: NR 9 = 139637976727552
CLONE3
qemu 13 [001] 1.3: raw_syscalls:sys_enter: NR 28 (7f0000000000, 200000, 4, 0, 0, 0)
qemu 13 [001] 1.4: kvm:kvm_unmap_hva_range: mmu notifier unmap range: 0x00007f0000000000 -- 0x00007f0000200000
qemu 13 [001] 1.5: raw_syscalls:sys_exit: NR 28 = 0
"""


def test_others():
    """A recording that is not ours: whose notifications, of which kernel, and what it lacks."""
    newtask = ('qemu 12 [000] 1.2: raw_syscalls:sys_enter: NR 435 (7f, 58, 0, 0, 0, 0)\n'
               'qemu 12 [000] 1.2: task:task_newtask: pid=13 comm=qemu clone_flags=3d0f00 oom_score_adj=0\n'
               'qemu 12 [000] 1.2: raw_syscalls:sys_exit: NR 435 = 13\n')
    fault = 'qemu 12 [000] 1.2: exceptions:page_fault_user: address=0x7f0000000000 ip=0x1 error_code=0x6\n'
    Path(WORK, 'perf.txt').write_text(PERF.replace('CLONE3\n', newtask + fault))
    got = expect(0, 'record', '--from', 'perf.txt', out='12: 1 recorded, 1 predicted by linux-6.12, 1 agree in order')
    tap.ok(not got.stderr, 'a recording with all that is needed lacks nothing', got.stderr)
    Path(WORK, 'poor.txt').write_text(PERF.replace('CLONE3\n', newtask).replace('os release', 'x'))
    expect(3, 'record', '--from', 'poor.txt', err='does not say which kernel')
    expect(0, 'record', '--from', 'poor.txt', '--kernel', '6.1.0-13-amd64', out='predicted by linux-6.1,',
           err='lacks exceptions:page_fault_user')
    Path(WORK, 'strangers.txt').write_text(PERF.replace('CLONE3\n', fault.replace('7f0000000000', '400000')))
    expect(0, 'record', '--from', 'strangers.txt', out='process 13: 1 recorded, 1 predicted')
    expect(0, 'record', '--from', 'strangers.txt', '-p', '12', out='process 12: 0 recorded',
           err='1 faults and calls are outside of every map')
    got = expect(0, 'record', '--from', str(SOURCE / 'scripts/recordings/qemu-guest.ftrace.zst'), '--json')
    check = json.loads(got.stdout)
    tap.ok(check['recorded'] > 4000 and check['agree'] * 1000 >= check['recorded'] * 998,
           'the recording of a QEMU: its notifications are foretold', got.stdout)
    dat = str(SOURCE / 'tests/import/data/trace-v7.dat')
    expect(3, 'record', '--from', dat, err='no notification in it')
    expect(0, 'record', '--from', dat, '-p', '5962', out='0 recorded, 0 predicted by linux-6.12',
           err='faults and calls are outside of every map')
    Path(WORK, 'nothing.txt').write_text(fault)
    expect(3, 'record', '--from', 'nothing.txt', err='no notification in it')
    expect(3, 'record', '--from', '/dev/null', err='recording is empty')


EXEC = """# mmuscope recording 1
# kernel 6.12.0
PROBE
# map of 12 100000-200000 rw-p 00000000 00:00 0
CALL(100000)
a-12 ( 12) [000] 3.0: sys_execve(filename: 0x1, argv: 0x2, envp: 0x3)
b-12 ( 12) [000] 3.1: sched_process_exec: filename=/usr/bin/b pid=12 old_pid=12
b-12 ( 12) [000] 3.2: sys_execve -> 0x0
PROBE
# map of 12 400000-500000 rw-p 00000000 00:00 0
CALL(400000)
# end of recording
"""


def test_exec():
    """The end of the old address space was foretold as a munmap that KVM is told of; it is not."""
    mark = 'm-1 ( 1) [000] 2.0: tracing_mark_write: mmuscope: probe of 12 '
    probe = (f'{mark}begins\na-12 ( 12) [000] 2.0: sys_ioctl(fd: 3, cmd: 0xae01, arg: 0)\n'
             f'a-12 ( 12) [000] 2.0: sys_ioctl -> 0x4\n{mark}ends, 0\n')
    text = re.sub(r'CALL\((.*)\)', r'a-12 ( 12) [000] 4.0: sys_madvise(start: 0x\1, len_in: 0x1000, behavior: 0x4)\n'
                  r'a-12 ( 12) [000] 4.0: kvm_unmap_hva_range: mmu notifier unmap range: 0x\1 -- 0x\g<1>+1\n'
                  r'a-12 ( 12) [000] 4.0: sys_madvise -> 0x0', EXEC.replace('PROBE\n', probe))
    Path(WORK, 'exec.ftrace').write_text(text.replace('00000+1', '01000'))
    expect(0, 'record', '--from', 'exec.ftrace', out='12: 2 recorded, 2 predicted by linux-6.12, 2 agree in order')
    expect(0, 'import', 'ftrace', 'exec.ftrace', out=r'^exec  # line .*\n(.*\n)*map m2 0x400000 1M')


def test_record():
    expect(5, 'record', '-o', 'a.ftrace', '--', 'sh', '-c', 'exit 5', err=r'a\.ftrace: \d+ lines')
    expect(0, 'import', 'ftrace', 'a.ftrace', '-o', 'a.mms')
    expect(0, 'run', 'a.mms')
    expect(128 + 9, 'record', '-q', '-o', 'a.ftrace', 'sh', '-c', 'kill -9 $$')
    before = Path(WORK, 'a.ftrace').read_text()
    expect(3, 'record', '-o', 'a.ftrace', '--', '/nowhere/at-all', err='No such file')
    tap.ok(Path(WORK, 'a.ftrace').read_text() == before, 'a failed recording leaves the file that was there')
    expect(0, 'record', '-o', 'we"ird\n<b>.ftrace', 'true', err='lines')
    expect(0, 'record', '-p', str(os.getpid()), '--duration', '200ms', '-o', 'self.ftrace')
    expect(0, 'import', 'ftrace', 'self.ftrace', '-o', 'self2.mms')
    expect(128 + 15, 'record', '-q', '--duration', '300ms', '-o', 'd.ftrace', 'sleep', '60')
    stubborn = 'trap "" TERM; while :; do sleep 1; done'
    expect(128 + 9, 'record', '-q', '--duration', '300ms', '-o', 'd.ftrace', 'sh', '-c', stubborn)
    got = expect(0, 'record', '--json', '-q', '-o', 'j.ftrace', 'true')
    info = json.loads(got.stdout)
    tap.ok(info['facility'] == 'tracefs' and info['lines'] > 10, 'the summary as JSON', info)
    expect(0, 'record', '-q', '-o', '/dev/null', 'true')
    tap.ok(not os.path.isfile('/dev/null'), 'a device is written to, not replaced by a file')
    tap.ok(not instances(), 'no instance is left', instances())


def test_lost():
    busy = 'import mmap\nfor i in range(60000): mmap.mmap(-1, 4096).close()'
    got = run('record', '-q', '--json', '--no-probe', '--buffer', '4K', '-o', 'lost.ftrace', sys.executable, '-c', busy)
    lost = json.loads(got.stdout)['lost']
    said = re.search(r'^# lost (\d+) events', Path(WORK, 'lost.ftrace').read_text(), re.M)
    tap.ok(said and int(said[1]) == lost, f'{lost} lost events are in the file, too', got.stdout)
    if lost:
        expect(0, 'import', 'ftrace', 'lost.ftrace', '-o', 'lost.mms', err=f'LOST when it was recorded, events: {lost}')


def runs(recorder, program):
    """Whether the recorded program runs already."""
    try:
        children = Path(f'/proc/{recorder.pid}/task/{recorder.pid}/children').read_text().split()
        return any(Path(f'/proc/{child}/comm').read_text().strip() == program for child in children)
    except OSError:
        return False


def listen():
    """Not as whoever started this test under nohup has it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def start_sleep():
    """A recorder whose program has just been executed."""
    recorder = subprocess.Popen([BINARY, 'record', '-q', '-o', 'sig.ftrace', '--', 'sleep', '20'], cwd=WORK,
                                start_new_session=True, stderr=subprocess.DEVNULL, preexec_fn=listen)
    deadline = time.monotonic() + 60
    while not runs(recorder, 'sleep') and recorder.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    return recorder


def test_signal_while_probed():
    """A signal that comes while the recorder makes a VM in the program is not lost."""
    got = []
    for _ in range(12):
        recorder = start_sleep()
        os.killpg(recorder.pid, signal.SIGHUP)
        got.append(recorder.wait(60))
    tap.ok(got == [128 + signal.SIGHUP] * 12, 'a signal while the program is probed reaches it', got)


def test_signals():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
        recorder = start_sleep()
        time.sleep(0.5)
        os.killpg(recorder.pid, number)
        status = recorder.wait(30)
        if number == signal.SIGKILL:
            tap.ok(not Path(WORK, 'sig.ftrace').exists() or 'end of recording' in
                   Path(WORK, 'sig.ftrace').read_text(), 'kill -9 leaves no file that looks whole')
            run('record', '-q', '-o', 'next.ftrace', 'true')
            tap.ok(not instances(), 'the next recorder removes the instance of a killed one', instances())
            continue
        tap.ok(status == 128 + number, f'{number.name} reaches the program', status)
        tap.ok(not instances(), f'{number.name} leaves no instance', instances())


def test_check():
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        tap.skip('record --check', '/dev/kvm cannot be opened')
        return
    for command in (['ls', '/'], ['sh', '-c', 'ls / | wc -l'], [sys.executable, '-c', 'import json']):
        got = run('record', '-q', '--json', '--check', '-o', 'check.ftrace', '--', *command)
        # the program's own output comes first
        check = json.loads(got.stdout[got.stdout.index('{\n'):])['check']
        tap.ok(check['recorded'] > 5 and check['agree'] * 100 >= check['recorded'] * 90,
               f"the model foretells {' '.join(command[:1])}: {check['agree']} of {check['recorded']}", check)


def main():
    test_usage()
    test_import_process()
    test_texts()
    test_two_vms()
    test_others()
    test_exec()
    reason = why_not()
    if reason:
        tap.skip('recording', reason)
        return tap.done()
    test_record()
    test_lost()
    test_signals()
    test_signal_while_probed()
    test_check()
    return tap.done()


sys.exit(main())
