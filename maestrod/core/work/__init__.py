"""The work: projects, plans, runs, tasks and queues, with their state machines.

Nothing here knows how an agent works. Sessions report to the work, and the work may ask a session to stop.
"""
