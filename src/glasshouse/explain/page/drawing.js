// The network as a drawing: a card for every tensor, in columns by the longest way from the input.

const sheet = document.getElementById("sheet");
const cards = new Map(); // by symbol: { value, box, depth, x, y, width, height }
const narrow = window.matchMedia("(max-width: 47.99rem)");

function inputsOf(value) {
  if (value.step === null) return [];
  const { inputs, besides } = steps[value.step];
  return [...new Set([...Object.values(inputs), ...besides])].map((symbol) => bySymbol.get(symbol)).filter(Boolean);
}

function depths() {
  const depth = new Map();
  const drawn = values.filter((value) => !BESIDES.has(value.role));
  for (const value of drawn) {
    if (value.step === null) { depth.set(value.symbol, value.role === "input" ? 0 : null); continue; }
    const before = inputsOf(value).filter((each) => !BESIDES.has(each.role)).map((each) => depth.get(each.symbol) ?? 0);
    depth.set(value.symbol, Math.max(0, ...before) + 1);
  }
  // What is given besides the input stands just before its first use, or before the end where no step names it.
  const last = Math.max(1, ...[...depth.values()].filter((each) => each !== null));
  for (const value of drawn.filter((each) => depth.get(each.symbol) === null)) {
    const uses = value.uses.flatMap((use) => Object.values(steps[use.step].outputs)).map((symbol) => depth.get(symbol) ?? 1);
    depth.set(value.symbol, Math.max(0, Math.min(...uses, last) - 1));
  }
  return depth;
}

function shapeText(shape) {
  return shape.length ? shape.join(" × ") : "one number";
}

function makeCard(value, firstUse) {
  const layout = layoutOf(value);
  const step = value.step === null ? null : steps[value.step];
  const what = step ? step.title : { input: "input", target: "target", constant: "constant" }[value.role] ?? value.role;
  const title = element("button", { type: "button", class: "title", "data-tensor": value.symbol, "aria-label": `${value.symbol}, ${what}, ${shapeText(value.shape)}` });
  title.append(element("span", { class: "symbol", html: math(valueMath(value, [])) }), element("span", { class: "what" }, what));
  if (step && step.badge !== "checked") title.append(element("span", { class: "badge other" }, step.badge));
  const box = element("div", { class: `card ${layout}`, "data-card": value.symbol }, title);
  if (layout === "pill") title.append(element("span", { class: "size" }, shapeText(value.shape)));
  else if (layout !== "neurons") box.append(element("p", { class: "size" }, shapeText(value.shape)));
  if (step?.module && layout !== "pill") title.title = step.module;
  if (layout === "maps") box.append(mapsOf(value, 132, 12));
  if (layout === "table" || layout === "neurons") box.append(element("div", { class: "numbers" }));
  // What a step learns stands on the first of its outputs.
  const own = step && Object.values(step.outputs)[0] === value.symbol ? Object.values(step.inputs).map((symbol) => bySymbol.get(symbol)).filter((each) => BESIDES.has(each.role)) : [];
  const elsewhere = step && drawnWeights(step) ? [step.inputs.bias, labelled(step) ? step.inputs.weight : null] : [];
  const beside = [...new Set(own)].filter((each) => !elsewhere.includes(each.symbol));
  if (beside.length) {
    box.append(makeParameters(beside, firstUse));
    box.classList.add("boxed");
  }
  return { value, box, layout };
}

function makeParameters(parameters, firstUse) {
  const again = parameters.every((value) => firstUse.has(value.symbol));
  const list = element("div", { class: `parameters ${again ? "again" : ""}` });
  for (const value of parameters) {
    const button = element("button", { type: "button", class: "title", "data-tensor": value.symbol, title: `${value.name}, ${shapeText(value.shape)}` });
    button.append(element("span", { class: "symbol", html: math(valueMath(value, [])) }));
    if (!again) button.append(element("span", { class: "size" }, shapeText(value.shape)));
    const entry = element("div", { class: "parameter" }, button);
    if (!firstUse.has(value.symbol)) {
      firstUse.add(value.symbol);
      if (value.numbers.count > 1 || value.numbers.leftOut) entry.append(mapsOf(value, 96, 9));
      else entry.append(pairOf(value, placeOf(0, value.shape)));
    }
    list.append(entry);
  }
  return list;
}

// The numbers on a card for the chosen sample.
function fillCard({ value, box, layout }) {
  const numbers = box.querySelector(":scope > .numbers");
  if (!numbers) return;
  const step = value.step === null ? null : steps[value.step];
  const bias = step && drawnWeights(step) && step.inputs.bias ? bySymbol.get(step.inputs.bias) : null;
  const pictures = picturesOf(value);
  numbers.replaceChildren(...pictures.map(({ rows, columns, at }) => {
    const grid = element("div", { class: layout === "neurons" ? "neurons-of" : "table-of" });
    grid.style.setProperty("--columns", columns);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const place = at(row, column);
        if (!place) continue;
        const pair = pairOf(value, place);
        if (layout === "neurons") pair.classList.add("neuron");
        if (bias) pair.append(biasOf(bias, place.at(-1)));
        grid.append(pair);
      }
    }
    return grid;
  }));
}

function biasOf(bias, unit) {
  const line = element("span", { class: "bias" }, element("span", { class: "plus", html: math(`<mo>+</mo>${valueMath(bias, [unit])}`) }));
  line.append(pairOf(bias, [unit]));
  return line;
}

function build() {
  const depth = depths();
  const firstUse = new Set();
  for (const value of values) {
    if (BESIDES.has(value.role)) continue;
    const card = { ...makeCard(value, firstUse), depth: depth.get(value.symbol) };
    cards.set(value.symbol, card);
    sheet.append(card.box);
    fillCard(card);
  }
}

// Where the cards stand: columns from left to right, on a phone rows from top to bottom.
function arrange() {
  const down = narrow.matches;
  sheet.classList.toggle("down", down);
  const columns = [];
  for (const card of cards.values()) {
    [card.width, card.height] = [card.box.offsetWidth, card.box.offsetHeight];
    (columns[card.depth] ??= []).push(card);
  }
  const [along, across] = down ? ["height", "width"] : ["width", "height"];
  const [x, y] = down ? ["y", "x"] : ["x", "y"];
  const drawing = document.getElementById("drawing");
  const filledColumns = columns.filter(Boolean);
  const withLabels = (column) => column.some(({ value }) => value.step !== null && labelled(steps[value.step]));
  const forLabels = down ? 96 : 92;
  // Small networks fill the width, large ones keep a short distance and are scrolled.
  const sizes = filledColumns.reduce((sum, column) => sum + Math.max(...column.map((card) => card[along])) + (withLabels(column) ? forLabels : 0), 0);
  const distance = down ? 44 : Math.max(44, Math.min(110, (drawing.clientWidth - 48 - sizes) / Math.max(1, filledColumns.length - 1)));
  let start = 24;
  filledColumns.forEach((column) => {
    if (withLabels(column)) start += forLabels;
    const middle = (card) => {
      const before = inputsOf(card.value).map((each) => cards.get(each.symbol)).filter((each) => each?.middle !== undefined);
      return before.length ? before.reduce((sum, each) => sum + each.middle, 0) / before.length : 0;
    };
    column.forEach((card) => { card.wanted = middle(card); });
    column.sort((a, b) => a.wanted - b.wanted);
    const size = Math.max(...column.map((card) => card[along]));
    const gap = 22;
    const whole = column.reduce((sum, card) => sum + card[across], 0) + gap * (column.length - 1);
    let at = column.length === 1 ? column[0].wanted * 0.5 - whole / 2 : -whole / 2;
    for (const card of column) {
      card[x] = start + (size - card[along]) / 2;
      card[y] = at;
      card.middle = at + card[across] / 2;
      at += card[across] + gap;
    }
    start += size + distance;
  });
  const all = [...cards.values()];
  const least = Math.min(...all.map((card) => card[y])), most = Math.max(...all.map((card) => card[y] + card[across]));
  const lanes = laneRoom();
  const spare = drawing[down ? "clientWidth" : "clientHeight"] - (most - least) - lanes;
  const margin = Math.max(20, down ? spare / 2 : Math.min(spare / 2, 96));
  for (const card of all) {
    card[y] += margin - least;
    [card.x, card.y] = [Math.round(card.x), Math.round(card.y)];
    [card.box.style.left, card.box.style.top] = [`${card.x}px`, `${card.y}px`];
  }
  sheet.style[down ? "height" : "width"] = `${start - distance + 24}px`;
  sheet.style[down ? "width" : "height"] = `${most - least + 2 * margin + lanes}px`;
  drawEdges(most - least + margin + 16);
}
