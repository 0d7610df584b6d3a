"""Floor 1, the domain: pure functions over immutable values.

``decide(world, command, stamp)`` says what a command means: events (which are the changes), effects and a reply. Nothing
here waits, reads a clock, draws a random number, logs or touches a file: time and randomness come with the stamp, so the
same commands with the same stamps give the same world, byte for byte. ``world.py`` holds the state, ``draft.py`` the
decision being made, and each noun's file its rules; ``decide.py`` finds the rule for a command.
"""
