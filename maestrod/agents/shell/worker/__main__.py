"""Entry of the worker when run by path: puts its own package on the import path and hands over.

Kept to these lines because a script is compiled at every start, while what it imports is loaded from cached byte code. Leaving
by ``_exit`` spares the interpreter's tidying-up.
"""

import posix
import sys

# Behind the standard library, so that no file of ours can ever shadow one of its modules.
sys.path.append(__file__.rpartition("/worker/")[0])
posix._exit(__import__("worker.main", fromlist=["main"]).main())  # noqa: SLF001 - a public function despite its name
