"""The state of everything: all entities, the indexes derived from them, and the draft through which a rule changes them.

Pages, numbers, deadlines and slots live here too: they do not depend on what a task or a session means.
"""
