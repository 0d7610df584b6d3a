"""What the reading methods answer: the world as it is now, with what is derived filled in.

Nothing here changes anything, so an answer needs no draft and can be given while the engine decides nothing.
"""
