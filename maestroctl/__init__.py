"""The command line of maestrod: what people, scripts and agents call.

It imports ``maestrod.api`` (the contract) and nothing else of the daemon, so that a call costs little more than Python itself.
From the bottom: ``channel`` is a checked connection to the daemon's socket, ``client`` speaks typed JSON-RPC over it,
``autostart`` brings a daemon up when a verb needs one. On top, ``leaves`` makes a ``noun verb`` command of every method row,
``verbs/`` holds the few commands made by hand, one per file, and ``app`` puts both together. ``fast`` answers what agents call
all day (events and reports) before any of that is imported.
"""
