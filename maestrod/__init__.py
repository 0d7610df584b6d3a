"""maestrod: a local, per-user daemon that runs fleets of coding agents over a tree of tasks, and loses nothing.

The package is built in floors; imports point down only (``docs/architecture.md`` draws them, ``tests/meta/test_floors.py``
holds them). This file imports nothing, so that ``maestrod.api``, which the command line loads on every start, stays cheap.
"""

__version__ = "0.1.0"
