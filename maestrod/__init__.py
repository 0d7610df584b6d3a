"""maestrod: a local, per-user daemon that runs fleets of coding agents over a tree of tasks, and loses nothing.

The packages form floors, and imports only point down: ``docs/architecture.md`` shows the floors, and
``tests/meta/test_floors.py`` checks the imports. This file imports nothing, so that ``maestrod.api``, which every start
of the command line loads, stays cheap.
"""

__version__ = "0.1.0"
