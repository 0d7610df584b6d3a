"""Attaches to a session's terminal: shows its output and passes on your keys, until you detach or switch, or it ends.

``replay`` brings your terminal to the state of the session's, ``seat`` passes the bytes on, ``typist`` types without waiting for the
daemon, ``keys`` finds the keys meant for ``attach`` itself, and ``sitting`` goes from one session to the next.
"""
