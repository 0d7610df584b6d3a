"""Scripted agents, and the scripted model for real agents."""
