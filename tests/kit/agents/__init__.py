"""Agents that do what a test says, and the scripted model that real agents talk to."""
