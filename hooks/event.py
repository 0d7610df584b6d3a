"""Report one event of an agent to maestrod: the program that every reporting hook runs.

    <absolute python> -I -S <folder>/event.py --agent claude --event PostToolUse  < the hook's JSON

The code is in ``maestro_event.py`` beside it, because Python compiles a script at each start but caches a compiled
module. Exiting with ``_exit`` skips finalizing the interpreter. Together that saves a quarter of the agent's waiting
time.
"""

import posix
import sys

sys.path.insert(0, __file__.rpartition("/")[0])

import maestro_event

posix._exit(maestro_event.main(sys.argv[1:]))  # noqa: SLF001 - a public function despite its name
