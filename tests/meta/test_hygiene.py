"""No paths of one machine, nothing unfinished, no meaningless names."""

import re

import pytest

from tests.meta.tree import CODE, ROOT, modules, shown, texts

# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.}])/(?:wor" + r"k|roo" + r"t|Use" + r"rs/(?!me\b|you\b|\.))/",
    "a package index": "pypi" + r"\.org|pythonhost" + r"ed\.org|npmjs" + r"\.(?:org|com)|--(?:extra-)?index-u" + "rl",
    "unfinished work": r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b|NotImplemented" + "Error",
    "a debugger": r"\bbreak" + r"point\(\)|\bpd" + r"b\.set_trace",
}

MEANINGLESS = {"utils", "util", "helpers", "helper", "misc", "common", "stuff", "tmp", "temp", "old", "new"}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_file_contains_forbidden_text(kind: str) -> None:
    pattern = re.compile(FORBIDDEN[kind])
    found = [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path in texts()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_file_names_say_what_they_are_about() -> None:
    wrong = [
        shown(path)
        for path in modules(*CODE)
        if set(path.stem.split("_")) & MEANINGLESS or re.search(r"_?v\d+$", path.stem)
    ]
    assert wrong == []


def test_every_exemption_from_a_check_has_its_reason() -> None:
    bare = re.compile(
        r"#\s*(?:noqa(?!:)|type:\s*ignore(?!\[))|#\s*(?:noqa:\s*[A-Z0-9, ]+|type:\s*ignore\[[^\]]*\])\s*$"
    )
    found = [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path in modules(*CODE)
        if path.parent != ROOT / "tests" / "meta"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_programs_can_be_run() -> None:
    wrong = []
    for path in texts():
        with path.open("rb") as file:
            is_program = file.read(2) == b"#!"
        executable = bool(path.stat().st_mode & 0o100)
        if is_program != executable:
            wrong.append(f"{shown(path)} {'is a program without x' if is_program else 'has x and is no program'}")
    assert wrong == []
