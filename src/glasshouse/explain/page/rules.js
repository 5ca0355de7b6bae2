// What a rule sees of its step: its inputs, outputs and their gradients by the rule's own names.

class Seen {
  constructor(step) {
    this.step = step;
    this.form = step.form;
    this.cache = new Map();
  }

  value(name) {
    return bySymbol.get(this.step.inputs[name] ?? this.step.outputs[name]);
  }

  has(name) {
    return name in this.step.inputs;
  }

  shape(name) {
    return this.value(name).shape;
  }

  number(name, index) {
    return this.value(name).numbers.at(index);
  }

  leaf(name, index) {
    return ["at", this.value(name).symbol, [...index], this.number(name, index)];
  }

  incoming(output, index) {
    const { gradient } = this.value(output);
    return gradient ? gradient.at(index) : 0;
  }

  back(output, index) {
    return ["at", `d${this.value(output).symbol}`, [...index], this.incoming(output, index)];
  }

  // Worked out once for the whole tensor, then kept.
  once(key, work) {
    if (!this.cache.has(key)) this.cache.set(key, work());
    return this.cache.get(key);
  }
}

// By the kind of a form: forward(seen, output, index) and gradient(seen, input, index), both trees.
const rules = {};

const range = (count) => Array.from({ length: count }, (_, at) => at);

// Where the number of a place after broadcasting stood before.
function broadcastPlace(place, shape) {
  const own = place.slice(place.length - shape.length);
  return own.map((at, axis) => (shape[axis] === 1 ? 0 : at));
}

// The places after broadcasting that one number serves.
function servedPlaces(place, shape, full) {
  const surplus = full.length - shape.length;
  const axes = full.slice(0, surplus).map(range);
  shape.forEach((size, axis) => {
    const wide = size === 1 && full[surplus + axis] !== 1;
    axes.push(wide ? range(full[surplus + axis]) : [place[axis]]);
  });
  return combinations(axes);
}
