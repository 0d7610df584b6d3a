"""What the daemon and its local clients share: the paths of files and the socket, the lock of the data folder, the shipped
files.

Also here: how to start Python for our programs, the guard around a hook's command, and safe reading of files.
"""
