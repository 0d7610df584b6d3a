// Waves: which siblings can run in parallel. A task is in the wave after the last one that it waits for.

// The wave of each id, counted from 0. `before(id)` returns the ids that it waits for; those not in `ids` are ignored, and a cycle
// (which the daemon refuses) is cut where it is found.
export function layers(ids, before) {
  const known = new Set(ids);
  const layer = new Map();
  const visiting = new Set();
  for (const start of ids) {
    const stack = [start];
    while (stack.length > 0) {
      const id = stack[stack.length - 1];
      if (layer.has(id)) {
        stack.pop();
        continue;
      }
      visiting.add(id);
      const needs = before(id).filter((other) => known.has(other) && other !== id);
      const open = needs.filter((other) => !layer.has(other) && !visiting.has(other));
      if (open.length > 0) stack.push(...open);
      else {
        layer.set(id, needs.reduce((wave, other) => Math.max(wave, (layer.get(other) ?? -1) + 1), 0));
        visiting.delete(id);
        stack.pop();
      }
    }
  }
  return layer;
}

// Which siblings the siblings under `parentId` wait for; a dependency between their subtasks counts as one between them.
export function siblingNeeds(store, parentId) {
  const siblings = store.children(parentId);
  const owner = new Map();
  for (const id of siblings) claim(store, id, id, owner);
  const needs = new Map(siblings.map((id) => [id, new Set()]));
  for (const [id, sibling] of owner) {
    for (const other of store.task.get(id)?.dependencies ?? []) {
      const elsewhere = owner.get(other);
      if (elsewhere && elsewhere !== sibling) needs.get(sibling).add(elsewhere);
    }
  }
  return needs;
}

function claim(store, top, sibling, owner) {
  const stack = [top];
  while (stack.length > 0) {
    const id = stack.pop();
    owner.set(id, sibling);
    stack.push(...store.children(id));
  }
}

// The siblings by wave: a list of lists of ids.
export function wavesOf(store, parentId) {
  const siblings = store.children(parentId);
  const needs = siblingNeeds(store, parentId);
  const layer = layers(siblings, (id) => [...needs.get(id)]);
  const waves = [];
  for (const id of siblings) (waves[layer.get(id)] ??= []).push(id);
  return waves;
}
