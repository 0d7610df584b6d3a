"""Floor 0, the contract: entities, method rows, errors, wire framing and addresses.

Everything a client of the daemon has to know is here and nowhere else: one struct per entity, one row per method. From the
rows come JSON-RPC, the OpenRPC document, the typed client and the generated commands of ``maestroctl``. The package imports
the standard library, msgspec and platformdirs only: agents start ``maestroctl`` hundreds of times a day and pay for every
import.
"""
