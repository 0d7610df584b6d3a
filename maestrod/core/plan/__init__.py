"""The linter of plans: what a plan, as JSON or Markdown, or one of its commands and paths may be.

It knows the contract and nothing else of the domain, so whoever takes in a command, a path or a plan can ask it.
"""
