"""The commands generated from the contract: ``maestroctl <noun> <verb>`` for every method row.

``fields`` reads arguments and options from the row's struct, ``glossary`` has their help, and ``command`` makes the call and prints
the reply. A method added to the contract gets its command without a change here.
"""
