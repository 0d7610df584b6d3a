"""At a session's terminal: its output to yours, your keys to it."""
