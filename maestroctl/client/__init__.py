"""How a command reaches the daemon: the connection, the caller, and starting the daemon when it is needed."""
