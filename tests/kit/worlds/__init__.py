"""Worlds without a daemon: scripted domain tests, the laws that hold in every world, and replays."""
