"""Custody of processes: a shim holds each session's agent, and the daemon holds the shims.

The shim (`shim/`, standard library only, run by path) is the parent of one agent. It owns the agent's terminal, writes
its output log, ends its whole process tree and writes its exit record, so an agent survives a crash, restart or
upgrade of the daemon. The daemon's side is `custody.Custody`: it launches shims (`launch`), talks to them (`link`),
finds them again after a restart (`adopt`), reads the output they wrote (`output`) and ends what a dead shim left
behind (`tree`). `spec` holds the structs that both sides and the engine share; `fake.FakeCustody` has the same
interface with scripted lifetimes, for tests under a mock clock. Nothing here knows what a task or a plan is: this
package deals in session ids, attempts and processes.
"""
