// How a tensor is laid out: as neurons, as a small table, as maps, or as a pill for one that was only moved.

const state = { sample: 0, gradients: false, selected: null, stop: -1, hidden: null };
const batch = values.find((value) => value.role === "input")?.shape[0] ?? 1;

const BESIDES = new Set(["parameter", "buffer"]);
const FEW = 12, TABLE = 40, CHANNELS = 12;

// What is left of a value's shape for one sample, and the index that leads to it.
function ofSample(value) {
  const { shape } = value;
  const counted = !BESIDES.has(value.role) && shape.length > 0 && shape[0] === batch && (shape.length > 1 || batch > 1);
  return counted ? { lead: [Math.min(state.sample, batch - 1)], shape: shape.slice(1) } : { lead: [], shape };
}

function movedOnly(value) {
  // Padding is worth a picture: it is what the windows of the next layer lie on.
  return value.step !== null && steps[value.step].form?.kind === "movement" && steps[value.step].operation !== "pad" && value.symbol !== data.output;
}

function layoutOf(value) {
  const { shape } = ofSample(value);
  const count = shape.reduce((product, size) => product * size, 1);
  if (value.numbers.leftOut) return "maps";
  if (movedOnly(value) && values.length > 14) return "pill";
  if (shape.length <= 1 && count <= FEW) return "neurons";
  if (count <= TABLE && shape.length >= 2 && shape.at(-1) <= 8) return "table";
  return "maps";
}

// The flat pictures of a value: each with rows, columns and the place of every cell.
function picturesOf(value) {
  const { lead, shape } = ofSample(value);
  const count = shape.reduce((product, size) => product * size, 1);
  const flat = shape.length >= 3 && shape.at(-1) === 1 && shape.at(-2) === 1;
  if (shape.length <= 1 || flat) {
    const columns = count <= FEW ? count : Math.ceil(Math.sqrt(count));
    const at = (row, column) => (row * columns + column < count ? [...lead, ...placeOf(row * columns + column, shape)] : null);
    return [{ name: "", rows: Math.ceil(count / columns) || 1, columns: columns || 1, at }];
  }
  const before = shape.slice(0, -2), [rows, columns] = shape.slice(-2);
  return [...placesOf(before)].map((channel) => ({
    name: channel.join(","), rows, columns, at: (row, column) => [...lead, ...channel, row, column],
  }));
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "html") made.innerHTML = value;
    else if (name in made && typeof value !== "string") made[name] = value;
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const isHidden = (name, index) => state.hidden !== null && label(name, index) === state.hidden;

function textOf(name, index, digits = 4) {
  return isHidden(name, index) ? "?" : shown(numberAt(name, index), digits);
}

function titleOf(name, index) {
  return isHidden(name, index) ? `${label(name, index)} = ?` : `${label(name, index)} = ${allDigits(numberAt(name, index))}`;
}

// One number that can be clicked; numbers of the way back in the second colour.
function numberButton(name, index, digits = 4, extra = "") {
  const found = resolve(name);
  const text = textOf(name, index, digits);
  return element("button", {
    type: "button", class: `number ${found?.gradient ? "back" : "ahead"} ${text === "?" ? "asked" : ""} ${extra}`, "data-at": name,
    "data-index": index.join(","), title: titleOf(name, index), "aria-label": titleOf(name, index),
  }, text);
}

// A number over its gradient.
function pairOf(value, index, digits = 3) {
  const pair = element("span", { class: "pair" }, numberButton(value.symbol, index, digits));
  if (value.gradient && !value.gradient.leftOut) pair.append(numberButton(`d${value.symbol}`, index, digits));
  return pair;
}
