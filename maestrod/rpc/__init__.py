"""Floor 4, the methods: JSON-RPC 2.0 to the letter, and one handler of a few lines for every row of the contract.

A message arrives at a ``Conversation`` (one per client, whatever carries its bytes), which decodes it, finds the row's binding
and answers. Reads look at the world and answer at once. Mutations go to the engine and are answered when they are durable, so
many can be on their way over one connection. Everything that waits runs as a task of its own in an ``Exchange`` that can be
cancelled. ``bind.py`` knows how each row is carried out and refuses to start with one that is not; the noun's files hold the
handlers that are neither a pure read nor a plain command.
"""
