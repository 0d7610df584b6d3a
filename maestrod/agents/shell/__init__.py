"""The agents without a model: ``shell``, for commands and planner programs, and ``custom``, for the user's own programs.

They report nothing by themselves (``opaque``), so ``worker/``, a small separate program, does their tasks and reports
with the methods that every agent uses.
"""
