"""The example planner: run on this repository and on small ones, its plans pass the linter and their commands work."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from maestrod.api.plan import PlanReport, Severity
from maestrod.api.task import Strategy
from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.prompts.manifest import context_json
from tests.core.prompts.manifests import context
from tests.kit.patience import PATIENCE
from tests.meta.tree import ROOT

PROGRAM = ROOT / "examples" / "plan-repository"
KNOWN = KnownNames(agents=frozenset({"shell"}))

#: A build backend of a few lines (PEP 517), so that building needs nothing that is not here.
BACKEND = """
import zipfile
from pathlib import Path

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = "shop-1.0-py3-none-any.whl", "shop-1.0.dist-info"
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        wheel.write("shop/__init__.py")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: shop\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\nshop = shop:main\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["tooling"]
[project]
name = "shop"
version = "1.0"
scripts = { shop = "shop:main" }
[tool.mypy]
strict = true
"""
SHOP = '''"""A shop."""


def main() -> None:
    """Answer `--version`."""
    print("--version" and "shop 1.0")
'''


def environ(temporary: Path) -> dict[str, str]:
    """As the daemon makes it, with our own Python first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(temporary), "TMPDIR": str(temporary)}


def planned(folder: Path, temporary: Path, **more: str) -> dict[str, Any]:
    """What the program prints, started as the shell worker starts it."""
    ran = subprocess.run(
        [PROGRAM],
        cwd=folder,
        env={**environ(temporary), **more},
        input=context_json(context()),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ran.stderr == ""
    plan: dict[str, Any] = json.loads(ran.stdout)
    return plan


def judged(plan: dict[str, Any]) -> PlanReport:
    report = lint(plan, KNOWN)
    assert report.ok and not [found for found in report.diagnostics if found.severity is Severity.WARNING]
    return report


def run(plan: dict[str, Any], folder: Path, temporary: Path) -> str:
    """Run every command and check of a plan, wave by wave; what they print."""
    groups = {group["key"]: group for group in plan["groups"]}
    output = ""
    for key in (key for wave in judged(plan).waves for key in wave):
        for subtask in groups[key]["subtasks"]:
            for command in (*subtask["commands"], *subtask.get("checks", ())):
                ran = subprocess.run(
                    ["/bin/sh", "-c", command],
                    cwd=folder,
                    env=environ(temporary),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                    check=False,
                )
                output += ran.stdout
                assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return output


@pytest.mark.slow
def test_the_plan_of_this_repository_is_valid(tmp_path: Path) -> None:
    report = judged(planned(ROOT, tmp_path))
    keys = {group.key for group in report.groups}
    assert {"wheel", "use"} <= keys and "types" in keys
    assert len(report.waves) == 3 and len(report.waves[0]) >= 3
    [tests] = [group for group in report.groups if group.strategy is Strategy.QUEUE]
    assert 2 <= len(tests.subtasks) <= 4
    assert all("not slow" in command for subtask in tests.subtasks for command in subtask.commands)
    use = next(group for group in report.groups if group.key == "use")
    commands = " ".join(command for subtask in use.subtasks for command in subtask.commands)
    assert "maestroctl --version" in commands and "maestrod --help" in commands


@pytest.mark.slow
def test_a_foreign_repository_in_a_folder_with_spaces_is_built_installed_and_used() -> None:
    with tempfile.TemporaryDirectory(prefix="re po") as name:
        folder, temporary = Path(name, "my 'shop'"), Path(name, "tm p")
        for part in ("shop", "tooling", "tests"):
            (folder / part).mkdir(parents=True)
        temporary.mkdir()
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "tooling" / "backend.py").write_text(BACKEND)
        (folder / "shop" / "__init__.py").write_text(SHOP)
        (folder / "tests" / "test_shop.py").write_text(
            "import shop\n\n\ndef test_it() -> None:\n    assert shop.main\n"
        )
        plan = planned(folder, temporary)
        plan["groups"] = [group for group in plan["groups"] if group["key"] in {"tests", "wheel", "use"}]
        for group in plan["groups"]:
            group["dependsOn"] = [key for key in group.get("dependsOn", ()) if key in {"tests", "wheel", "use"}]
        output = run(plan, folder, temporary)
        assert "1 passed" in output and "shop 1.0" in output and "site-packages" in output
        assert list(temporary.glob("maestro-*")) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "files, first",
    [
        ({}, "files"),
        ({"notes.txt": "x"}, "files"),
        ({"a b.py": "print(1)\n", ".hidden/bad.py": "("}, "compile"),
        ({"x.py": "x = 1\n", "pyproject.toml": "[project\n"}, "compile"),
        ({"x.py": "x = 1\n", "pyproject.toml": "[project]\nname = 'x'\n"}, "compile"),
    ],
)
def test_missing_files_are_left_out(tmp_path: Path, files: dict[str, str], first: str) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    plan = planned(folder, tmp_path, PATH=str(bare_python(tmp_path)) + os.pathsep + "/usr/bin:/bin")
    assert [group["key"] for group in plan["groups"]] == [first, "look"]
    run(plan, folder, tmp_path)


def bare_python(folder: Path) -> Path:
    """A folder with a Python that has no tools."""
    environment = folder / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=PATIENCE)
    return environment / "bin"


@pytest.mark.slow
def test_the_planner_accepts_no_other_plan(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    found.write_text('{"attempt": 2}')
    with pytest.raises(subprocess.CalledProcessError) as failed:
        planned(tmp_path, tmp_path, MAESTRO_PLAN_DIAGNOSTICS=str(found))
    assert failed.value.returncode == 1 and '"attempt": 2' in failed.value.stderr
