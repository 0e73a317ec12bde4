"""The system calls of a program at which a fault is worth injecting, and the program with one of them."""
import collections, os, pathlib, re, subprocess, tempfile
from typing import NamedTuple

# Calls that change what is on disk or what others see; all others leave the state as the one before.
CHANGING = ('openat,write,pwrite64,pwritev,writev,fsync,fdatasync,syncfs,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,'
            'mkdirat,ftruncate,fchmod,linkat')
# LeakSanitizer cannot work in a process that is traced, and its slow stack traces would only cost time.
TRACED = {**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'}
KILL, DISK_FULL = 'signal=SIGKILL', 'error=ENOSPC'
FAULTS = (KILL, DISK_FULL)


class Point(NamedTuple):
    """The k-th call of this name of a task. Tasks count for themselves: one point may be met by several."""
    name: str
    k: int
    on_disk: bool  # of every task that meets it: sockets and pipes do not run out of disk

    def bears(self, fault):
        return fault != DISK_FULL or self.on_disk

    def __str__(self):
        return f'{self.name} #{self.k}'


def strace(options, variables=None):
    """To be put before a command; `variables` are in the command's environment alone."""
    named = [word for name, value in (variables or {}).items() for word in ('-E', f'{name}={value}')]
    return ['strace', '-f', '-qq', *named, *options]


def tracing(out, calls=CHANGING):
    return ['-y', '-o', out, '-e', 'trace=' + calls]


def injecting(fault, point):
    return ['-o', '/dev/null', '-e', 'trace=' + point.name, '-e', f'inject={point.name}:{fault}:when={point.k}']


def is_on_disk(name, arguments):
    if 'write' not in name and 'send' not in name:
        return True
    return re.match(r'\d+</(?!dev/|proc/)', arguments) is not None


def points_in(trace):
    """The points of what was traced, in the order in which they were met first."""
    count, points = collections.Counter(), {}
    for line in trace.splitlines():
        call = re.match(r'(\d+)\s+(\w+)\((.*)', line)
        if not call:
            continue
        task, name, arguments = call.groups()
        count[task, name] += 1
        # Opening for reading changes nothing.
        if name == 'openat' and 'O_WRONLY' not in arguments and 'O_RDWR' not in arguments:
            continue
        at = name, count[task, name]
        points[at] = points.get(at, True) and is_on_disk(name, arguments)
    return [Point(name, k, on_disk) for (name, k), on_disk in points.items()]


def trace_points(argv, prepare, variables=None):
    """Of a command, from one undisturbed run."""
    prepare()
    fd, name = tempfile.mkstemp()
    os.close(fd)
    out = pathlib.Path(name)
    done = subprocess.run([*strace(tracing(out), variables), *argv], capture_output=True, text=True, env=TRACED)
    assert done.returncode == 0, done.stdout + done.stderr
    points = points_in(out.read_text(errors='replace'))
    out.unlink()
    return points
