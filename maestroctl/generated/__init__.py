"""The commands that are made from the method rows."""
