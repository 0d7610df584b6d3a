// maestrod's plugin for an OpenCode that a person starts by hand: it tells everything and decides nothing.

import { plugin } from "./maestro.js"

// A session that maestrod started has a plugin of its own.
const isOurs = Boolean(process.env.MAESTRO_SESSION_ID)

export const Maestro = isOurs ? async () => ({}) : plugin({ mode: "terminal", gate: false })
