"""The domain: pure functions over immutable values.

``decide(world, command, stamp)`` turns a command into events (the changes), effects and a reply. Nothing here waits, reads a
clock, draws a random number, logs or touches a file. Time and randomness come with the stamp, so the same commands with the
same stamps give the same world, byte for byte. ``world/world.py`` holds the state, ``world/draft.py`` the decision in the
making, and each noun's file its rules; ``decide.py`` finds the rule for a command.
"""
