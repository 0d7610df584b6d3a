"""The build hook that fetches the page's terminal emulator: all of it or nothing, and it never fails a build."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "page" / "vendor" / "xterm"


def hook() -> ModuleType:
    """The module, which hatchling loads by its path as well."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_fetch_that_fails_midway_leaves_nothing(tmp_path: Path) -> None:
    def half(folder: Path) -> None:
        (folder / "xterm.js").write_text("half")
        raise ValueError("not what it was")

    assert hook().attempt(half, tmp_path / "vendor" / "xterm") is False
    assert not (tmp_path / "vendor").exists()


def test_a_fetch_that_works_fills_the_folder(tmp_path: Path) -> None:
    def whole(folder: Path) -> None:
        (folder / "index.js").write_text("export {}")

    assert hook().attempt(whole, tmp_path / "vendor" / "xterm") is True
    assert (tmp_path / "vendor" / "xterm" / "index.js").read_text() == "export {}"


def test_without_npm_the_first_way_is_refused_and_no_build_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hook().attempt(hook().from_npm, tmp_path / "xterm") is False


def test_a_changed_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\npathlib.Path(sys.argv[4], 'other.tgz').write_bytes(b'other')\n"
    )
    npm.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="not what it was"):
        hook().from_npm(tmp_path)


@pytest.mark.skipif(not VENDOR.is_dir(), reason="xterm.js was not fetched when this checkout was installed")
def test_the_fetched_files_are_the_emulator_with_its_licence() -> None:
    module = (VENDOR / "index.js").read_text("utf-8")
    assert "Terminal" in module
    assert "FitAddon" in module
    assert "Permission is hereby granted, free of charge" in (VENDOR / "LICENSE").read_text("utf-8").replace(
        "\n * ", " "
    )
    assert ".xterm" in (VENDOR / "xterm.css").read_text("utf-8")
