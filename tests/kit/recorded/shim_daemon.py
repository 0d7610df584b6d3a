"""A daemon whose sessions run under the shim of 0.1, like those started before an upgrade."""

import os
import shutil
import sys
from pathlib import Path

from maestrod import __main__
from maestrod.sessions import launch

_RECORDED = Path(__file__).resolve().parents[2] / "fixtures/0.1/shim"

if __name__ == "__main__":
    shim = Path(os.environ["MAESTRO_HOME"], "maestrod-0.1/shim")
    shutil.copytree(_RECORDED, shim)
    setattr(launch, "SHIM", shim / "__main__.py")  # noqa: B010 - what this module is for
    sys.exit(__main__.main())
