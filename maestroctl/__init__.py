"""The command line of maestrod: what people, scripts and agents call.

It imports ``maestrod.api`` (the contract) and nothing else of the daemon, so that a call takes little longer than Python itself.
From the bottom: ``output`` writes to the terminal, ``install/`` changes the user's files, ``client/`` connects to the daemon,
``show/`` formats replies, ``generated/`` makes a command from every method row, ``attach/`` and ``screen/`` use the whole terminal,
``verbs/`` has the hand-made commands, and ``app`` puts it all together. ``fast`` handles the commands that agents call all day (events
and reports) before any of that is imported.
"""
