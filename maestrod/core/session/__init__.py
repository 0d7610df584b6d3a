"""One agent at work: its life, its turns and messages, what its signs mean, and the limits and stalls it waits out.

What a session asks of a person, and what the answer brings about, is here as well.
"""
