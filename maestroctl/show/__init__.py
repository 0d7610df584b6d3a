"""What people read: tables, trees, plans, questions and runs as text, and the runs and trees they are made from.

Most of it is pure, from the contract's structs to lines. ``run_follow`` keeps a run on the terminal until it is done,
``approval_prompt`` and ``agent_choice`` ask there, ``terminal`` leaves it as it was, and ``sanitizer`` keeps agents' bytes from driving it.
"""
