"""Entry of the shim when run by path: puts its own package on the import path and hands over.

Kept to these lines because a script is compiled at every start, while what it imports is loaded from cached byte code.
"""

import posix
import sys

# Behind the standard library, so that no file of ours can ever shadow one of its modules.
sys.path.append(__file__.rpartition("/shim/")[0])
code = __import__("shim.main", fromlist=["main"]).main()
# Nothing is buffered, and taking the interpreter apart costs a tenth of a short session.
posix._exit(code)  # noqa: SLF001  # the name of the system call
