"""One agent at work: its lifecycle, its turns and messages, the meaning of its signs, its usage limits and stalls.

The questions of a session to the user, and the consequences of the answers, are here as well.
"""
