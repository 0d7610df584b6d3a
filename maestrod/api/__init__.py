"""Floor 0, the contract: one file per noun with its entities and method rows, and the errors.

Everything a client of the daemon has to know is here and nowhere else: one struct per entity, one row per method. From the
rows come JSON-RPC, the OpenRPC document, the typed client and the generated commands of ``maestroctl``. The machinery has rooms of
its own: ``model/`` below the nouns, ``protocol/`` above them, and ``text/`` and ``local/`` beside them. The package imports
the standard library, msgspec and platformdirs only: agents start ``maestroctl`` hundreds of times a day and pay for every
import.
"""
