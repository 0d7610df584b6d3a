"""Connects a command to the daemon, and starts the daemon if none runs.

From the bottom: ``channel`` is a checked connection to the daemon's socket (``remote``: to another machine), ``client`` speaks typed
JSON-RPC over it, ``stream`` follows events and output, ``caller`` makes a client from the environment, and ``autostart`` starts a
daemon. Nothing here prints results; ``errors`` reports what went wrong. Commands that agents run import only ``channel`` and ``session_env``.
"""
