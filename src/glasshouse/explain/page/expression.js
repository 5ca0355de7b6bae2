// Arithmetic as a tree of arrays, as glasshouse.explain.arithmetic describes it; names stand where they are used:
// ["named", "mean", [0], tree].

function erf(x) {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n += 1) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n -= 1) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (size + fraction)));
}

function roundHalfEven(x) {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

const FUNCTIONS = {
  exp: Math.exp, log: (x) => (x < 0 ? NaN : Math.log(x)), sqrt: Math.sqrt, tanh: Math.tanh, erf,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  absolute: Math.abs, sign: Math.sign, max: Math.max, min: Math.min,
  sin: Math.sin, cos: Math.cos, tan: Math.tan, atan: Math.atan, log1p: Math.log1p, expm1: Math.expm1,
  floor: Math.floor, ceil: Math.ceil, round: roundHalfEven, trunc: Math.trunc,
};

// A sum that loses no digits on the way (Neumaier).
function exactSum(numbers) {
  let sum = 0, lost = 0;
  for (const each of numbers) {
    const next = sum + each;
    lost += Math.abs(sum) >= Math.abs(each) ? sum - next + each : each - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

const worth = new WeakMap(); // of intermediate results, which may stand in many places

function evaluate(node) {
  if (!Array.isArray(node)) return asNumber(node);
  const [head, ...rest] = node;
  if (head === "at") return asNumber(rest[2]);
  if (head === "named") {
    if (!worth.has(node)) worth.set(node, evaluate(rest[2]));
    return worth.get(node);
  }
  if (head === "because") return evaluate(rest[1]);
  const numbers = rest.map(evaluate);
  if (head === "+") return exactSum(numbers);
  if (head === "*") return numbers.reduce((product, each) => product * each, 1);
  if (head === "-") return -numbers[0];
  if (head === "/") return numbers[0] / numbers[1];
  if (head === "^") return numbers[0] ** numbers[1];
  if (head === "max" || head === "min") return numbers.reduce((best, each) => FUNCTIONS[head](best, each));
  return FUNCTIONS[head](...numbers);
}

function plus(...terms) {
  const flat = terms.flatMap((term) => (Array.isArray(term) && term[0] === "+" ? term.slice(1) : [term]));
  if (!flat.length) return 0;
  return flat.length === 1 ? flat[0] : ["+", ...flat];
}

function times(...factors) {
  const flat = factors.flatMap((each) => (Array.isArray(each) && each[0] === "*" ? each.slice(1) : [each]));
  return flat.length === 1 ? flat[0] : ["*", ...flat];
}

const minus = (left, right) => plus(left, ["-", right]);
const over = (left, right) => ["/", left, right];
const named = (name, index, inner) => ["named", name, index, inner];

// The leaves of a tree that are numbers of the network, each once.
function leavesOf(node, found = new Map(), seen = new WeakSet()) {
  if (!Array.isArray(node) || seen.has(node)) return found;
  seen.add(node);
  if (node[0] === "at") {
    if (resolve(node[1])) found.set(label(node[1], node[2]), { name: node[1], index: node[2], number: asNumber(node[3]) });
    return found;
  }
  for (const part of node.slice(1)) leavesOf(part, found, seen);
  return found;
}

// The intermediate results, those first that later ones need.
function namedIn(node, found = new Map()) {
  if (!Array.isArray(node) || node[0] === "at") return found;
  if (node[0] === "named") {
    const key = label(node[1], node[2]);
    if (found.has(key)) return found;
    namedIn(node[3], found);
    found.set(key, node);
    return found;
  }
  for (const part of node.slice(1)) namedIn(part, found);
  return found;
}

const LONG = 4; // terms of a sum inside of something else

// Long sums inside of a fraction, a product or a function get a name: they are worked out on lines of their own.
function withNamedSums(tree) {
  const done = new Map(), sums = new Map();
  const nameOf = (sum) => {
    const key = JSON.stringify(sum);
    if (!sums.has(key)) sums.set(key, named(sums.size ? `sum ${sums.size + 1}` : "sum", [], sum));
    return sums.get(key);
  };
  const visit = (node, outermost) => {
    if (!Array.isArray(node) || node[0] === "at") return node;
    if (!done.has(node)) done.set(node, make(node, outermost));
    return done.get(node);
  };
  const make = (node, outermost) => {
    const [head, ...parts] = node;
    if (head === "named") return ["named", node[1], node[2], visit(node[3], true)];
    if (head === "because") return ["because", node[1], visit(node[2], outermost)];
    const mean = head === "/" && outermost && !Array.isArray(node[2]); // a sum over a plain count stays as it is
    const made = [head, ...parts.map((part, at) => visit(part, mean && at === 0))];
    return head === "+" && !outermost && parts.length > LONG ? nameOf(made) : made;
  };
  return visit(tree, true);
}

// The decisions that were taken, in words.
function reasonsIn(node, found = new Set(), seen = new WeakSet()) {
  if (!Array.isArray(node) || node[0] === "at" || seen.has(node)) return found;
  seen.add(node);
  if (node[0] === "because" && node[1]) found.add(node[1]);
  for (const part of node.slice(1)) reasonsIn(part, found, seen);
  return found;
}

// An open form with its variables filled in and its branches taken.
function filled(form, variables) {
  if (!Array.isArray(form)) return form;
  if (form[0] === "var") return variables[form[1]];
  if (form[0] === "if") {
    const [sign, left, right] = form[1];
    const [a, b] = [evaluate(filled(left, variables)), evaluate(filled(right, variables))];
    const holds = { ">": a > b, "≥": a >= b, "<": a < b, "≤": a <= b }[sign];
    const opposite = { ">": "≤", "≥": "<", "<": "≥", "≤": ">" }[sign];
    const because = `${shown(a)} ${holds ? sign : opposite} ${shown(b)}`;
    return ["because", because, filled(holds ? form[2] : form[3], variables)];
  }
  if (form[0] === "named") return ["named", form[1], variables.place ?? form[2], filled(form[3], variables)];
  if (form[0] === "+") return plus(...form.slice(1).map((part) => filled(part, variables)));
  if (form[0] === "*") return times(...form.slice(1).map((part) => filled(part, variables)));
  return [form[0], ...form.slice(1).map((part) => filled(part, variables))];
}

// The form that Python writes, with its intermediate results put where they are used.
function unfolded(whole) {
  const known = [];
  const open = (node) => {
    if (!Array.isArray(node)) return node;
    if (node[0] === "ref") return known[node[1]];
    if (node[0] === "at") return node;
    if (node[0] === "because") return ["because", node[1], open(node[2])];
    return [node[0], ...node.slice(1).map(open)];
  };
  for (const each of whole.where) known.push(["named", each.name, each.index, open(each.is)]);
  return open(whole.is);
}
