"""The command line of maestrod: what people, scripts and agents call.

It imports ``maestrod.api`` (the contract) and nothing else of the daemon, so that a call costs little more than Python itself.
From the bottom: ``output`` writes to the terminal, ``install/`` changes files of the user's, ``client/`` reaches the daemon, ``show/``
makes text of what it says, ``generated/`` makes a command of every method row, ``attach/`` and ``screen/`` take the whole terminal,
``verbs/`` holds the commands made by hand, and ``app`` puts all together. ``fast`` answers what agents call all day (events and
reports) before any of that is imported.
"""
