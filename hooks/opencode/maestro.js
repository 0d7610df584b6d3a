// maestrod's plugin for OpenCode, which has no hooks: it receives all events of OpenCode's bus and reports the relevant ones.
//
// Each session of maestrod has its own file with these options (maestrod/agents/opencode):
//   mode "stream":   headless; report only what is not in the output
//   mode "terminal": report everything
//   gate true:       tools that change something wait for the daemon's decision and do not run without one

import { Reporter } from "./daemon.js"

// Events that are not in the output of `opencode run --format json`.
const STREAM = new Set(["chat.message", "tool.execute.before", "session.status", "session.compacted", "todo.updated"])
// Tools that only read, or only talk to the user.
const HARMLESS = new Set(["read", "list", "glob", "grep", "todowrite", "todoread", "skill", "question", "invalid"])

export function plugin({ mode, gate }) {
  return async (context) => {
    const reporter = new Reporter("opencode")
    const seen = new Conversations()
    const tell = (event, payload) => {
      if (mode === "terminal" || STREAM.has(event)) reporter.report(event, payload)
    }
    tell("plugin.init", { directory: context.directory, worktree: context.worktree, pid: process.pid })
    return {
      event: async ({ event }) => {
        const properties = event.properties ?? {}
        const kind = seen.take(event.type, properties)
        if (kind === "child") {
          reporter.report(`child.${event.type}`, properties)
        } else if (kind === "own") {
          tell(event.type, event.type === "session.idle" ? { ...properties, text: seen.lastWords(properties.sessionID) } : properties)
        }
      },
      "chat.message": async (i, o) => {
        if (!seen.isChild(i.sessionID)) tell("chat.message", { i, o })
      },
      "tool.execute.before": async (i, o) => {
        tell("tool.execute.before", { i, o })
        if (gate && !HARMLESS.has(i.tool)) refuseUnless(await reporter.ask("ToolPermission", { i, o }))
      },
      "tool.execute.after": async (i, o) => tell("tool.execute.after", { i, o }),
    }
  }
}

function refuseUnless(output) {
  let answer = {}
  try {
    answer = JSON.parse(output)
  } catch {
    // No decision was made.
  }
  if (answer.decision === "allow") return
  throw new Error(answer.reason || "maestrod was not available to decide about this tool; try it again later")
}

// Selects the events to report, and keeps the last message of each conversation. Subagents have their own conversations.
class Conversations {
  constructor() {
    this.children = new Set()
    this.agents = new Set()
    this.words = new Map()
  }

  isChild(id) {
    return this.children.has(id)
  }

  take(type, properties) {
    const id = properties.sessionID ?? properties.info?.sessionID
    if (type === "session.created" && properties.info?.parentID) {
      this.children.add(properties.info.id ?? id)
      return "child"
    }
    if (this.children.has(id)) return type === "session.idle" ? "child" : null
    if (type === "message.updated") {
      if (properties.info?.role === "assistant") this.agents.add(properties.info.id)
      return null
    }
    if (type === "message.part.updated") {
      const part = properties.part ?? {}
      if (part.type === "text" && this.agents.has(part.messageID)) this.words.set(part.sessionID, part.text)
      return part.type === "step-finish" ? "own" : null
    }
    return TOLD.has(type) ? "own" : null
  }

  lastWords(id) {
    return this.words.get(id) ?? ""
  }
}

const TOLD = new Set([
  "session.created",
  "session.status",
  "session.idle",
  "session.error",
  "session.compacted",
  "permission.asked",
  "permission.replied",
  "todo.updated",
])
