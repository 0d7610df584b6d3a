// How a question is shown: its buttons, its field and what the text in it is for, and a tool's input in readable form.

const FOR_SESSION = " for session";
const ASKERS = {
  input: "Question from", permission: "Permission request from", limit: "Usage limit reached by", stalled: "No progress from", failed: "Failure in", approval: "Plan to approve",
};
// Members of a tool's input that are shown first and without their name, and their format.
const LEADING = { command: "command", file_path: "path", filePath: "path", path: "path", notebook_path: "path", absolute_path: "path", url: "path" };
const QUIET = new Set(["description"]);

// The words before the name of the asking session; a kind from a newer daemon is shown by its name.
export function askerWords(kind) {
  return ASKERS[kind] ?? `${capital(kind.replaceAll("_", " "))}:`;
}

// {buttons: [{words, value, lasts}], field: "answer", "reason" or null, elsewhere}; `elsewhere`: the answer is given in the agent's terminal.
export function offers(question) {
  const named = question.kind === "permission" || question.kind === "approval";
  const buttons = question.options.map((option) => {
    const standing = question.digest && option.endsWith(FOR_SESSION);
    const value = standing ? option.slice(0, -FOR_SESSION.length) : option;
    const words = named ? capital(value) : value;
    return { words: standing ? `${words} in this session` : words, value, lasts: standing ? "session" : "once" };
  });
  const field = question.freeText === "answer" || (question.freeText === "reason" && buttons.length > 0) ? question.freeText : null;
  return { buttons, field, elsewhere: buttons.length === 0 && field === null };
}

// A tool's input: [{as: "command" | "path" | "note" | "text", name, text}]. Input that is not a JSON object (the store may have
// truncated it) is shown unchanged.
export function readableInput(input) {
  if (!input) return [];
  const members = objectOf(input);
  if (!members) return [{ as: "text", name: "", text: input }];
  const parts = Object.entries(members).map(([name, value]) => part(name, value));
  return [...parts.filter((one) => one.name === ""), ...parts.filter((one) => one.name !== "")];
}

function part(name, value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  if (typeof value === "string" && LEADING[name]) return { as: LEADING[name], name: "", text };
  if (Array.isArray(value) && name === "command") return { as: "command", name: "", text: value.join(" ") };
  if (typeof value === "string" && QUIET.has(name)) return { as: "note", name: "", text };
  return { as: "text", name: name.replaceAll("_", " "), text };
}

function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
