"""A command with each fault at each of its system calls that can change something, one after the other."""
import subprocess
from crash_points import FAULTS, TRACED, injecting, strace, trace_points


def sweep(test, argv, prepare, check, converge, variables=None, keep=lambda point: True):
    """`prepare` brings back the state that the command begins with, `check` looks at what the fault left, with the command's end as
    an argument, and `converge` tries again. `keep`: which of the points."""
    argv = [str(word) for word in argv]
    points = [point for point in trace_points(argv, prepare, variables) if keep(point)]
    test.assertGreater(len(points), 3)
    runs = failed = 0
    for fault in FAULTS:
        for point in points:
            if not point.bears(fault):
                continue
            with test.subTest(f'{fault} at {point}'):
                prepare()
                done = subprocess.run([*strace(injecting(fault, point), variables), *argv], capture_output=True, text=True, timeout=120,
                                      env=TRACED)
                runs += 1
                failed += done.returncode != 0
                check(done)
                converge()
    test.assertGreater(failed, runs // 2, 'faults that nobody met')
    print(f'{len(points)} points, {runs} runs, {failed} of them failed')
