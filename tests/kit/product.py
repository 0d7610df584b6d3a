"""A copy of this product that a test may move, replace or remove, as an upgrade or ``pip uninstall`` does."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_SOURCE = Path(__file__).parents[2]
_PARTS = ("maestrod", "maestroctl", "hooks", "skills", "systemd", "launchd", "page")


def copy_product(folder: Path) -> Path:
    """Copy what a wheel brings into a folder of its own."""
    for part in _PARTS:
        shutil.copytree(_SOURCE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    return folder


def product_command(product: Path, *arguments: str) -> list[str]:
    """The words that run ``maestroctl`` of a copy."""
    bootstrap = f"import sys; sys.path.insert(0, {str(product)!r}); from maestroctl.__main__ import main; main()"
    return [sys.executable, "-P", "-c", bootstrap, *arguments]


def product_ctl(
    product: Path, environ: Mapping[str, str], *arguments: str, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run ``maestroctl`` of a copy to its end, with nothing more in its environment."""
    return subprocess.run(
        product_command(product, *arguments),
        cwd=folder or product,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
