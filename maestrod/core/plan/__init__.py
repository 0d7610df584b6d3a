"""The linter: checks plans (JSON or Markdown), commands and paths.

It knows the contract and nothing else of the domain, so any code that accepts a command, a path or a plan can use it.
"""
