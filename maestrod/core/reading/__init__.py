"""The answers of the reading methods: the present world, with derived members filled in.

Nothing here changes anything, so an answer needs no draft and no decision of the engine.
"""
