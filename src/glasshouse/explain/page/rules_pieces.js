// Operations that treat every number for itself, move it, or multiply and add.

rules.formula = {
  forward(seen, output, index) {
    return filled(seen.form.value, broadcastLeaves(seen, index));
  },
  gradient(seen, name, index) {
    const full = seen.shape("y");
    return plus(...servedPlaces(index, seen.shape(name), full).map((place) =>
      times(seen.back("y", place), filled(seen.form.slopes[name], broadcastLeaves(seen, place)))));
  },
};

function broadcastLeaves(seen, place) {
  return Object.fromEntries(Object.keys(seen.step.inputs).map((name) => [name, seen.leaf(name, broadcastPlace(place, seen.shape(name)))]));
}

// One formula for every number of x; a learnt setting is one number, or one for each channel (axis 1).
rules.elementwise = {
  forward(seen, output, index) {
    return filled(seen.form.value, ownLeaves(seen, index));
  },
  gradient(seen, name, index) {
    if (name === "x") return times(seen.back("y", index), filled(seen.form.slopes.x, ownLeaves(seen, index)));
    const x = seen.shape("x");
    const perChannel = seen.value(name).numbers.count > 1;
    const served = [...placesOf(x)].filter((place) => !perChannel || place[Math.min(1, x.length - 1)] === index.at(-1));
    return plus(...served.map((place) => times(seen.back("y", place), filled(seen.form.slopes[name], ownLeaves(seen, place)))));
  },
};

function ownLeaves(seen, place) {
  return Object.fromEntries(Object.keys(seen.step.inputs).map((name) => {
    if (name === "x") return [name, seen.leaf("x", place)];
    const { shape, numbers } = seen.value(name);
    const own = !shape.length ? [] : [numbers.count > 1 ? place[Math.min(1, place.length - 1)] : 0];
    return [name, seen.leaf(name, own)];
  }));
}

rules.dropout = {
  forward(seen, output, index) {
    return dropped(seen, seen.leaf("x", index), index);
  },
  gradient(seen, name, index) {
    return dropped(seen, seen.back("y", index), index);
  },
};

function dropped(seen, number, index) {
  if (!seen.form.training) return number;
  const mask = seen.once("mask", () => new Tensor(seen.form.mask, "the mask"));
  return over(times(["at", "mask", index, mask.at(index)], number), plus(1, ["-", seen.form.probability]));
}

rules.movement = {
  forward(seen, output, index) {
    const source = placesFrom(seen, output).at(index);
    if (source < 0) return new Tensor(seen.form.constants[output], output).at(index);
    const starts = startsOf(seen);
    let which = seen.form.names.length - 1;
    while (starts[which] > source || starts[which + 1] === starts[which]) which -= 1;
    return seen.leaf(seen.form.names[which], placeOf(source - starts[which], seen.form.shapes[which]));
  },
  gradient(seen, name, index) {
    const which = seen.form.names.indexOf(name);
    const wanted = startsOf(seen)[which] + flatPlace(index, seen.form.shapes[which]);
    return plus(...Object.keys(seen.form.sources).flatMap((output) => {
      const places = placesFrom(seen, output);
      return wentTo(places, wanted).map((place) => seen.back(output, place));
    }));
  },
};

const placesFrom = (seen, output) => seen.once(`from ${output}`, () => new Tensor(seen.form.sources[output], "places"));

function startsOf(seen) {
  return seen.once("starts", () => seen.form.shapes.reduce((starts, shape) => [...starts, starts.at(-1) + shape.reduce((a, b) => a * b, 1)], [0]));
}

function wentTo(places, wanted) {
  const found = [];
  for (const place of placesOf(places.shape)) if (places.at(place) === wanted) found.push(place);
  return found;
}

// A sum of products over every letter that the output lacks, as in einsum.
rules.contraction = {
  forward(seen, output, index) {
    const { letters } = seen.form;
    return contracted(seen, Object.fromEntries([...seen.form.output].map((letter, at) => [letter, index[at]])), null, letters);
  },
  gradient(seen, name, index) {
    const { names, letters } = seen.form;
    const which = names.indexOf(name), sizes = letterSizes(seen), shape = seen.shape(name);
    const fixed = {};
    [...letters[which]].forEach((letter, axis) => {
      if (!(shape[axis] === 1 && sizes[letter] !== 1)) fixed[letter] = index[axis];
    });
    return contracted(seen, fixed, which, letters);
  },
};

function contracted(seen, fixed, without, letters) {
  const { names, output } = seen.form;
  const sizes = letterSizes(seen);
  const free = Object.keys(sizes).filter((letter) => !(letter in fixed));
  const terms = [...placesOf(free.map((letter) => sizes[letter]))].map((place) => {
    const at = { ...fixed, ...Object.fromEntries(free.map((letter, axis) => [letter, place[axis]])) };
    const factors = without === null ? [] : [seen.back("y", [...output].map((letter) => at[letter]))];
    names.forEach((name, which) => {
      if (which === without) return;
      const shape = seen.shape(name);
      factors.push(seen.leaf(name, [...letters[which]].map((letter, axis) => (shape[axis] === 1 ? 0 : at[letter]))));
    });
    return times(...factors);
  });
  return plus(...terms);
}

function letterSizes(seen) {
  return seen.once("sizes", () => {
    const sizes = {};
    seen.form.names.forEach((name, which) => [...seen.form.letters[which]].forEach((letter, axis) => {
      sizes[letter] = Math.max(sizes[letter] ?? 1, seen.shape(name)[axis]);
    }));
    return sizes;
  });
}
