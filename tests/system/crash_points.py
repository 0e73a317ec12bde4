"""The system calls of a command at which a fault is worth injecting."""
import collections, os, pathlib, re, subprocess, tempfile

# Calls that change what is on disk or what others see; all others leave the state as the one before.
CHANGING = ('openat,write,pwrite64,pwritev,writev,fsync,fdatasync,syncfs,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,'
            'mkdirat,ftruncate,fchmod')
# LeakSanitizer cannot work in a process that is traced, and its slow stack traces would only cost time.
TRACED = {**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'}


def trace_points(argv, prepare):
    """(name, k) of every changing call of the command, from one undisturbed run."""
    prepare()
    fd, name = tempfile.mkstemp()
    os.close(fd)
    out = pathlib.Path(name)
    done = subprocess.run(['strace', '-f', '-qq', '-o', out, '-e', 'trace=' + CHANGING, *argv], capture_output=True, text=True,
                          env=TRACED)
    assert done.returncode == 0, done.stdout + done.stderr
    count, points = collections.Counter(), {}
    for line in out.read_text(errors='replace').splitlines():
        m = re.match(r'(\d+)\s+(\w+)\((.*)', line)
        # Opening for reading changes nothing.
        if m and not (m[2] == 'openat' and 'O_WRONLY' not in m[3] and 'O_RDWR' not in m[3]):
            count[m[1], m[2]] += 1
            points[m[2], count[m[1], m[2]]] = True
        elif m:
            count[m[1], m[2]] += 1
    out.unlink()
    return list(points)
