"""Real daemons in their own processes, to be killed, replaced, or reached from another machine."""
