"""How long tests wait for something that should happen at once."""

#: Seconds after which a test gives up: far more than anything takes on a busy machine.
PATIENCE = 120.0
