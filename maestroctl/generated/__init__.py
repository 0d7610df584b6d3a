"""The commands made from the contract: ``maestroctl <noun> <verb>`` for every method row, with nothing written twice.

``fields`` reads arguments and options from the row's struct, ``glossary`` says what they mean, ``command`` makes the call and
prints the reply. A method that is added to the contract has its command without a line here.
"""
