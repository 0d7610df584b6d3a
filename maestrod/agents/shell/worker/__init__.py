"""The program of the `shell` agent: runs the commands of its tasks and reports, using only the standard library.

It is started as ``python -I -S <folder>/__main__.py``, hundreds of times in a run, so it imports only modules written in
C and starts as fast as Python itself. It reads ``manifest.json``, calls the worker's methods over a connection that
survives restarts of the daemon (``daemon.py``), runs each command on its own terminal to see its output
(``command.py``), and judges a task by its commands and checks (``task.py``). As an orchestrator it runs the planner
program instead (``planner.py``).
"""
