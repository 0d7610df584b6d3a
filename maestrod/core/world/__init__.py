"""The state of everything: all entities, the indexes derived from them, and the draft through which a rule changes them.

What can be said of the state without knowing what a task or a session means lives here too: pages, numbers, deadlines, slots.
"""
