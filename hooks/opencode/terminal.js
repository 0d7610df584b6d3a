// maestrod's plugin for an OpenCode that a person starts by hand: it reports everything and decides nothing.

import { plugin } from "./maestro.js"

// A session that maestrod started has its own plugin.
const isOurs = Boolean(process.env.MAESTRO_SESSION_ID)

export const Maestro = isOurs ? async () => ({}) : plugin({ mode: "terminal", gate: false })
