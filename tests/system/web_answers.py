"""The table of docs/application.md, "In web applications", which the middlewares of all bindings answer by; with the numbers of holdfast.h."""
import json, re
from stage import SOURCE


def _declared(pattern):
    header = (SOURCE / 'agent' / 'client' / 'holdfast.h').read_text()
    return {name.lower(): int(number) for name, number in re.findall(rf'^  {pattern}([A-Z_]*[A-Z]) =\s+(-?\d+)', header, re.M)}


def _section():
    guide = (SOURCE / 'docs' / 'application.md').read_text()
    return guide.split('## In web applications\n')[1].split('\n## ')[0]


def _rows():
    """Name: status."""
    names = [(name, int(status)) for status, row in re.findall(r'^\| (\d{3}) [^|]*\|([^|]*)\|', _section(), re.M) for name in re.findall(r'`(\w+)`', row)]
    assert len(names) == len(dict(names)) > 0, f'a name stands twice: {names}'
    return dict(names)


def reasons():
    """Name: status, of all that can be denied for. `other` has no name that an agent could say."""
    declared, rows, said = _declared('HOLDFAST_REASON_'), _rows(), set(re.findall(r'`(\w+)`', _section()))
    assert set(declared) <= said, f'the table is silent about {set(declared) - said}'
    return {name: rows.get(name, 403) for name in declared if name != 'other'}


def errors():
    """Name: (code, status)."""
    rows = _rows()
    return {name: (code, rows[name]) for name, code in _declared('HOLDFAST_(?!REASON|STATE)').items() if code < 0}


def as_json():
    """For the tests that the packages bring along, as HOLDFAST_TEST_ANSWERS."""
    return json.dumps({'reasons': reasons(), 'errors': errors()})
