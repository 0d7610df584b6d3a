"""Who may do what: which session or person is asking, and how far their word reaches.

Here are the tokens that prove who asks, the scope of each actor, and a project's patterns for the permissions of its agents.
"""
