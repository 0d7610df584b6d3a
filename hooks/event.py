"""Report one event of an agent to maestrod: the program every generated hook runs.

    <absolute python> -I -S <folder>/event.py --agent claude --event PostToolUse  < the hook's JSON

What it does is in ``maestro_event.py`` beside it: Python compiles a script anew at each start and keeps a module compiled.
Leaving by ``_exit`` spares the interpreter's tidying-up; together that is a quarter of the time an agent waits.
"""

import posix
import sys

sys.path.insert(0, __file__.rpartition("/")[0])

import maestro_event

posix._exit(maestro_event.main(sys.argv[1:]))  # noqa: SLF001 - a public function despite its name
