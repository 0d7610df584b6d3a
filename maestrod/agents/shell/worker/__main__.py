"""Entry point of the worker when run by path: puts its own package on the import path and calls ``main``.

It is this short because Python compiles a script at every start but loads what the script imports from cached bytecode.
Exiting with ``_exit`` skips finalizing the interpreter.
"""

import posix
import sys

# After the standard library, so that none of our files can shadow one of its modules.
sys.path.append(__file__.rpartition("/worker/")[0])
posix._exit(__import__("worker.main", fromlist=["main"]).main())  # noqa: SLF001 - a public function despite its name
