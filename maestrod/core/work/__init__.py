"""The work that is to be done: projects, plans, runs, tasks and queues, and how each of them moves.

Nothing here knows how an agent works; a session reports to the work, and the work may ask for a session to stop.
"""
