"""Codex: OpenAI's command line agent. Headless it works one turn per process (``codex exec --json``, the next turn resumes the
thread), on a terminal it is its own user interface. What is told of it here was measured with the version in
``program.PROGRAM``; its hooks are generated from ``hooks/codex``.
"""
