#!/usr/bin/env python3
"""usage: formats_test.py BIN [--update]: what docs/formats.md shows is what happens.

Runs the commands of all ```console blocks, in one shell, in a copy of docs/examples/activation, and compares what they print. With
--update the page is written anew with what they print now. Then: every literal check name in protocol/ and certs/ stands
in the page.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/formats.md"
LITERAL_CHECK = r'(?:Malformed|Refused|Fail)\(\s*(?:ErrorKind::\w+,\s*)?"([a-z_]+(?:\.[a-z_0-9]+)+)"'
MARK = "\x1e"  # ends the output of one command


def run_all(commands):
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(ROOT / "docs/examples/activation", directory, dirs_exist_ok=True)
        script = "".join(f"{command}\nprintf '\\036'\n" for command in commands)
        result = subprocess.run(["bash"], cwd=directory, input=script, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=120)
    return result.stdout.split(MARK)[:-1]


def console_blocks(text):
    return re.finditer(r"^```console\n(.*?)^```$", text, re.M | re.S)


def check_examples(update):
    text = PAGE.read_text()
    commands = [line[2:] for block in console_blocks(text) for line in block[1].splitlines() if line.startswith("$ ")]
    outputs = iter(run_all(commands))

    def shown_anew(block):
        lines = [line for line in block[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"{line}\n{next(outputs, '(the shell ended)')}" for line in lines) + "```"

    new = re.sub(r"^```console\n(.*?)^```$", shown_anew, text, flags=re.M | re.S)
    if update:
        PAGE.write_text(new)
    elif new != text:
        for old_line, new_line in zip(text.splitlines(), new.splitlines()):
            if old_line != new_line:
                print(f"docs/formats.md says   {old_line}\nbut now there comes    {new_line}")
                break
        sys.exit("docs/formats.md does not show what happens")
    print(f"{len(commands)} commands")


def check_names():
    page = PAGE.read_text()
    missing = set()
    for path in [*ROOT.glob("protocol/**/*.cc"), *ROOT.glob("certs/*.cc")]:
        for name in re.findall(LITERAL_CHECK, path.read_text()):
            parts = name.split(".")
            by_rule = any(f"`{'.'.join(parts[:n])}.<" in page for n in range(1, len(parts)))  # `terms.<member>`
            internal = parts[-1] == "internal" or parts[0] == "crypto"
            if not internal and not by_rule and f"`{name}`" not in page:
                missing.add(f"{name} ({path.relative_to(ROOT)})")
    if missing:
        sys.exit("check names that docs/formats.md does not list: " + ", ".join(sorted(missing)))


for tool in ("jq", "openssl", "basenc", "od"):
    if not shutil.which(tool):
        print(f"{tool} is not installed")
        sys.exit(77)
check_examples("--update" in sys.argv)
check_names()
