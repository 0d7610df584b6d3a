// The entry point of the page.

import { app } from "./app.js";
import { installKeys } from "./keys.js";
import { tick } from "./ui/clock.js";
import { Shell } from "./views/shell.js";

export const shell = new Shell(document.getElementById("app"));
installKeys(shell);
shell.draw();
app.start();
setInterval(tick, 1000);
