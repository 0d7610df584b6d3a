"""Entry point of the shim when run by path: puts its own package on the import path and calls `main`.

It is this short because Python compiles a script at every start but loads what the script imports from cached bytecode.
"""

import posix
import sys

# After the standard library, so that none of our files can shadow one of its modules.
sys.path.append(__file__.rpartition("/shim/")[0])
code = __import__("shim.main", fromlist=["main"]).main()
# Nothing is buffered, and finalizing the interpreter takes a tenth of a short session's time.
posix._exit(code)  # noqa: SLF001  # the name of the system call
