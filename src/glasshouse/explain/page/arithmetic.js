// The arithmetic of any number: how it was computed, what comes back to it, and what the optimizer makes of it.

const seenBy = new Map();

function seenOf(step) {
  if (!seenBy.has(step.index)) seenBy.set(step.index, new Seen(step));
  return seenBy.get(step.index);
}

function attempt(work, missing) {
  try {
    const is = work();
    return is === undefined ? { why: missing } : { is, value: evaluate(is) };
  } catch (error) {
    if (error instanceof LeftOut) return { why: error.message };
    throw error;
  }
}

function nameIn(group, symbol) {
  return Object.keys(group).find((name) => group[name] === symbol);
}

function noRule(step) {
  return step.rule ? "This page holds the arithmetic of the largest numbers of this step only." : "No rule knows this operation yet: its numbers are PyTorch’s.";
}

// How a number was computed: { is, value }, or { why } there is nothing to show; null for what is given.
function forwardOf(symbol, index) {
  const value = bySymbol.get(symbol);
  if (value.step === null) return null;
  const step = steps[value.step];
  const output = nameIn(step.outputs, symbol);
  return attempt(() => {
    if (output === undefined) return undefined;
    if (step.form) return rules[step.form.kind].forward(seenOf(step), output, index);
    const given = step.given?.forward[symbol]?.[index.join(",")];
    return given && unfolded(given);
  }, noRule(step));
}

// The parts of a gradient, one for each use: [{ step, name, is, value } or { step, name, why }].
function gradientOf(symbol, index) {
  const value = bySymbol.get(symbol);
  return value.parts.map((part) => {
    if (part.step < 0) return { ...part, is: 1, value: 1, start: true };
    const step = steps[part.step];
    return { ...part, ...attempt(() => {
      if (step.form) return rules[step.form.kind].gradient(seenOf(step), part.name, index);
      const given = step.given?.gradient[part.name]?.[index.join(",")];
      return given && unfolded(given);
    }, noRule(step)) };
  });
}

// The first step of the optimizer for one weight.
function updateOf(symbol, index) {
  const form = data.updates[symbol];
  if (!form) return null;
  return attempt(() => {
    const value = bySymbol.get(symbol);
    const w = ["at", symbol, index, value.numbers.at(index)];
    const g = ["at", `d${symbol}`, index, value.gradient.at(index)];
    const remembered = Object.entries(form.state).map(([name, number]) => [name, ["at", name, [], number]]);
    return filled(form.is, { w, g, ...Object.fromEntries(remembered) });
  });
}
