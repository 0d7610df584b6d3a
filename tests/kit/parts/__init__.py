"""Parts of the daemon in the process of the test: engine, methods, supervisor, and a disk that obeys the test."""
