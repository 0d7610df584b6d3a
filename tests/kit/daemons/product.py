"""Copies of the product that a test may move, replace or remove, as an upgrade or ``pip uninstall`` does."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

from tests.kit.patience import PATIENCE

_SOURCE = Path(__file__).parents[3]
_PARTS = ("maestrod", "maestroctl", "hooks", "skills", "systemd", "launchd", "page")


def copy_product(folder: Path) -> Path:
    """Copy the contents of a wheel into a folder."""
    for part in _PARTS:
        shutil.copytree(_SOURCE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    return folder


def product_command(product: Path, *arguments: str) -> list[str]:
    """The command line that runs ``maestroctl`` of a copy."""
    bootstrap = f"import sys; sys.path.insert(0, {str(product)!r}); from maestroctl.__main__ import main; main()"
    return [sys.executable, "-P", "-c", bootstrap, *arguments]


def product_ctl(
    product: Path, environ: Mapping[str, str], *arguments: str, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run ``maestroctl`` of a copy to its end, with only the given environment."""
    return subprocess.run(
        product_command(product, *arguments),
        cwd=folder or product,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=PATIENCE,
    )


class Installation:
    """The product in its own virtual environment, laid out like a wheel; its dependencies come from the test's environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, symlinks=True)
        [self.packages] = folder.glob("lib/python*/site-packages")
        (self.packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        for name in ("maestroctl", "maestrod"):
            script = folder / "bin" / name
            script.write_text(f"#!{folder}/bin/python\nfrom {name}.__main__ import main\n\nmain()\n")
            script.chmod(0o755)
        self.put_files()

    def put_files(self) -> None:
        """Unpack the wheel."""
        ignored = shutil.ignore_patterns("__pycache__", "vendor")
        for package in ("maestrod", "maestroctl"):
            shutil.copytree(_SOURCE / package, self.packages / package, ignore=ignored)
        for part in ("hooks", "skills", "systemd", "launchd", "page"):
            shutil.copytree(_SOURCE / part, self.packages / "maestrod/_data" / part, ignore=ignored)

    def remove_files(self) -> None:
        """Remove the files, as ``pip uninstall`` and the first half of an upgrade do."""
        for package in ("maestrod", "maestroctl"):
            shutil.rmtree(self.packages / package)

    def ctl(self, environ: Mapping[str, str], folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run its ``maestroctl`` to its end."""
        return subprocess.run(
            [str(self.folder / "bin/maestroctl"), *arguments],
            cwd=folder,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=PATIENCE,
        )
