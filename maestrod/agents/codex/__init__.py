"""Codex: OpenAI's command-line agent.

Headless it does one turn per process (``codex exec --json``; the next turn resumes the thread). On a terminal it is its
own user interface. The details here were measured with the version in ``program.PROGRAM``; its hooks are generated from
``hooks/codex``.
"""
