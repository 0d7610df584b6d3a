"""The protocols of the contract: all rows by name, their REST routes, framing on the socket, and the OpenRPC and OpenAPI
documents.

Everything here is made from the rows, so the surfaces cannot differ.
"""
