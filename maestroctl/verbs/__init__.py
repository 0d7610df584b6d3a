"""The commands made by hand, one verb per file: where taste shows, and where a generated command would not do.

Each module has a function ``command`` (or, for nouns, a mapping ``COMMANDS`` of several) with typer's annotations; it asks
``Caller.here()`` for a client and imports what it needs inside, because every millisecond of import is paid at every call.
"""
