"""The vocabulary of a decision, as values without behaviour.

Commands, facts and signs enter a decision, effects leave it, and the policy is what the configuration and the adapters say to it.
"""
