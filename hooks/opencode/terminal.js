// maestrod's plugin for an OpenCode that a person starts by hand: it tells everything and decides nothing.

import { plugin } from "./maestro.js"

export const Maestro = plugin({ mode: "terminal", gate: false })
