"""The manual pages match the commands, every command has one, and man can read them."""

import functools
import shutil
import subprocess
import tomllib

import pytest

from maestroctl.commands import NOUNS, PROGRAM, VERBS
from tests.kit.pages import man_pages
from tests.kit.pages.man_pages import FOLDER


@functools.cache
def pages() -> dict[str, str]:
    return man_pages.pages()


def test_the_man_pages_match_the_commands() -> None:
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.1")}
    differing = sorted(name for name in kept.keys() | pages().keys() if kept.get(name) != pages().get(name))
    assert differing == [], "run: python -m tests.kit.pages.man_pages"


def test_the_package_contains_them_where_man_looks() -> None:
    build = tomllib.loads((FOLDER.parent.parent / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["shared-data"] == {"docs/man": "share/man/man1"}


def test_every_command_has_a_page() -> None:
    assert set(pages()) == {f"{PROGRAM}.1", *(f"{PROGRAM}-{name}.1" for name in (*VERBS, *NOUNS))}


def test_no_line_is_mistaken_for_a_request() -> None:
    requests = (".TH ", ".SH ", ".SS ", ".PP", ".TP", ".B ", ".nf", ".fi", ".ad l")
    wrong = [
        line
        for text in pages().values()
        for line in text.splitlines()
        if line[:1] in ".'" and not line.startswith(requests)
    ]
    assert wrong == []


def test_man_formats_them_without_a_warning() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        [groff, "-man", "-ww", "-Tutf8", "-z", *map(str, sorted(FOLDER.glob("*.1")))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
