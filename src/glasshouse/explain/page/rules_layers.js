// Layers with weights, and pooling.

rules.linear = {
  forward(seen, output, index) {
    const sample = index.slice(0, -1), unit = index.at(-1);
    const terms = range(seen.shape("x").at(-1)).map((i) => times(seen.leaf("weight", [unit, i]), seen.leaf("x", [...sample, i])));
    if (seen.has("bias")) terms.push(seen.leaf("bias", [unit]));
    return plus(...terms);
  },
  gradient(seen, name, index) {
    const y = seen.shape("y");
    if (name === "x") {
      const sample = index.slice(0, -1), i = index.at(-1);
      return plus(...range(y.at(-1)).map((o) => times(seen.back("y", [...sample, o]), seen.leaf("weight", [o, i]))));
    }
    const samples = [...placesOf(y.slice(0, -1))];
    if (name === "bias") return plus(...samples.map((sample) => seen.back("y", [...sample, index[0]])));
    const [o, i] = index;
    return plus(...samples.map((sample) => times(seen.back("y", [...sample, o]), seen.leaf("x", [...sample, i]))));
  },
};

const OUTSIDE = -1; // a place in the padding

// The places of a kernel's weights and of the numbers that they meet for one output (null in the padding).
function kernelWindow({ sources, stride, dilation, groups }, weight, index) {
  const axes = stride.length;
  const lead = index.slice(0, -axes - 1), o = index.at(-axes - 1), at = index.slice(-axes);
  const first = Math.floor(o / (weight[0] / groups)) * weight[1];
  return [...placesOf(weight.slice(1))].map(([c, ...j]) => {
    const seen = j.map((step, axis) => sources[axis][at[axis] * stride[axis] + step * dilation[axis]]);
    return { by: [o, c, ...j], on: seen.includes(OUTSIDE) ? null : [...lead, first + c, ...seen] };
  });
}

// Which outputs saw one number of the input, and through which weight.
function kernelSaw({ sources, stride, dilation, groups }, weight, y, index) {
  const axes = stride.length;
  const lead = index.slice(0, -axes - 1), channel = index.at(-axes - 1), at = index.slice(-axes);
  const group = Math.floor(channel / weight[1]), c = channel % weight[1];
  const meetings = at.map((place, axis) => {
    const copies = sources[axis].flatMap((source, padded) => (source === place ? [padded] : []));
    return copies.flatMap((copy) => range(weight[2 + axis]).flatMap((j) => {
      const step = copy - j * dilation[axis], i = step / stride[axis];
      return step >= 0 && Number.isInteger(i) && i < y[y.length - axes + axis] ? [[i, j]] : [];
    }));
  });
  const each = weight[0] / groups;
  return range(each).flatMap((offset) => combinations(meetings).map((met) => ({
    at: [...lead, group * each + offset, ...met.map(([i]) => i)],
    by: [group * each + offset, c, ...met.map(([, j]) => j)],
  })));
}

// Where one weight served: the outputs, and the numbers that it met.
function kernelServed(form, weight, y, index) {
  const { sources, stride, dilation, groups } = form;
  const axes = stride.length;
  const [o, c, ...j] = index;
  const channel = Math.floor(o / (weight[0] / groups)) * weight[1] + c;
  return ofChannel(y, axes, o).flatMap((at) => {
    const seen = at.slice(-axes).map((i, axis) => sources[axis][i * stride[axis] + j[axis] * dilation[axis]]);
    return seen.includes(OUTSIDE) ? [] : [{ at, on: [...at.slice(0, -axes - 1), channel, ...seen] }];
  });
}

function ofChannel(shape, axes, channel) {
  const before = [...placesOf(shape.slice(0, shape.length - axes - 1))];
  return before.flatMap((lead) => [...placesOf(shape.slice(-axes))].map((at) => [...lead, channel, ...at]));
}

rules.convolution = {
  forward(seen, output, index) {
    const { form } = seen;
    const terms = kernelWindow(form, seen.shape("weight"), index).map(({ by, on }) =>
      times(seen.leaf("weight", by), on ? seen.leaf("x", on) : ["at", "padding", [], 0]));
    if (seen.has("bias")) terms.push(seen.leaf("bias", [index.at(-1 - form.stride.length)]));
    return plus(...terms);
  },
  gradient(seen, name, index) {
    const { form } = seen, weight = seen.shape("weight"), y = seen.shape("y");
    if (name === "x") return plus(...kernelSaw(form, weight, y, index).map(({ at, by }) => times(seen.back("y", at), seen.leaf("weight", by))));
    if (name === "weight") return plus(...kernelServed(form, weight, y, index).map(({ at, on }) => times(seen.back("y", at), seen.leaf("x", on))));
    return plus(...ofChannel(y, form.stride.length, index[0]).map((at) => seen.back("y", at)));
  },
};

// It is the way back of a convolution, so what is asked of that one changes sides.
rules.transposed_convolution = {
  forward(seen, output, index) {
    const { form } = seen;
    const terms = kernelSaw(form, seen.shape("weight"), seen.shape("x"), index).map(({ at, by }) => times(seen.leaf("weight", by), seen.leaf("x", at)));
    if (seen.has("bias")) terms.push(seen.leaf("bias", [index.at(-1 - form.stride.length)]));
    return plus(...terms);
  },
  gradient(seen, name, index) {
    const { form } = seen, weight = seen.shape("weight"), y = seen.shape("y");
    if (name === "x") return plus(...kernelWindow(form, weight, index).filter(({ on }) => on).map(({ by, on }) => times(seen.back("y", on), seen.leaf("weight", by))));
    if (name === "weight") return plus(...kernelServed(form, weight, seen.shape("x"), index).map(({ at, on }) => times(seen.back("y", on), seen.leaf("x", at))));
    return plus(...ofChannel(y, form.stride.length, index[0]).map((at) => seen.back("y", at)));
  },
};

function pooled(form, index) {
  const axes = form.windows.length;
  const lead = index.slice(0, index.length - axes);
  const chosen = form.windows.map((windows, axis) => windows[index[lead.length + axis]]);
  const numbers = combinations(chosen.map((each) => each.filter((at) => at !== OUTSIDE))).map((at) => [...lead, ...at]);
  const covered = chosen.reduce((product, each) => product * each.length, 1);
  return { numbers, divisor: form.whole ? covered : numbers.length };
}

const rootOfSquares = (seen, numbers) => ["sqrt", plus(...numbers.map((at) => ["^", seen.leaf("x", at), 2]))];

rules.pooling = {
  forward(seen, output, index) {
    const { numbers, divisor } = pooled(seen.form, index);
    const leaves = numbers.map((at) => seen.leaf("x", at));
    if (seen.form.pool === "max") return leaves.length > 1 ? ["max", ...leaves] : leaves[0];
    if (seen.form.pool === "l2") return rootOfSquares(seen, numbers);
    return seen.form.pool === "average" ? over(plus(...leaves), divisor) : plus(...leaves);
  },
  gradient(seen, name, index) {
    const { form } = seen, axes = form.windows.length;
    const lead = index.slice(0, index.length - axes);
    const covering = form.windows.map((windows, axis) => range(windows.length).filter((out) => windows[out].includes(index[lead.length + axis])));
    const terms = combinations(covering).flatMap((out) => {
      const { numbers, divisor } = pooled(form, [...lead, ...out]);
      const incoming = seen.back("y", [...lead, ...out]);
      if (form.pool === "average") return [over(incoming, divisor)];
      if (form.pool === "sum") return [incoming];
      if (form.pool === "l2") {
        const norm = named("y", [...lead, ...out], rootOfSquares(seen, numbers));
        return [times(incoming, evaluate(norm) > 0 ? over(seen.leaf("x", index), norm) : 0)];
      }
      const best = numbers.reduce((best, at) => (seen.number("x", at) > seen.number("x", best) ? at : best));
      return best.join() === index.join() ? [incoming] : [];
    });
    return plus(...terms);
  },
};
