#!/usr/bin/env python3
"""usage: power_cut.py BINARIES [ext4|xfs [PART...]]     (root; loop devices; not part of tools/test)
PARTS: activation agent heartbeat apply; all when none is named.
`install`, `answer`, `heartbeat`, `apply` and a run of the agent in a power cut: the program is killed at a system call that changes something and the
file system is shut down without writing its log (FS_IOC_SHUTDOWN), mounted again and looked at. What was acknowledged must have survived; the state is
the old one or the new one; the next try converges. The TPM's state is on no disk that is cut, as with a real TPM: what its counter says is never
lost, so the ledger must be there.   apt: strace e2fsprogs xfsprogs"""
import shutil, subprocess, sys
from crash_points import KILL, TRACED, injecting, points_in, strace, trace_points, tracing
from cut_disk import CutDisk
from kept_host import KeptHost
from reporting_plan import product_that_reports
from stage import Stage
from traced_agent import TracedAgent

BINARIES, FS, PARTS = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else 'ext4', sys.argv[3:]


def told(what, points, violations):
    print(f'{what} on {FS}: {len(points)} looked at, {len(violations)} violations', *violations, sep='\n  ', flush=True)
    return violations


def sweep(what, argv, disk, prepare, check):
    argv = [str(word) for word in argv]
    points, violations = [*(point for point in trace_points(argv, prepare) if point.on_disk), None], []
    for point in points:
        prepare()
        # The last point is a cut after the program has ended.
        prefix = strace(injecting(KILL, point)) if point else []
        done = subprocess.run([*prefix, *argv], capture_output=True, text=True, env=TRACED)
        disk.cut()
        if problem := check(done.returncode == 0):
            violations.append(f'{what}, {point}: {problem}')
    return told(what, points, violations)


def standing(host):
    """The license and None, or what is wrong with the ledger."""
    host.tpm.free_slots()
    done = host.run('status', '--json')
    if done.code != 0:
        return None, 'no status: ' + done.text
    said = done.json()
    if said['ledger']['finding'] != 'good' or said['licenses'][0]['state'] != 'active':
        return None, 'the ledger is not good: ' + done.text
    return said['licenses'][0], None


def cut_activation(stage, disk, vendor):
    tpm = stage.tpm('a')
    vendor.trust(tpm)
    sold = vendor.sell()
    host = stage.host('host', tpm, vendor)
    request, answer = stage.path('r.request'), stage.path('r.answer')
    assert host.request(sold['product_key'], request).code == 0
    good_vendor, good_state = stage.path('vendor-good'), stage.path('state-good')
    shutil.copytree(vendor.dir, good_vendor)
    shutil.copytree(host.state, good_state)
    assert vendor.answer(request, answer).code == 0

    host.state = disk.mount / 'state'

    def check_install(acknowledged):
        there = (host.state / 'licenses' / 'acme-cad.json').exists()
        if acknowledged and not there:
            return 'acknowledged and lost'
        host.tpm.free_slots()
        if host.run('check', 'export').code != (0 if there else 3):
            return 'neither old nor new'
        if host.run('install', answer).code != 0:
            return 'does not converge'

    bad = sweep('install', [f'{BINARIES}/holdfast', 'install', answer, *host.options()], disk, lambda: disk.put(good_state, 'state'),
                check_install)

    whole, vendor.dir = vendor.dir, disk.mount / 'vendor'
    out = disk.mount / 'vendor' / 'out.answer'

    def check_answer(acknowledged):
        shown = vendor.run('license', 'show', sold['license'], '--json')
        if shown.code != 0:
            return 'the store is unreadable: ' + shown.text
        used = shown.json()['activations_used']
        if acknowledged and (used != 1 or not out.exists()):
            return 'acknowledged and lost'
        for done in (vendor.answer(request, out), vendor.run('audit', 'verify')):
            if done.code != 0:
                return 'does not converge: ' + done.text
        if vendor.run('license', 'show', sold['license'], '--json').json()['activations_used'] != 1:
            return 'counted twice'

    bad += sweep('answer', [f'{BINARIES}/holdfast-vendor', 'answer', request, '-o', out, '--dir', vendor.dir], disk,
                 lambda: disk.put(good_vendor, 'vendor'), check_answer)
    vendor.dir = whole
    return bad


def put_on(disk, host, name):
    disk.put(host.state, name)
    host.state = disk.mount / name


def cut_agent(stage, disk, vendor):
    """Nothing is brought back: start, units, and end, from cut to cut."""
    host = stage.licensed_host(vendor)
    host.start_agent()  # so that the state is one that a run ended with
    assert host.stop_agent() == 0
    put_on(disk, host, 'agent')

    def run_once(options):
        with TracedAgent(host, options) as agent:
            return sum(n for n in (1, 2, 3) if agent.runs() and host.run('consume', 'pages', n).code == 0)

    trace = host.dir / 'trace'
    granted = run_once(tracing(trace))
    assert granted == 6, granted
    points, violations = [*(point for point in points_in(trace.read_text(errors='replace')) if point.on_disk), None], []
    for point in points:
        granted += run_once(injecting(KILL, point) if point else tracing('/dev/null'))
        disk.cut()
        license, problem = standing(host)
        used = license['limits']['pages']['used'] if license else 0
        if not problem and used < granted:
            problem = f'{granted} units were granted, and {used} are on record'
        if problem:
            violations.append(f'agent, {point}: {problem}')
            break  # it would be found again at each point that follows
    return told(f'agent ({granted} units granted, {used} on record)', points, violations)


def what_the_vendor_sees(vendor, reports):
    """All that is worse than reports that never arrived."""
    last, bad = 0, []
    for report in reports:
        said = vendor.run('heartbeat', report, '-o', report + '.answer', '--json').json()
        if 'fork' in said or set(said['notes']) - {'heartbeat.gap'} or said['sequence'] <= last:
            bad.append(f'after number {last}: {said}')
        last = said['sequence']
    return bad


def cut_reports(stage, disk, vendor):
    """Nothing is brought back: one history of reports, which the vendor takes at the end."""
    host = stage.licensed_host(vendor)
    put_on(disk, host, 'reporting')
    out, reports = disk.mount / 'report', []

    def keep():
        reports.append(str(shutil.copy(out, host.dir / f'report{len(reports)}')))

    def check(acknowledged):
        if acknowledged and not out.exists():
            return 'acknowledged and lost'
        _, problem = standing(host)
        if problem:
            return problem
        if out.exists():
            keep()
        done = host.run('heartbeat', '-o', out)
        if done.code != 0:
            return 'does not converge: ' + done.text
        keep()

    def prepare():
        out.unlink(missing_ok=True)
        disk.sync()  # else the cut would bring it back

    bad = sweep('heartbeat', [f'{BINARIES}/holdfast', 'heartbeat', '-o', out, *host.options()], disk, prepare, check)
    return bad + told('reports at the vendor', reports, what_the_vendor_sees(vendor, reports))


def cut_apply(stage, disk, vendor):
    host = stage.licensed_host(vendor)
    report, answer, license = host.dir / 'report', host.dir / 'answer', host.sold['license']
    for done in (vendor.run('license', 'renew', license, '--for', '365d'), host.run('heartbeat', '-o', report),
                 vendor.run('heartbeat', report, '-o', answer)):
        assert done.code == 0, done.text
    after = vendor.run('license', 'show', license, '--json').json()['ends']
    kept = KeptHost(host)
    host.state = disk.mount / 'applying'
    host.state.mkdir()

    def prepare():
        kept.bring_back()
        disk.sync()

    def check(acknowledged):
        found, problem = standing(host)
        if problem:
            return problem
        heard = 'last_contact' in found
        if acknowledged and not heard:
            return 'acknowledged and lost'
        if heard and found['expires'] != after:
            return 'neither old nor new'
        done = host.run('apply', answer)
        if done.code != 0 or standing(host)[0]['expires'] != after:
            return 'does not converge: ' + done.text

    return sweep('apply', [f'{BINARIES}/holdfast', 'apply', answer, *host.options()], disk, prepare, check)


def main():
    stage = Stage(BINARIES)
    disk = None
    try:
        disk = CutDisk(stage, FS)
        vendor = stage.vendor('vendor')
        vendor.add_product(terms=product_that_reports(stage))
        parts = {'activation': cut_activation, 'agent': cut_agent, 'heartbeat': cut_reports, 'apply': cut_apply}
        return bool([problem for name in PARTS or parts for problem in parts[name](stage, disk, vendor)])
    finally:
        if disk:
            disk.close()
        stage.close()


if __name__ == '__main__':
    sys.exit(main())
