"""The negative controls beside this file, the tests of the project by name, and the table in docs/threat_model.md that ties them together.

A control is a patch that switches one defence off. It begins with lines for the reader and for tools/controls:

    # Off: what is not defended any more
    # Rows: C4 C26                                          (of the table, at least one)
    # Fails: agent_test LedgerTest.AFileOfYesterdayIsRolledBack     (a test that must fail then; one a line)

A test is named as in the table: a GoogleTest program and a test, `system.SCRIPT Class.method`, or the name of a CTest."""
import ast, os, pathlib, re, subprocess
from typing import NamedTuple

TABLE = 'docs/threat_model.md'
# What a survey of threats and faults numbers; all of it that is about the customer's host must be answered for.
NUMBERED = [*(f'C{n}' for n in range(1, 27)), *(f'L{n}' for n in range(1, 7)), *(f'F{n}' for n in range(1, 16)),
            'F23', 'F26', 'F27', 'F28', 'F29', 'F30']


class Control(NamedTuple):
    name: str
    path: pathlib.Path
    off: str
    rows: list
    fails: list


class Row(NamedTuple):
    ids: list
    attack: str
    tests: list
    controls: list
    reason: str  # why there is no control, or none for some of the tests


def read_controls(root):
    controls = []
    for path in sorted((root / 'tests' / 'controls').glob('*.patch')):
        said = {'Off': [], 'Rows': [], 'Fails': []}
        for line in path.read_text().splitlines():
            if not (head := re.fullmatch(r'# (Off|Rows|Fails): (.+)', line)):
                break
            said[head[1]].append(head[2].strip())
        controls.append(Control(path.stem, path, ' '.join(said['Off']), ' '.join(said['Rows']).split(), said['Fails']))
    return controls


def read_rows(text):
    """The rows of every table that has a column for the control."""
    rows, columns = [], None
    for line in text.splitlines():
        if not line.startswith('|'):
            columns = None
            continue
        cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]]
        if 'control' in cells:
            columns = cells
        elif columns and not set(line) <= set('|-: '):
            if len(cells) != len(columns):
                raise ValueError(f'{len(cells)} cells in place of {len(columns)}: {line[:60]}')
            cell = dict(zip(columns, cells))
            quoted = lambda name: re.findall(r'`([^`]+)`', cell[name])
            reason = cell['control'].partition('none')
            rows.append(Row(cell['row'].split(), cells[1], quoted('shown by'), re.findall(r'`([^`]+)`', reason[0]),
                            (reason[1] + reason[2]).strip()))
    return rows


def apply(patch, tree, *options):
    """The patch on the tree, wherever that lies: git is told of no repository. What git says when it does not fit."""
    done = subprocess.run(['git', 'apply', '--whitespace=nowarn', *options, str(patch)], cwd=tree, capture_output=True, text=True,
                          env={**os.environ, 'GIT_DIR': '/dev/null'})
    return '' if done.returncode == 0 else (done.stderr.strip() or 'git apply failed')


def known_tests(root):
    """Every name that a test may be called by."""
    names = set()
    for program, folders in re.findall(r'holdfast_test\((\w+) DIRS ([^)]*?)\s+LINK', (root / 'tests/CMakeLists.txt').read_text()):
        for folder in folders.split():
            for file in (root / folder).glob('*.cc'):
                for suite, name in re.findall(r'^\s*TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)', file.read_text(), re.M):
                    names.add(f'{program} {suite}.{name}')
    names |= {f'fuzz_replay.{file.stem.removesuffix("_fuzzer")}' for file in (root / 'tests/fuzz').glob('*_fuzzer.cc')}
    names |= set(re.findall(r'add_test\(NAME (system\.\w+)', (root / 'tests/system/CMakeLists.txt').read_text()))
    for file in (root / 'tests/system').glob('*_test.py'):
        script = f'system.{file.stem.removesuffix("_test")}'
        names.add(script)
        for each in ast.parse(file.read_text()).body:
            if isinstance(each, ast.ClassDef):
                names |= {f'{script} {each.name}.{f.name}' for f in each.body if isinstance(f, ast.FunctionDef)}
    return names


def problems(root, text=None, controls=None):
    """What is wrong with the table and the controls, without building anything."""
    text = (root / TABLE).read_text() if text is None else text
    controls = read_controls(root) if controls is None else controls
    rows, tests = read_rows(text), known_tests(root)
    found = [f'{TABLE}: no row {id}' for id in NUMBERED if not any(id in row.ids for row in rows)]
    by_name = {control.name: control for control in controls}
    for control in controls:
        if not (control.off and control.rows and control.fails):
            found.append(f'{control.name}: does not begin with Off, Rows and Fails')
        if complaint := apply(control.path, root, '--check'):
            found.append(f'{control.name}: {complaint}')
        found += [f'{control.name}: there is no test {test}' for test in control.fails if test not in tests]
        naming = [row for row in rows if control.name in row.controls]
        found += [f'{control.name}: row {id} does not name it' for id in control.rows if not any(id in row.ids for row in naming)]
        found += [f'{control.name}: no row that names it is shown by {test}' for test in control.fails
                  if not any(test in row.tests for row in naming)]
    for row in rows:
        where = f'{TABLE}: {" ".join(row.ids) or "a row without a number"} "{row.attack[:40]}"'
        found += [f'{where}: there is no test {test}' for test in row.tests if test not in tests]
        found += [f'{where}: there is no control {name}' for name in row.controls if name not in by_name]
        found += [f'{where}: {name} is not for it' for name in row.controls
                  if name in by_name and not set(row.ids) & set(by_name[name].rows)]
        if not row.ids or not (row.controls or row.reason):
            found.append(f'{where}: neither a control nor the reason why there is none')
        failing = {test for name in row.controls if name in by_name for test in by_name[name].fails}
        if not row.reason:
            found += [f'{where}: nothing makes {test} fail' for test in row.tests if test not in failing]
    return found
