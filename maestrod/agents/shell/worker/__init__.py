"""The program of the `shell` agent: runs the commands of its tasks and reports, with the standard library alone.

Started as ``python -I -S <folder>/__main__.py`` hundreds of times a run, so it imports modules written in C only: what starting
costs is what Python costs. It reads ``manifest.json``, speaks the worker's methods over one connection that outlives the daemon
(``daemon.py``), runs commands on a terminal of their own so that it sees what they print (``command.py``), and judges a task by
its commands and checks (``task.py``). As an orchestrator it runs the planner program instead (``planner.py``).
"""
