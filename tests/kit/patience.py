"""How long tests wait for what should happen at once."""

#: Seconds until a test gives up on something that does not come: far more than anything takes on a busy machine.
PATIENCE = 120.0
