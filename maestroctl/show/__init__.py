"""Formats what people read: tables, trees, plans, questions and runs, and the models behind them.

Most of it is pure: the contract's structs in, lines out. ``run_follow`` follows a run on the terminal until it ends,
``approval_prompt`` and ``agent_choice`` ask there, ``terminal`` restores it, and ``sanitizer`` keeps agents' output from controlling it.
"""
