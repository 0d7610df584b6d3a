"""What is put into files of the user's: hooks in the settings of agents, and the service; and how it is taken out again.

It works without a daemon. Settings are edited as text with places (``jsonc``), so that comments and formatting stay; what a
file was before is written down first, and removing restores it byte for byte.
"""
