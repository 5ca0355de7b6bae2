// Operations in which many numbers meet: normalization, softmax, cross-entropy, sums, means and extremes.

function groupsOf({ by, count }, shape) {
  const axes = shape.length;
  const groups = new Map(), groupAt = [], featureAt = [];
  let flat = 0;
  for (const place of placesOf(shape)) {
    const group = by === "channel" ? place[1] : by === "last" ? Math.floor(flat / count)
      : place[0] * count + Math.floor(place[1] / (shape[1] / count));
    groupAt.push(group);
    featureAt.push(by === "last" ? flat % count : axes > 1 ? place[1] : place[0]);
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(flat);
    flat += 1;
  }
  return { groups, groupAt, featureAt };
}

// Mean, variance and normalized numbers of the whole tensor.
function statistics(seen) {
  return seen.once("statistics", () => {
    const shape = seen.shape("x"), { form } = seen;
    const own = groupsOf(form, shape);
    const x = seen.value("x").numbers.numbers;
    const mean = [], variance = [];
    for (const [group, members] of own.groups) {
      if (form.given) {
        mean[group] = seen.number("running_mean", [group]);
        variance[group] = seen.number("running_var", [group]);
        continue;
      }
      mean[group] = form.centred ? exactSum(members.map((at) => x[at])) / members.length : 0;
      variance[group] = exactSum(members.map((at) => (x[at] - mean[group]) ** 2)) / members.length;
    }
    const normal = own.groupAt.map((group, at) => (x[at] - mean[group]) / Math.sqrt(variance[group] + form.epsilon));
    return { ...own, shape, mean, variance, normal };
  });
}

function featureLeaf(seen, name, flat) {
  return seen.leaf(name, placeOf(statistics(seen).featureAt[flat], seen.shape(name)));
}

rules.normalization = {
  forward(seen, output, index) {
    const { form } = seen, all = statistics(seen), flat = flatPlace(index, all.shape);
    const group = all.groupAt[flat], own = seen.leaf("x", index);
    const members = () => all.groups.get(group).map((at) => seen.leaf("x", placeOf(at, all.shape)));
    let normal;
    if (form.given) {
      normal = over(minus(own, seen.leaf("running_mean", [group])), ["sqrt", plus(seen.leaf("running_var", [group]), form.epsilon)]);
    } else if (form.centred) {
      const together = members();
      const mean = named("mean", [group], over(plus(...together), together.length));
      const spread = named("variance", [group], over(plus(...together.map((each) => ["^", minus(each, mean), 2])), together.length));
      normal = over(minus(own, mean), ["sqrt", plus(spread, form.epsilon)]);
    } else {
      const together = members();
      const square = named("mean_square", [group], over(plus(...together.map((each) => ["^", each, 2])), together.length));
      normal = over(own, ["sqrt", plus(square, form.epsilon)]);
    }
    let y = named("x_hat", index, normal);
    if (seen.has("weight")) y = times(featureLeaf(seen, "weight", flat), y);
    return seen.has("bias") ? plus(y, featureLeaf(seen, "bias", flat)) : y;
  },
  gradient(seen, name, index) {
    const { form } = seen, all = statistics(seen);
    const hat = (flat) => ["at", "x_hat", placeOf(flat, all.shape), all.normal[flat]];
    const dy = (flat) => seen.back("y", placeOf(flat, all.shape));
    if (name === "weight" || name === "bias") {
      const feature = flatPlace(index, seen.shape(name));
      const served = range(all.featureAt.length).filter((flat) => all.featureAt[flat] === feature);
      return plus(...served.map((flat) => (name === "bias" ? dy(flat) : times(dy(flat), hat(flat)))));
    }
    const flat = flatPlace(index, all.shape), group = all.groupAt[flat];
    const spread = ["at", form.centred ? "variance" : "mean_square", [group], all.variance[group]];
    const deviation = named("deviation", [group], ["sqrt", plus(spread, form.epsilon)]);
    const scaled = (at) => (seen.has("weight") ? times(dy(at), featureLeaf(seen, "weight", at)) : dy(at));
    const direct = named("direct", [], over(scaled(flat), deviation));
    if (form.given) return direct;
    const together = all.groups.get(group);
    const paths = [direct];
    if (form.centred) paths.push(named("through_mean", [], over(["-", over(plus(...together.map(scaled)), together.length)], deviation)));
    const slope = over(plus(...together.map((at) => times(scaled(at), hat(at)))), together.length);
    paths.push(named("through_variance", [], over(["-", times(hat(flat), slope)], deviation)));
    return plus(...paths);
  },
};

function alongAxis(axis, shape, index) {
  const at = axis < 0 ? axis + shape.length : axis;
  return range(shape[at]).map((each) => [...index.slice(0, at), each, ...index.slice(at + 1)]);
}

const FAR = 700; // beyond it e^x itself would overflow, so the largest is taken off first

function shares(seen, name, places, temperature = 1) {
  const numbers = places.map((at) => seen.number(name, at));
  const largest = Math.max(...numbers);
  const shift = Math.abs(largest) / temperature > FAR ? ["at", "max", [], largest] : null;
  const powers = places.map((at) => {
    const number = shift ? minus(seen.leaf(name, at), shift) : seen.leaf(name, at);
    return ["exp", temperature === 1 ? number : over(number, temperature)];
  });
  return { powers, shift, all: plus(...powers) };
}

rules.softmax = {
  forward(seen, output, index) {
    const places = alongAxis(seen.form.axis, seen.shape("x"), index);
    const { powers, all } = shares(seen, "x", places, seen.form.temperature);
    return over(powers[places.findIndex((at) => at.join() === index.join())], all);
  },
  gradient(seen, name, index) {
    const places = alongAxis(seen.form.axis, seen.shape("x"), index);
    const { powers, all } = shares(seen, "x", places, seen.form.temperature);
    const share = places.map((at, which) => named("y", at, over(powers[which], all)));
    const mean = named("mean", [], plus(...places.map((at, which) => times(seen.back("y", at), share[which]))));
    const own = places.findIndex((at) => at.join() === index.join());
    const result = times(share[own], minus(seen.back("y", index), mean));
    return seen.form.temperature === 1 ? result : over(result, seen.form.temperature);
  },
};

function logOfSum(seen, name, places) {
  const { shift, all } = shares(seen, name, places);
  return shift ? plus(shift, ["log", all]) : ["log", all];
}

rules.log_softmax = {
  forward(seen, output, index) {
    return minus(seen.leaf("x", index), logOfSum(seen, "x", alongAxis(seen.form.axis, seen.shape("x"), index)));
  },
  gradient(seen, name, index) {
    const places = alongAxis(seen.form.axis, seen.shape("x"), index);
    // The rule's own y, which has more digits than the one of the run.
    const own = evaluate(rules.log_softmax.forward(seen, "y", index));
    const share = named("p", index, ["exp", ["at", seen.value("y").symbol, index, own]]);
    return minus(seen.back("y", index), times(share, plus(...places.map((at) => seen.back("y", at)))));
  },
};

function classesOf(seen, sample) {
  const [first, ...rest] = sample;
  return range(seen.shape("outputs")[1]).map((k) => [first, k, ...rest]);
}

// What is wanted of every class of a sample: plain 0 and 1 for a class, leaves for shares.
function wantedOf(seen, sample, places) {
  const { dtype } = seen.value("targets");
  if (dtype.startsWith("float")) return places.map((at) => seen.leaf("targets", at));
  const right = seen.number("targets", sample);
  return places.map((_, k) => Number(k === right));
}

rules.cross_entropy = {
  forward(seen) {
    const shape = seen.shape("outputs");
    const samples = [...placesOf([shape[0], ...shape.slice(2)])];
    const terms = samples.flatMap((sample) => {
      const places = classesOf(seen, sample), wanted = wantedOf(seen, sample, places);
      const normalizer = logOfSum(seen, "outputs", places);
      return places.flatMap((at, k) => {
        if (wanted[k] === 0) return [];
        const surprise = minus(normalizer, seen.leaf("outputs", at));
        return [wanted[k] === 1 ? surprise : times(wanted[k], surprise)];
      });
    });
    return samples.length === 1 ? plus(...terms) : over(plus(...terms), samples.length);
  },
  gradient(seen, name, index) {
    const [first, k, ...rest] = index, shape = seen.shape("outputs");
    const sample = [first, ...rest], places = classesOf(seen, sample), wanted = wantedOf(seen, sample, places);
    const { powers, all } = shares(seen, "outputs", places);
    let share = named("p", [k], over(powers[k], all));
    if (Array.isArray(wanted[0])) share = times(share, plus(...wanted));
    const slope = wanted[k] === 0 ? share : minus(share, wanted[k]);
    const count = shape[0] * shape.slice(2).reduce((product, size) => product * size, 1);
    return over(times(seen.back("loss", []), slope), count);
  },
};

function membersOf({ axes, keep }, shape, group) {
  const at = group[Symbol.iterator]();
  return combinations(shape.map((size, axis) => {
    if (!axes.includes(axis)) return [at.next().value];
    if (keep) at.next();
    return range(size);
  }));
}

const REDUCED = {
  sum: (leaves) => plus(...leaves),
  mean: (leaves) => over(plus(...leaves), leaves.length),
  max: (leaves) => (leaves.length > 1 ? ["max", ...leaves] : leaves[0]),
  min: (leaves) => (leaves.length > 1 ? ["min", ...leaves] : leaves[0]),
  product: (leaves) => times(...leaves),
  log_sum_exp: (leaves) => ["log", plus(...leaves.map((each) => ["exp", each]))],
  norm: (leaves, order) => (order === 1 ? plus(...leaves.map((each) => ["absolute", each]))
    : ["sqrt", plus(...leaves.map((each) => ["^", each, 2]))]),
  variance: (leaves, order) => spreadOf(leaves, order),
  deviation: (leaves, order) => ["sqrt", spreadOf(leaves, order)],
};

function meanOf(leaves) {
  return named("mean", [], over(plus(...leaves), leaves.length));
}

function lessBy(count, order) {
  return order ? plus(count, ["-", order]) : count;
}

function spreadOf(leaves, order) {
  const mean = meanOf(leaves);
  return over(plus(...leaves.map((each) => ["^", minus(each, mean), 2])), lessBy(leaves.length, order));
}

const REDUCED_SLOPES = {
  variance: (leaves, own, at, order) => over(times(2, minus(own, meanOf(leaves))), lessBy(leaves.length, order)),
  deviation: (leaves, own, at, order) => over(REDUCED_SLOPES.variance(leaves, own, at, order), times(2, named("y", [], REDUCED.deviation(leaves, order)))),
  norm(leaves, own, at, order) {
    if (order === 1) return ["sign", own];
    const norm = named("y", [], REDUCED.norm(leaves, order));
    return evaluate(norm) > 0 ? over(own, norm) : 0;
  },
  log_sum_exp: (leaves, own) => ["exp", minus(own, named("y", [], REDUCED.log_sum_exp(leaves)))],
  product: (leaves, own, at) => times(1, ...leaves.filter((_, which) => which !== at)),
  max: (leaves, own) => shareOfBest(leaves, own, Math.max),
  min: (leaves, own) => shareOfBest(leaves, own, Math.min),
};

function shareOfBest(leaves, own, pick) {
  const numbers = leaves.map(evaluate), best = pick(...numbers);
  if (evaluate(own) !== best) return 0;
  const ties = numbers.filter((each) => each === best).length;
  return ties === 1 ? 1 : over(1, ties);
}

rules.reduction = {
  forward(seen, output, index) {
    const leaves = membersOf(seen.form, seen.shape("x"), index).map((at) => seen.leaf("x", at));
    return REDUCED[seen.form.of](leaves, seen.form.order);
  },
  gradient(seen, name, index) {
    const { form } = seen;
    const group = form.keep ? index.map((at, axis) => (form.axes.includes(axis) ? 0 : at)) : index.filter((_, axis) => !form.axes.includes(axis));
    const incoming = seen.back("y", group);
    if (form.of === "sum") return incoming;
    const places = membersOf(form, seen.shape("x"), group);
    if (form.of === "mean") return over(incoming, places.length);
    const leaves = places.map((at) => seen.leaf("x", at));
    const own = places.findIndex((at) => at.join() === index.join());
    return times(incoming, REDUCED_SLOPES[form.of](leaves, leaves[own], own, form.order));
  },
};
