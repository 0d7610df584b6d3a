"""Real daemons in processes of their own, to be killed, replaced, or reached from another machine."""
