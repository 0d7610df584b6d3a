// Sends events to maestrod over one connection to its socket, as lines of JSON-RPC 2.0. Each event is kept until it is on the
// daemon's disk. Without a daemon an event becomes a file in the spool, which the next daemon reads once, as in maestro_event.py.

import { randomBytes } from "node:crypto"
import fs from "node:fs"
import net from "node:net"
import os from "node:os"
import path from "node:path"

// The daemon accepts messages of 1 MiB: texts are cut much shorter, except for an agent's last message, which may be a plan.
const TEXT = 4000
const WORDS = 500000
const ITEMS = 100
const DEPTH = 8
// Crockford's base32, as in maestrod/api/model/ids.py.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
// Maximum number of files in the spool.
const SPOOL = 10000
// Milliseconds to look for a daemon that was never there, and for one that was: a person or the service manager restarts it.
const ABSENT = 2000
const AWAY = 600000

export class Reporter {
  constructor(agent, environ = process.env) {
    this.agent = agent
    this.environ = environ
    this.waiting = new Map()
    this.connection = null
    this.next = 1
    process.on("exit", () => this.spoolAll())
  }

  // Report one event; never waits and never fails.
  report(event, payload) {
    const params = this.params(event, payload)
    const id = this.next++
    this.waiting.set(id, params)
    this.connected()?.write(message(id, "event.report", params))
  }

  // Ask whether a tool may run. Returns the daemon's output, or "" when there is no daemon or no decision. When a daemon that
  // was there goes away, the question is repeated until its successor has had time to start.
  async ask(event, payload) {
    const params = this.params(event, payload)
    let since = Date.now()
    let patience = ABSENT
    for (;;) {
      const { connected, reply } = await once(socketPath(this.environ), message(1, "permission.ask", params))
      if (reply?.result) return reply.result.output ?? ""
      if (reply?.error && !reply.error.data?.retryable) return ""
      if (connected) [since, patience] = [Date.now(), AWAY]
      if (Date.now() - since > patience) return ""
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }

  params(event, payload) {
    const environ = this.environ
    return {
      eventId: makeId(Date.now()),
      at: Date.now(),
      agent: this.agent,
      event,
      ...(environ.MAESTRO_SESSION_ID ? { sessionId: environ.MAESTRO_SESSION_ID } : { pid: process.pid }),
      ...(environ.MAESTRO_SESSION_TOKEN ? { sessionToken: environ.MAESTRO_SESSION_TOKEN } : {}),
      payload: trimmed(payload, DEPTH, "text" in payload ? WORDS : TEXT),
    }
  }

  connected() {
    if (this.connection) return this.connection
    const place = socketPath(this.environ)
    if (!isOurs(place)) {
      this.spoolAll()
      return null
    }
    const connection = net.createConnection(place)
    connection.unref()
    this.connection = connection
    let text = ""
    connection.on("data", (data) => {
      const lines = (text + data).split("\n")
      text = lines.pop()
      for (const line of lines) this.received(line)
    })
    connection.on("error", () => {})
    connection.on("close", () => {
      if (this.connection === connection) this.connection = null
      this.spoolAll()
    })
    return connection
  }

  // Handle a reply: the daemon has the event, or refuses it for good; an event that it cannot accept now goes to the spool.
  received(line) {
    let reply
    try {
      reply = JSON.parse(line)
    } catch {
      return
    }
    const params = this.waiting.get(reply.id)
    this.waiting.delete(reply.id)
    if (params && reply.error?.data?.retryable) spool(params, this.environ)
  }

  spoolAll() {
    for (const params of this.waiting.values()) spool(params, this.environ)
    this.waiting.clear()
  }
}

function message(id, method, params) {
  return `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`
}

// Send one request on its own connection. Returns whether it connected, and the reply unless the connection was lost before.
function once(place, line) {
  return new Promise((resolve) => {
    if (!isOurs(place)) return resolve({ connected: false })
    const connection = net.createConnection(place)
    let text = ""
    let connected = false
    connection.on("connect", () => {
      connected = true
      connection.write(line)
    })
    connection.on("data", (data) => {
      text += data
      if (!text.includes("\n")) return
      connection.destroy()
      try {
        resolve({ connected, reply: JSON.parse(text) })
      } catch {
        resolve({ connected })
      }
    })
    connection.on("error", () => resolve({ connected }))
    connection.on("close", () => resolve({ connected }))
  })
}

function isOurs(place) {
  try {
    return fs.statSync(place).uid === process.getuid()
  } catch {
    return false
  }
}

function spool(params, environ) {
  const folder = path.join(dataFolder(environ), "spool")
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (fs.readdirSync(folder).length >= SPOOL) return
    const temporary = path.join(folder, `.${params.eventId}`)
    const file = fs.openSync(temporary, "wx", 0o600)
    try {
      fs.writeSync(file, JSON.stringify(params))
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(temporary, path.join(folder, `${params.eventId}.json`))
  } catch {
    // The event is lost, but the agent must not be disturbed.
  }
}

function socketPath(environ) {
  if (environ.MAESTRO_SOCKET) return environ.MAESTRO_SOCKET
  if (environ.MAESTRO_HOME) return `${environ.MAESTRO_HOME}/run/maestrod.sock`
  let runtime = environ.XDG_RUNTIME_DIR ?? ""
  if (!runtime.startsWith("/")) {
    runtime = `/run/user/${process.getuid()}`
    if (process.platform === "darwin" || !fs.existsSync(runtime)) return `${dataFolder(environ)}/run/maestrod.sock`
  }
  return `${runtime}/maestrod/maestrod.sock`
}

function dataFolder(environ) {
  if (environ.MAESTRO_HOME) return `${environ.MAESTRO_HOME}/data`
  if (environ.MAESTRO_MANIFEST_PATH) return path.resolve(environ.MAESTRO_MANIFEST_PATH, "../../..")
  if ((environ.XDG_DATA_HOME ?? "").startsWith("/")) return `${environ.XDG_DATA_HOME}/maestrod`
  const home = environ.HOME || os.homedir()
  return process.platform === "darwin" ? `${home}/Library/Application Support/maestrod` : `${home}/.local/share/maestrod`
}

// Make an id for the event: the time, then 80 random bits (the layout of maestrod/api/model/ids.py).
function makeId(milliseconds) {
  let number = (BigInt(milliseconds) << 80n) | BigInt(`0x${randomBytes(10).toString("hex")}`)
  let digits = ""
  for (let place = 0; place < 26; place++) {
    digits = ALPHABET[Number(number & 31n)] + digits
    number >>= 5n
  }
  return `evt_${digits}`
}

function trimmed(value, depth, limit) {
  if (typeof value === "string") return value.length > limit ? `${value.slice(0, limit)}…` : value
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  if (typeof value === "boolean" || value === null || value === undefined) return value ?? null
  if (typeof value !== "object" || depth === 0) return null
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((item) => trimmed(item, depth - 1, limit))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([name, member]) => [name, trimmed(member, depth - 1, limit)]),
  )
}
