"""Parts of the daemon in the test's process: engine, methods, supervisor, and a disk that the test controls."""
