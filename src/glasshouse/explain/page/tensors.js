// The tensors of the page: blocks of bytes, decoded when somebody asks for a number.

const data = JSON.parse(document.getElementById("data").textContent);
const decoded = new Map();

class LeftOut extends Error {
  constructor(symbol) {
    super(`The numbers of ${symbol} are left out of this page: they would not have fitted.`);
    this.symbol = symbol;
  }
}

function block(number, type) {
  if (!decoded.has(number)) {
    const text = atob(data.blocks[number]);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    const kinds = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };
    decoded.set(number, new kinds[type](bytes.buffer));
  }
  return decoded.get(number);
}

class Tensor {
  constructor(reference, symbol) {
    this.symbol = symbol;
    this.shape = reference.shape;
    this.overview = reference.overview ?? null;
    this.leftOut = Boolean(reference.left_out);
    this.reference = reference;
    this.count = this.shape.reduce((product, size) => product * size, 1);
  }

  get numbers() {
    if (this.leftOut) throw new LeftOut(this.symbol);
    return block(this.reference.block, this.reference.type);
  }

  flat(index) {
    return flatPlace(index, this.shape);
  }

  at(index) {
    const { first, strides } = this.reference;
    if (strides) return index.reduce((sum, each, axis) => sum + each * strides[axis], first);
    return this.numbers[this.flat(index)];
  }
}

function flatPlace(index, shape) {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis += 1) flat = flat * shape[axis] + index[axis];
  return flat;
}

function placeOf(flat, shape) {
  const place = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    place[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return place;
}

// Every place of a shape, the last axis fastest.
function* placesOf(shape) {
  const count = shape.reduce((product, size) => product * size, 1);
  for (let flat = 0; flat < count; flat += 1) yield placeOf(flat, shape);
}

// Every combination of one member of each list.
function combinations(lists) {
  return lists.reduce((all, list) => all.flatMap((before) => list.map((each) => [...before, each])), [[]]);
}

const values = data.values.map((value) => ({
  ...value,
  numbers: new Tensor(value.numbers, value.symbol),
  gradient: value.gradient ? new Tensor(value.gradient, `d${value.symbol}`) : null,
}));
const bySymbol = new Map(values.map((value) => [value.symbol, value]));
const steps = data.steps;

// A symbol as it stands in the arithmetic: a value, or "d" and the value by which the loss is differentiated.
function resolve(name) {
  if (bySymbol.has(name)) return { value: bySymbol.get(name), gradient: false };
  if (name.startsWith("d") && bySymbol.has(name.slice(1))) return { value: bySymbol.get(name.slice(1)), gradient: true };
  return null;
}

function numberAt(name, index) {
  const found = resolve(name);
  if (!found) return undefined;
  if (!found.gradient) return found.value.numbers.at(index);
  return found.value.gradient ? found.value.gradient.at(index) : 0;
}

function label(symbol, index) {
  return index.length ? `${symbol}[${index.join(",")}]` : symbol;
}
