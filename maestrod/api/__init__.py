"""The contract: one file per noun with its entities and method rows, and the errors.

Everything that a client of the daemon must know is here: one struct per entity, one row per method. JSON-RPC, the OpenRPC
document, the typed client and the generated commands of ``maestroctl`` are made from the rows. The machinery has its own rooms:
``model/`` below the nouns, ``protocol/`` above them, and ``text/`` and ``local/`` beside them. The package imports only the
standard library, msgspec and platformdirs, because agents start ``maestroctl`` hundreds of times a day and every import takes
time.
"""
