// maestrod's plugin for OpenCode, which has no hooks: it hears the whole event bus and tells the daemon what matters.
//
// A session of maestrod's gets a file of its own that says how (maestrod/agents/opencode):
//   mode "stream":   headless, the output tells the rest: only what is not in it
//   mode "terminal": everything
//   gate true:       tools that change something wait for the daemon's decision, and do not run without one

import { Reporter } from "./daemon.js"

// What the output of `opencode run --format json` does not tell.
const STREAM = new Set(["chat.message", "tool.execute.before", "session.status", "session.compacted", "todo.updated"])
// Tools that only look, or only speak to the user.
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
    // Nobody has decided.
  }
  if (answer.decision === "allow") return
  throw new Error(answer.reason || "maestrod was not there to decide about this tool; try it again later")
}

// Which events are worth telling, and the last words of each conversation. Helpers have conversations of their own.
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
