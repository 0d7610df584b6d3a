"""The agents: one package per agent's command line, and what they share.

An adapter says whether its agent is installed, how to start it (``LaunchPlan``) and how to judge its end. It consists of
data and pure functions, and starts nothing itself. All have the same modules: ``adapter`` (what the daemon calls),
``launch`` (how to start it), ``hooks`` and ``stream`` (how to read it), ``limits`` (its provider's limits) and
``user_settings`` (the user's own configuration of it). A new agent needs one package and one line in ``registry.py``.
``kit/`` has what adapters share, ``catalog/`` skills and personas, ``shell/`` the agents without a model.
"""
