"""How a command reaches the daemon: the connection, who is calling, and a daemon started when there is none.

From the bottom: ``channel`` is a checked connection to the daemon's socket (``remote`` one to another machine), ``client`` speaks typed
JSON-RPC over it, ``stream`` follows events and output, ``caller`` makes a client from the environment, ``autostart`` brings a daemon
up. Nothing here writes an answer; ``errors`` says what went wrong. The commands that agents run import ``channel`` and ``session_env`` only.
"""
