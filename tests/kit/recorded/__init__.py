"""Programs that recorded ``tests/fixtures``, and a daemon that uses what they recorded."""
