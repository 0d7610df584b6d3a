"""Floor 2, the agents: one module per agent command line, and what every one of them is given.

An adapter says whether its agent is installed, how it is started (``LaunchPlan``) and how its end is judged; it is data and
pure functions, and starts nothing itself. Adding an agent is one module and one line in ``registry.py``. ``environment.py``
makes the environment every agent gets, ``catalog.py`` finds skills and personas in their folders, and ``shell_worker`` is the
program behind the ``shell`` agent: an agent like any other, that reports by the same methods.
"""
