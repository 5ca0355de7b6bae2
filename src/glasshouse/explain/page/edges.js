// The edges: forward in the first colour, the way of the gradient beside them in the second.

const edges = document.getElementById("edges");
const LABELLED = 12, LINES = 240;

// Whether the weights of a step are drawn as lines from neuron to neuron.
function drawnWeights(step) {
  if (step.form?.kind !== "linear") return false;
  const [x, y, weight] = [step.inputs.x, step.outputs.y, step.inputs.weight].map((symbol) => bySymbol.get(symbol));
  if (weight.numbers.leftOut || BESIDES.has(x.role)) return false;
  return layoutOf(x) === "neurons" && layoutOf(y) === "neurons" && x.shape.length === y.shape.length && weight.numbers.count <= LINES;
}

function labelled(step) {
  return drawnWeights(step) && bySymbol.get(step.inputs.weight).numbers.count <= (narrow.matches ? LABELLED / 3 : LABELLED);
}

function line(kind, path, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("d", path);
  made.setAttribute("class", kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  edges.append(made);
  return made;
}

// Edges that skip columns run in lanes beside the cards.
function skips() {
  const found = [];
  for (const [from, to] of pairs()) if (to.depth - from.depth > 1 && blocked(from, to)) found.push([from, to]);
  return found;
}

function blocked(from, to) {
  const [y, across] = narrow.matches ? ["x", "width"] : ["y", "height"];
  const [low, high] = [Math.min(from.middle, to.middle), Math.max(from.middle, to.middle)];
  return [...cards.values()].some((card) => card.depth > from.depth && card.depth < to.depth
    && (y in card ? card.middle - card[across] / 2 < high + 4 && card.middle + card[across] / 2 > low - 4 : false));
}

const laneRoom = () => (skips().length ? 28 + 12 * Math.min(8, skips().length) : 0);

function* pairs() {
  const seen = new Set();
  for (const to of cards.values()) {
    for (const value of inputsOf(to.value)) {
      const from = cards.get(value.symbol), key = `${value.symbol}>${to.value.symbol}`;
      if (from && !seen.has(key)) { seen.add(key); yield [from, to]; }
    }
  }
}

function drawEdges(laneStart) {
  edges.replaceChildren();
  sheet.querySelectorAll(".weight").forEach((each) => each.remove());
  edges.setAttribute("width", sheet.style.width.replace("px", "") || sheet.clientWidth);
  edges.setAttribute("height", sheet.style.height.replace("px", "") || sheet.clientHeight);
  edges.innerHTML = ["ahead", "back"].map((kind) => `<defs><marker id="tip-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="tip ${kind}" d="M0 0.5 8 4 0 7.5z"/></marker></defs>`).join("");
  const lanes = skips().sort((a, b) => (a[1].depth - a[0].depth) - (b[1].depth - b[0].depth));
  for (const [from, to] of pairs()) {
    const step = steps[to.value.step];
    if (drawnWeights(step) && from.value.symbol === step.inputs.x) drawWeights(step, from, to);
    else if (!drawNeuronLines(step, from, to)) {
      const lane = lanes.findIndex(([a, b]) => a === from && b === to);
      drawCurve(from, to, lane < 0 ? null : laneStart + 12 * (lane % 8));
    }
  }
}

function ends(from, to) {
  return narrow.matches
    ? [[from.x + from.width / 2, from.y + from.height], [to.x + to.width / 2, to.y]]
    : [[from.x + from.width, from.y + from.height / 2], [to.x, to.y + to.height / 2]];
}

function drawCurve(from, to, lane) {
  const down = narrow.matches;
  const route = ([[ax, ay], [bx, by]], shift) => {
    if (down) { ax += shift; bx += shift; } else { ay += shift; by += shift; }
    if (lane === null) {
      const half = down ? (by - ay) / 2 : (bx - ax) / 2;
      return down ? [`M${ax} ${ay}C${ax} ${ay + half} ${bx} ${by - half} ${bx} ${by}`, `M${bx} ${by}C${bx} ${by - half} ${ax} ${ay + half} ${ax} ${ay}`]
        : [`M${ax} ${ay}C${ax + half} ${ay} ${bx - half} ${by} ${bx} ${by}`, `M${bx} ${by}C${bx - half} ${by} ${ax + half} ${ay} ${ax} ${ay}`];
    }
    const run = 24 - shift, at = lane + shift;
    const points = down ? [[ax, ay], [ax, ay + run], [at, ay + run], [at, by - run], [bx, by - run], [bx, by]]
      : [[ax, ay], [ax + run, ay], [ax + run, at], [bx - run, at], [bx - run, by], [bx, by]];
    return [rounded(points), rounded([...points].reverse())];
  };
  const key = { "data-from": from.value.symbol, "data-to": to.value.symbol };
  const both = from.value.gradient && to.value.gradient;
  line("edge ahead", route(ends(from, to), both ? -3 : 0)[0], { ...key, "marker-end": "url(#tip-ahead)" });
  if (both) line("edge back", route(ends(from, to), 4)[1], { ...key, "marker-end": "url(#tip-back)" });
}

// A way along straight lines with round corners.
function rounded(points) {
  const parts = [`M${points[0]}`];
  for (let at = 1; at < points.length - 1; at += 1) {
    const [before, corner, after] = [points[at - 1], points[at], points[at + 1]];
    const towards = (other) => {
      const length = Math.hypot(other[0] - corner[0], other[1] - corner[1]) || 1, cut = Math.min(8, length / 2);
      return [corner[0] + ((other[0] - corner[0]) * cut) / length, corner[1] + ((other[1] - corner[1]) * cut) / length];
    };
    parts.push(`L${towards(before)}Q${corner} ${towards(after)}`);
  }
  return `${parts.join("")}L${points.at(-1)}`;
}

function neuronsOn(card) {
  const area = sheet.getBoundingClientRect();
  return [...card.box.querySelectorAll(".neuron")].map((each) => {
    const circle = each.querySelector(".number").getBoundingClientRect();
    const below = each.getBoundingClientRect().bottom - circle.bottom + 2;
    return { below, x: circle.left - area.left + circle.width / 2, y: circle.top - area.top + circle.height / 2, radius: circle.height / 2, half: circle.width / 2 };
  });
}

// The line between two circles; downwards it begins below the gradient that stands under the first.
function between(a, b) {
  if (narrow.matches) {
    const start = a.radius + a.below, share = start / Math.max(1, b.y - a.y);
    return [a.x + (b.x - a.x) * share, a.y + start, b.x - ((b.x - a.x) * (b.radius + 4)) / Math.max(1, b.y - a.y), b.y - b.radius - 4];
  }
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const cut = (end) => end.half + 2;
  return [a.x + ((b.x - a.x) * cut(a)) / length, a.y + ((b.y - a.y) * cut(a)) / length, b.x - ((b.x - a.x) * (cut(b) + 2)) / length, b.y - ((b.y - a.y) * (cut(b) + 2)) / length];
}

function drawWeights(step, from, to) {
  const weight = bySymbol.get(step.inputs.weight);
  const [before, after] = [neuronsOn(from), neuronsOn(to)];
  const largest = largestOf(weight.numbers) || 1;
  after.forEach((b, unit) => before.forEach((a, i) => {
    const [x1, y1, x2, y2] = between(a, b);
    const number = weight.numbers.at([unit, i]);
    const made = line(`edge weighted ${number < 0 ? "minus" : ""}`, `M${x1} ${y1}L${x2} ${y2}`, { "data-from": from.value.symbol, "data-to": to.value.symbol, "data-at": weight.symbol, "data-index": `${unit},${i}` });
    made.style.strokeWidth = 0.8 + 2.2 * (Math.abs(number) / largest);
    if (!labelled(step)) return;
    // Neighbouring labels stand at different heights, so that none covers another.
    const at = (narrow.matches ? i + unit : i) % 2 ? 0.67 : 0.3;
    const pair = pairOf(weight, [unit, i]);
    pair.classList.add("weight");
    sheet.append(pair);
    pair.style.transform = `translate(${x1 + (x2 - x1) * at}px, ${y1 + (y2 - y1) * at}px) translate(-50%, -50%)`;
  }));
}

// From neuron to neuron, where a step treats each for itself.
function drawNeuronLines(step, from, to) {
  if (from.layout !== "neurons" || to.layout !== "neurons") return false;
  const [before, after] = [neuronsOn(from), neuronsOn(to)];
  const single = ["formula", "elementwise", "dropout"].includes(step.form?.kind) && before.length === after.length;
  if (!single && after.length !== 1) return false;
  before.forEach((a, at) => {
    const [x1, y1, x2, y2] = between(a, after[single ? at : 0]);
    line("edge ahead only", `M${x1} ${y1}L${x2} ${y2}`, { "data-from": from.value.symbol, "data-to": to.value.symbol, "marker-end": "url(#tip-ahead)" });
  });
  return true;
}
