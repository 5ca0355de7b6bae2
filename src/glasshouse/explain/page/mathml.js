// Arithmetic as MathML: in symbols, or with the numbers put in. Every number of the network can be clicked.

const ADDED = 1, MULTIPLIED = 2, RAISED = 3, WHOLE = 4; // how tightly the outermost operation binds
const GREEK = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eta: "η", theta: "θ", kappa: "κ", lambda: "λ",
  mu: "μ", nu: "ν", rho: "ρ", sigma: "σ", tau: "τ",
};

function valueMath(value, index) {
  const place = index.length ? `<mn>${index.join(",")}</mn>` : "";
  const number = value.number ? `<mrow><mo stretchy="false">(</mo><mn>${value.number}</mn><mo stretchy="false">)</mo></mrow>` : "";
  if (place && number) return `<msubsup>${value.base}${place}${number}</msubsup>`;
  if (place) return `<msub>${value.base}${place}</msub>`;
  return number ? `<msup>${value.base}${number}</msup>` : value.base;
}

function gradientMath(value, index) {
  return `<mfrac><mrow><mi>∂</mi><mi>L</mi></mrow><mrow><mi>∂</mi>${valueMath(value, index)}</mrow></mfrac>`;
}

function nameMath(name, index) {
  const found = resolve(name);
  if (found) return found.gradient ? gradientMath(found.value, index) : valueMath(found.value, index);
  const hat = name.endsWith("_hat");
  const bare = hat ? name.slice(0, -4) : name;
  const letter = GREEK[bare] ?? bare.replace(/_/g, " ");
  let math = letter.length === 1 ? `<mi>${escaped(letter)}</mi>` : `<mtext>${escaped(letter)}</mtext>`;
  if (hat) math = `<mover accent="true">${math}<mo stretchy="false">^</mo></mover>`;
  return index.length ? `<msub>${math}<mn>${index.join(",")}</mn></msub>` : math;
}

function numberMath(value) {
  const text = shown(value, 6);
  const raised = text.match(/^(.*)·10(.*)$/);
  const size = raised ? `<mrow><mn>${raised[1].replace("−", "")}</mn><mo>·</mo><msup><mn>10</mn><mn>${Number(typedNumber(`1·10${raised[2]}`).toExponential().split("e")[1])}</mn></msup></mrow>`.replace(/<mn>-/, "<mn>−")
    : `<mn>${text.replace("−", "")}</mn>`;
  if (text.startsWith("−")) return [`<mrow><mo form="prefix">−</mo>${size}</mrow>`, ADDED];
  return [size, raised ? MULTIPLIED : WHOLE];
}

function leafMath(node, mode) {
  const [, name, index, number] = node;
  const value = asNumber(number);
  const [math, binding] = mode === "numbers" ? numberMath(value) : [nameMath(name, index), WHOLE];
  const found = resolve(name);
  if (!found) return [`<mrow>${math}</mrow>`, binding];
  const side = found.gradient ? "back" : "ahead";
  const says = `${label(name, index)} = ${allDigits(value)}`;
  return [`<mrow class="leaf ${side}" data-at="${escaped(name)}" data-index="${index.join(",")}" tabindex="0" role="button" aria-label="${escaped(says)}" title="${escaped(says)}">${math}</mrow>`, binding];
}

function bracketed(math) {
  return `<mrow><mo stretchy="false">(</mo>${math}<mo stretchy="false">)</mo></mrow>`;
}

function inside(node, mode, binding, alike = false) {
  const [math, own] = written(node, mode);
  return own > binding || (own === binding && (alike || binding === WHOLE)) ? math : bracketed(math);
}

// The MathML of a tree, and how tightly its outermost operation binds.
function written(node, mode) {
  if (!Array.isArray(node)) return numberMath(asNumber(node));
  const [head, ...parts] = node;
  switch (head) {
    case "at": return leafMath(node, mode);
    case "named": return mode === "numbers" ? numberMath(evaluate(node)) : [nameMath(parts[0], parts[1]), WHOLE];
    case "because": return written(parts[1], mode);
    case "+": return [`<mrow>${parts.map((part, at) => term(part, mode, at)).join("")}</mrow>`, ADDED];
    case "*": return [`<mrow>${parts.map((part) => inside(part, mode, MULTIPLIED, true)).join("<mo>·</mo>")}</mrow>`, MULTIPLIED];
    case "-": return [`<mrow><mo form="prefix">−</mo>${inside(parts[0], mode, MULTIPLIED, true)}</mrow>`, ADDED];
    case "/": return [`<mfrac>${written(parts[0], mode)[0]}${written(parts[1], mode)[0]}</mfrac>`, WHOLE];
    case "^": return [`<msup>${inside(parts[0], mode, WHOLE)}<mrow>${written(parts[1], mode)[0]}</mrow></msup>`, RAISED];
    default: return applied(head, parts, mode);
  }
}

// A term of a sum with its sign in front; the first one without a plus.
function term(part, mode, at) {
  if (Array.isArray(part) && part[0] === "-") {
    const sign = at ? '<mo form="infix">−</mo>' : '<mo form="prefix">−</mo>';
    return `${sign}${inside(part[1], mode, MULTIPLIED, true)}`;
  }
  const [math, binding] = written(part, mode);
  const negative = mode === "numbers" && at && binding === ADDED;
  return `${at ? '<mo form="infix">+</mo>' : ""}${negative ? bracketed(math) : math}`;
}

function applied(head, parts, mode) {
  const inner = parts.map((part) => written(part, mode)[0]);
  const first = inner[0];
  if (head === "exp") return [`<msup><mi>e</mi><mrow>${first}</mrow></msup>`, RAISED];
  if (head === "sqrt") return [`<msqrt>${first}</msqrt>`, WHOLE];
  if (head === "absolute") return [`<mrow><mo stretchy="false">|</mo>${first}<mo stretchy="false">|</mo></mrow>`, WHOLE];
  if (head === "sigmoid") {
    const power = inside(parts[0], mode, MULTIPLIED, true);
    return [`<mfrac><mn>1</mn><mrow><mn>1</mn><mo>+</mo><msup><mi>e</mi><mrow><mo form="prefix">−</mo>${power}</mrow></msup></mrow></mfrac>`, WHOLE];
  }
  if (head === "softplus") return [`<mrow><mi mathvariant="normal">ln</mi>${bracketed(`<mn>1</mn><mo>+</mo><msup><mi>e</mi><mrow>${first}</mrow></msup>`)}</mrow>`, WHOLE];
  const name = { log: "ln", atan: "arctan" }[head] ?? head;
  return [`<mrow><mi mathvariant="normal">${name}</mi>${bracketed(inner.join('<mo separator="true">,</mo>'))}</mrow>`, WHOLE];
}

const math = (content) => `<math>${content}</math>`;

// A sum as pieces between which a line may break; everything else as one piece.
function breakable(node, mode) {
  const plain = Array.isArray(node) && node[0] === "because" ? node[2] : node;
  if (!Array.isArray(plain) || plain[0] !== "+") return `<span class="piece">${math(written(plain, mode)[0])}</span>`;
  return plain.slice(1).map((part, at) => `<span class="piece">${math(`<mrow>${term(part, mode, at)}</mrow>`)}</span>`).join(" ");
}
