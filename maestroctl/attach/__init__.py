"""Attaches to a session's terminal: its output to yours, your keys to it, until you detach, switch or it ends.

``replay`` brings your terminal to where the session's is, ``seat`` carries the bytes, ``typist`` types without waiting for the
daemon, ``keys`` finds the keys that are meant for us, and ``sitting`` goes from one session to the next.
"""
