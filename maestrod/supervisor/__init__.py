"""Runs agents: carries out the engine's effects and reports the results to the engine.

It launches sessions through custody, writes prompts and answers to agents, reads their output, takes in the events that
hooks spooled, and probes silent agents. It knows nothing of clients.
"""
