"""Floor 2, the agents: one package per agent command line, and what every one of them is given.

An adapter says whether its agent is installed, how it is started (``LaunchPlan``) and how its end is judged; it is data and
pure functions, and starts nothing itself. All have one shape: ``adapter`` (what the daemon calls), ``launch`` (how it starts),
``hooks`` and ``stream`` (what it says), ``limits`` (when it is held back) and ``user_settings`` (what the user told it). Adding an agent
is one package and one line in ``registry.py``; ``kit/`` has what they share, ``catalog/`` skills and personas, ``shell/`` the agents without a model.
"""
