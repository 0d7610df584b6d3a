"""The methods: strict JSON-RPC 2.0, with a short handler for every row of the contract.

A message arrives at a ``Conversation`` (one per client, over any transport), which decodes it, finds the row's binding and
answers. Reads look at the world and answer at once. Mutations go to the engine and are answered when they are durable, so one
connection can have many in progress. Every call that waits runs as a task of its own, with an ``Exchange`` that can be
cancelled. ``bind.py`` knows how each row is carried out, and refuses to start if one is not bound. The files of the nouns have
the handlers that are neither a pure read nor a plain command.
"""
