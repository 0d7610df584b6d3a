"""Authentication and authorisation.

It has the tokens that identify callers, the scope of each actor, and a project's patterns for the permissions of its agents.
"""
