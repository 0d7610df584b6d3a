"""The vocabulary of a decision, as values without behaviour.

Commands, facts and signs enter a decision, and effects leave it. The policy carries what the configuration and the adapters
say.
"""
