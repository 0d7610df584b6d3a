"""The host: what the daemon asks of the machine it runs on.

Its lock and the end when the data folder is gone, its socket's path and who is at the other end, its service manager, its log,
what it inherited from whoever started it, and the identity of folders.
"""
