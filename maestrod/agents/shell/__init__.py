"""The agents that the standard library runs: ``shell``, for commands and planner programs, and ``custom``, for a program of the user's.

Both say nothing by themselves (``opaque``), so ``worker/``, a small program of its own, does a task with them and reports by the
methods that every agent uses. What works with it works with all.
"""
