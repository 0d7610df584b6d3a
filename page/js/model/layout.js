// Places the cards of a graph: one column per wave, few crossing lines, and lanes for lines that pass a column.

import { layers } from "./waves.js";

// Room for two lines of title and one line below.
const HEIGHT = 74;
const GAP_Y = 12;
const INSIDE = 14;
const TOP = 30;
// Room for a line that passes a column.
const LANE = 14;
// A wave with more cards than this takes several columns.
const TALLEST = 14;
// In less room than this (px), a wave is one column: readable cards are worth more than cards that are all in view.
const NARROW = 480;
// A title may need more than the minimum, but without room no card is wider than this.
const WIDTHS = { least: 136, wanted: 190, most: 260 };
// The width of a card without its title (px), and of a bold letter.
const [ASIDE, LETTER] = [52, 7.6];
const GAPS = { least: 28, most: 72 };
const ROUNDS = 4;

// `longest` is the number of letters in the longest title.
// {cards: id -> {x, y, wave}, lanes, width, height, cardWidth, cardHeight, heads: [x of each wave], paths: [{from, to, d}]}
export function layout(ids, needs, room, longest = 0) {
  const layer = layers(ids, needs);
  const columns = [];
  for (const id of ids) (columns[layer.get(id)] ??= []).push(id);
  const lanes = addLanes(ids, needs, layer, columns);
  untangle(columns, lanes);
  lanes.tallest = room < NARROW ? Infinity : TALLEST;
  return place(columns, lanes, ids, needs, layer, sizes(columns, lanes, room, longest));
}

// A line over several waves gets a lane in each wave that it passes; lines from the same card share it.
function addLanes(ids, needs, layer, columns) {
  const lanes = { before: new Map(), after: new Map(), is: new Set(), tallest: TALLEST };
  const join = (from, to) => {
    add(lanes.before, to, from);
    add(lanes.after, from, to);
  };
  for (const to of ids) {
    for (const from of needs(to)) {
      let last = from;
      for (let wave = layer.get(from) + 1; wave < layer.get(to); wave += 1) {
        const lane = `${from}\n${wave}`;
        if (!lanes.is.has(lane)) columns[wave].push(lane);
        lanes.is.add(lane);
        join(last, lane);
        last = lane;
      }
      join(last, to);
    }
  }
  return lanes;
}

function add(map, key, value) {
  const values = map.get(key);
  if (!values) map.set(key, [value]);
  else if (!values.includes(value)) values.push(value);
}

// Sorts each column by the middle of the connected cards, alternately from the left and from the right.
function untangle(columns, lanes) {
  for (let round = 0; round < ROUNDS; round += 1) {
    const forward = round % 2 === 0;
    const order = forward ? columns.keys() : [...columns.keys()].reverse();
    for (const wave of order) {
      const beside = columns[wave + (forward ? -1 : 1)];
      if (!beside) continue;
      const rank = new Map(beside.map((id, position) => [id, (position + 0.5) / beside.length]));
      const joined = forward ? lanes.before : lanes.after;
      const middle = new Map(columns[wave].map((id, position) => [id, mean(joined.get(id), rank) ?? (position + 0.5) / columns[wave].length]));
      columns[wave].sort((a, b) => middle.get(a) - middle.get(b));
    }
  }
}

function mean(ids, rank) {
  const found = (ids ?? []).map((id) => rank.get(id)).filter((value) => value !== undefined);
  return found.length > 0 ? found.reduce((sum, value) => sum + value, 0) / found.length : undefined;
}

// Cards are as wide as the room allows, so that a typical plan fits, and wide enough for the longest title on two lines.
function sizes(columns, lanes, room, longest) {
  const across = columns.reduce((sum, ids) => sum + folded(ids, lanes), 0);
  const gaps = columns.length - 1;
  const gap = Math.min(GAPS.most, Math.max(GAPS.least, room * 0.06));
  const least = Math.min(WIDTHS.wanted, Math.max(WIDTHS.least, ASIDE + (LETTER * longest) / 2));
  const free = room - gaps * gap - (across - columns.length) * INSIDE;
  return { gap, cardWidth: Math.round(Math.min(WIDTHS.most, Math.max(least, free / across))) };
}

function folded(ids, lanes) {
  return Math.max(1, Math.ceil(ids.filter((id) => !lanes.is.has(id)).length / lanes.tallest));
}

function place(columns, lanes, ids, needs, layer, { gap, cardWidth }) {
  const spots = new Map();
  const heads = [];
  const stacks = columns.map((column) => stack(column, lanes));
  const tallest = Math.max(...stacks.map(({ height }) => height));
  const top = columns.length > 1 ? TOP : 0;
  let x = 0;
  columns.forEach((column, wave) => {
    const { offsets, height } = stacks[wave];
    heads.push(x);
    for (const id of column) {
      const { fold, y } = offsets.get(id);
      spots.set(id, { x: x + fold * (cardWidth + INSIDE), y: top + (tallest - height) / 2 + y, lane: lanes.is.has(id) });
    }
    x += folded(column, lanes) * (cardWidth + INSIDE) - INSIDE + gap;
  });
  const cards = new Map(ids.map((id) => [id, spots.get(id)]));
  const paths = ids.flatMap((to) => needs(to).map((from) => ({ from, to, d: route(from, to, layer, spots, cardWidth) })));
  return { cards, heads, paths, cardWidth, cardHeight: HEIGHT, width: x - gap, height: top + tallest };
}

// The positions in one column; a tall column is split into several.
function stack(column, lanes) {
  const folds = folded(column, lanes);
  const perFold = Math.ceil(column.length / folds);
  const offsets = new Map();
  let height = 0;
  for (let fold = 0; fold < folds; fold += 1) {
    let y = 0;
    for (const id of column.slice(fold * perFold, (fold + 1) * perFold)) {
      offsets.set(id, { fold, y });
      y += (lanes.is.has(id) ? LANE : HEIGHT) + GAP_Y;
    }
    height = Math.max(height, y - GAP_Y);
  }
  return { offsets, height };
}

// A line from card to card, along its lanes.
function route(from, to, layer, spots, cardWidth) {
  const points = [];
  for (let wave = layer.get(from) + 1; wave < layer.get(to); wave += 1) points.push(spots.get(`${from}\n${wave}`));
  const [start, end] = [spots.get(from), spots.get(to)];
  let [x, y] = [start.x + cardWidth, start.y + HEIGHT / 2];
  let d = `M${x} ${y}`;
  for (const point of [...points, end]) {
    const across = point.y + (point.lane ? LANE : HEIGHT) / 2;
    const bend = Math.max(16, (point.x - x) / 2);
    d += `C${x + bend} ${y} ${point.x - bend} ${across} ${point.x} ${across}`;
    [x, y] = [point.x, across];
    if (point.lane) d += `H${(x += cardWidth)}`;
  }
  return d;
}
