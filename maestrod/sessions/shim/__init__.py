"""The shim: the small process that holds one agent, whatever happens to the daemon.

It is run by path (`python -I -S .../shim/__main__.py`), so it sees only the standard library and its own folder. Each
attempt of a session has its own shim, and every agent waits for the shim to start. Its modules therefore use the
built-in modules (`posix`, `_signal`, `_socket`, `_json`, `_ctypes`) beneath the public ones: importing `os`, `signal`,
`socket`, `json` and `ctypes` costs 15 ms, these cost 1 ms (measured, CPython 3.11; a bare interpreter starts in
5.5 ms).

`main` refuses a second start and starts the agent (`agent`). `custodian` is the loop that joins output (`outputlog`),
control connections (`control`) and the stop ladder (`ladder`, over `processes`). `records` writes the files that
outlive shim and daemon. The daemon's side imports `processes`, `ladder` and `records` too, so that there is one way to
enumerate and end a tree.
"""
