"""The host: everything that the daemon needs from the machine it runs on.

The instance lock, and the end of a daemon whose data folder is gone; the socket's path and its peers; the service
manager; the log; inherited process settings; and the identity of folders.
"""
