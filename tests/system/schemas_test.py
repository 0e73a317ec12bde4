#!/usr/bin/env python3
"""usage: schemas_test.py BIN: the JSON Schemas in docs/schemas and our parsers agree.

Examples are tests/protocol/data/VERDICT_KIND_WHAT.json: good_ is accepted by both, bad_ refused by both, beyond_ refused
only by the parser, by a rule that its schema names in "$comment"; so is what docs/examples shows. From each good example mutants are made (every member
removed, every value replaced by others of every type, an unknown member in every object), and both must say the same.
"""
import copy
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPLACEMENTS = [None, True, 5, -1, 1.5, 2**53, "", "x", "X", "a\nb", "\x7f", "x" * 64, "x" * 65, "x" * 257, "1w", "2.0",
                "9" * 2000, [], [5], ["x"], {}, {"x": 5}, {"X": True}, {"x": {"kind": "seats", "max": 1}}]
failures = 0


def fail(message):
    global failures
    failures += 1
    print("FAIL:", message)


def load_validators():
    validators = {}
    for path in sorted((ROOT / "docs/schemas").glob("*.schema.json")):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[path.name.removesuffix(".schema.json")] = jsonschema.Draft202012Validator(schema)
    return validators


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def mutants(example, replacements):
    for path in places(example):
        if path:
            for replacement in replacements:
                mutant = copy.deepcopy(example)
                at(mutant, path[:-1])[path[-1]] = replacement
                yield f"{'/'.join(map(str, path))} = {json.dumps(replacement)[:40]}", mutant
            mutant = copy.deepcopy(example)
            del at(mutant, path[:-1])[path[-1]]
            yield f"{'/'.join(map(str, path))} removed", mutant
        if isinstance(at(example, path), dict):
            mutant = copy.deepcopy(example)
            at(mutant, path)["unknown-member"] = 1
            yield f"unknown member in {'/'.join(map(str, path)) or 'the whole'}", mutant


def ask_parser(binaries, questions):
    lines = "".join(f"{kind} {json.dumps(value)}\n" for kind, value in questions)
    answer = subprocess.run([binaries / "protocol_verdict"], input=lines, capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()


def main():
    binaries = pathlib.Path(sys.argv[1])
    validators = load_validators()
    cases = []  # (description, kind, value, verdict of the schema, verdict of the parser); None: as the other
    for path in sorted((ROOT / "tests/protocol/data").glob("*.json")):
        verdict, kind, _ = path.stem.split("_", 2)
        value = json.loads(path.read_text())
        cases.append((path.name, kind, value, verdict != "bad", verdict == "good"))
        if verdict == "good":
            # A fraction is refused wherever it stands, also in members that a newer minor adds.
            replacements = [r for r in REPLACEMENTS if "newer-minor" not in path.name or not isinstance(r, float)]
            for what, mutant in mutants(value, replacements):
                # Of a request's content, a return statement and a heartbeat's report, these schemas say only that it is text, so
                # neither which form it has.
                if not (kind == "request" and (what.startswith("content =") or what == "evidence removed") or
                        kind == "return" and (what.startswith("statement =") or what == "gate removed") or
                        kind == "heartbeat" and (what.startswith("report =") or what == "counter removed")):
                    cases.append((f"{path.name}: {what}", kind, mutant, None, None))
    for path in sorted((ROOT / "docs/examples").rglob("product.json")) + [ROOT / "docs/examples/activation/terms.json"]:
        cases.append((str(path), path.stem, json.loads(path.read_text()), True, True))
    seen = {kind: {"good": 0, "bad": 0} for kind in validators}
    parsed = ask_parser(binaries, [(kind, value) for _, kind, value, _, _ in cases])
    if len(parsed) != len(cases):
        fail(f"{len(parsed)} verdicts on {len(cases)} cases")
    for (what, kind, value, schema_wanted, parser_wanted), check in zip(cases, parsed):
        by_schema, by_parser = validators[kind].is_valid(value), check == "accepted"
        seen[kind]["good" if by_parser else "bad"] += 1
        if schema_wanted is None:
            if by_schema != by_parser:
                fail(f"{what}: the schema {'accepts' if by_schema else 'refuses'}, the parser says {check}")
        elif (by_schema, by_parser) != (schema_wanted, parser_wanted):
            fail(f"{what}: schema {by_schema}, parser {check}")
    for kind, count in seen.items():
        print(f"{kind}: {count['good']} accepted, {count['bad']} refused")
        if min(count.values()) == 0:
            fail(f"{kind}: no good or no bad case")
    sys.exit(1 if failures else 0)


main()
