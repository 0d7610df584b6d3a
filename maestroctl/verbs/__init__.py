"""The commands made by hand, one file per verb: where taste shows, and where a generated command would not do.

Each module has a function ``command`` (for nouns a mapping ``COMMANDS`` of several; ``hold`` has four verbs) with typer's annotations; it asks
``Caller.here()`` for a client and imports what it needs inside, because every millisecond of import is paid at every call.
"""
