"""Ask maestrod whether an agent may do something: the program that deciding hooks run.

    <absolute python> -I -S <folder>/decide.py --agent claude --event PermissionRequest  < the hook's JSON

The code is in ``maestro_decide.py`` beside it.
"""

import posix
import sys

sys.path.insert(0, __file__.rpartition("/")[0])

import maestro_decide

posix._exit(maestro_decide.main(sys.argv[1:]))  # noqa: SLF001 - a public function despite its name
