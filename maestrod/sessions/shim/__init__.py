"""The shim: the small process that holds one agent, whatever becomes of the daemon.

It is run by path (`python -I -S .../shim/__main__.py`), so it sees the standard library and its own folder, nothing
else. One shim exists per attempt of a session, and its start is on the way to the agent's first byte; therefore its
modules use the built-in modules (`posix`, `_signal`, `_socket`, `_json`, `_ctypes`) under the public ones: importing
`os`, `signal`, `socket`, `json` and `ctypes` costs 15 ms, these cost 1 ms (measured, CPython 3.11; a bare interpreter
starts in 5.5 ms).

Who does what: `main` refuses a second start and starts the agent (`agent`); `custodian` is the loop that joins output
(`outputlog`), control connections (`control`) and the stop ladder (`ladder`, over `processes`); `records` writes what
must outlive everybody. The daemon's side imports `processes`, `ladder` and `records` too, so that a tree is enumerated
and ended in one way only.
"""
