"""How the contract is spoken: all rows by name, their REST routes, framing on the socket, and JSON Schema and OpenAPI documents.

Everything here is made from the rows, so that no surface can say something else than another.
"""
