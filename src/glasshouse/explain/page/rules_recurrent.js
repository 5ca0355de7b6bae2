// One step of a recurrent cell: its equations stand in the form, with what reaches the gates left open.

function cellSize(seen) {
  return seen.shape("weight_hh")[1];
}

function cellState(seen, name, place) {
  return seen.has(name) ? seen.leaf(name, place) : ["at", name, place, 0];
}

function gateRow(seen, gate, unit) {
  return seen.form.gates.indexOf(gate) * cellSize(seen) + unit;
}

// W x + b or U h + b' of one unit of a gate.
function gateSum(seen, side, gate, place) {
  const sample = place.slice(0, -1), row = gateRow(seen, gate, place.at(-1));
  const terms = range(seen.shape(`weight_${side}`)[1]).map((j) => {
    const other = side === "ih" ? seen.leaf("x", [...sample, j]) : cellState(seen, "h", [...sample, j]);
    return times(seen.leaf(`weight_${side}`, [row, j]), other);
  });
  if (seen.has(`bias_${side}`)) terms.push(seen.leaf(`bias_${side}`, [row]));
  return plus(...terms);
}

function cellEquation(seen, name, place) {
  const variables = { place };
  for (const gate of seen.form.gates) {
    variables[`x ${gate}`] = gateSum(seen, "ih", gate, place);
    variables[`h ${gate}`] = gateSum(seen, "hh", gate, place);
  }
  for (const each of seen.form.states) variables[each] = cellState(seen, each, place);
  return filled(seen.form.made[name], variables);
}

// Gates and new states of one place as leaves, worked out once.
function cellLeaves(seen, place) {
  return seen.once(`cell ${place}`, () => {
    const leaves = { place };
    for (const name of seen.form.states) leaves[name] = cellState(seen, name, place);
    for (const name of Object.keys(seen.form.made)) {
      const symbol = seen.step.outputs[name] ?? name;
      leaves[name] = ["at", symbol, place, evaluate(cellEquation(seen, name, place))];
    }
    for (const name of Object.keys(seen.step.outputs)) leaves[`d${name}`] = seen.back(name, place);
    return leaves;
  });
}

function throughWeights(seen, side, sample, j) {
  return range(cellSize(seen)).flatMap((unit) => seen.form.gates.map((gate) => times(
    filled(seen.form[`from_${side}`][gate], cellLeaves(seen, [...sample, unit])),
    seen.leaf(`weight_${side}`, [gateRow(seen, gate, unit), j]),
  )));
}

rules.recurrent = {
  forward(seen, output, index) {
    const tree = cellEquation(seen, output, index);
    return Array.isArray(tree) && tree[0] === "named" ? tree[3] : tree;
  },
  gradient(seen, name, index) {
    const { form } = seen, sample = index.slice(0, -1), j = index.at(-1);
    if (name === "x") return plus(...throughWeights(seen, "ih", sample, j));
    if (form.states.includes(name)) {
      const direct = form.direct[name] === undefined ? [] : [filled(form.direct[name], cellLeaves(seen, index))];
      return plus(...direct, ...(name === "h" ? throughWeights(seen, "hh", sample, j) : []));
    }
    const [kind, side] = name.split("_");
    const gate = form.gates[Math.floor(index[0] / cellSize(seen))], unit = index[0] % cellSize(seen);
    return plus(...[...placesOf(seen.shape("x").slice(0, -1))].map((each) => {
      const slope = filled(form[`from_${side}`][gate], cellLeaves(seen, [...each, unit]));
      if (kind === "bias") return slope;
      return times(slope, side === "ih" ? seen.leaf("x", [...each, index[1]]) : cellState(seen, "h", [...each, index[1]]));
    }));
  },
};
