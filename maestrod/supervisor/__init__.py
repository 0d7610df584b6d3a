"""Runs agents: carries the engine's effects out and tells the engine what came of them.

Launches sessions by custody, writes prompts and answers to agents, reads what agents print, takes in what hooks spooled, and
looks at silent agents. It knows no client.
"""
