"""The page's modules: short, of one concept, all of them used, and nothing that a strict content policy refuses."""

import re

from tests.meta.tree import ROOT, shown

PAGE = ROOT / "page"
LIMIT = 220

SCRIPTS = {path: path.read_text("utf-8") for path in sorted((PAGE / "js").rglob("*.js"))}


def test_a_module_loads_at_once_and_has_a_description() -> None:
    wrong = [
        shown(path) for path, text in SCRIPTS.items() if len(text.splitlines()) > LIMIT or not text.startswith("// ")
    ]
    assert wrong == []


def test_every_export_of_a_module_is_used_by_another() -> None:
    unused = [
        f"{shown(path)}: {name}"
        for path, text in SCRIPTS.items()
        for name in re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", text, re.MULTILINE)
        if not any(re.search(rf"\b{name}\b", other) for elsewhere, other in SCRIPTS.items() if elsewhere != path)
        and shown(path) != "page/js/main.js"
    ]
    assert unused == []


def test_imports_name_existing_files() -> None:
    missing = [
        f"{shown(path)}: {name}"
        for path, text in SCRIPTS.items()
        for name in re.findall(r'^import .*?from "(\.[^"]+)";', text, re.MULTILINE)
        if not (path.parent / name).is_file()
    ]
    assert missing == []


def test_nothing_is_inline_and_nothing_is_loaded_from_other_hosts() -> None:
    index = (PAGE / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", index) == []
    named = re.findall(r'(?:src|href)="([^"]+)"', index)
    assert [name for name in named if name.startswith("/") and not (PAGE / name[1:]).is_file()] == []
    outside = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://(?!www\.w3\.org/2000/svg)"
    assert [shown(path) for path, text in SCRIPTS.items() if re.search(outside, text)] == []
