"""What the daemon and its local clients agree on: where files and the socket are, who holds the data folder, what ships.

Also how a Python has to be started for our programs, the guard around a hook's command, and reading a file that may be anything.
"""
