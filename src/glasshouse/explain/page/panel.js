// The panel: the arithmetic of the chosen number, or what a step does.

const panel = document.getElementById("panel");
const MOST_TERMS = 12, MOST_ROWS = 2000;

function select(name, index, { scroll = false } = {}) {
  const found = resolve(name);
  if (!found) return;
  const { lead } = ofSample(found.value);
  if (lead.length && index[0] !== state.sample) setSample(index[0]);
  state.selected = { name, index };
  if (found.gradient !== state.gradients && layoutOf(found.value) === "maps") setMode(found.gradient);
  renderNumber();
  markDrawing();
  if (scroll) bringIntoView(found.value.symbol);
}

function heading(content, side, extra = "") {
  return `<h2 class="${side}">${content}${extra}</h2>`;
}

function badgeOf(step) {
  if (!step) return '<span class="badge">given</span>';
  const says = { checked: "computed again by the rule, and equal to PyTorch forward and backward", "autograd only": "no rule knows this operation: the numbers are PyTorch’s", "no gradient": "whole numbers or truth values" }[step.badge];
  return `<span class="badge ${step.badge === "checked" ? "checked" : "other"}" title="${says}">${escaped(step.badge)}</span>`;
}

// Named intermediate results, the symbols, the numbers, the result.
function working(left, { is: tree, value, why }, { result = true } = {}) {
  if (tree === undefined) return `<p class="why">${escaped(why)}</p>`;
  const is = withNamedSums(tree);
  const lines = [];
  for (const node of namedIn(is).values()) {
    const own = math(nameMath(node[1], node[2]));
    // A step on the way may already be what is asked for, as the mean of a single row is.
    const found = result || evaluate(node) !== value ? shown(evaluate(node), 6) : "";
    const inLine = found && `<b class="result">= ${found}</b>`;
    if (termCount(node[3]) > MOST_TERMS) lines.push(manyTerms(own, node[3]), ...(found ? [equation("", `<b class="result">${found}</b>`)] : []));
    else lines.push(equation(own, breakable(node[3], "symbols")), equation("", `${breakable(node[3], "numbers")} ${inLine}`, "numbers"));
  }
  const many = termCount(is) > MOST_TERMS;
  lines.push(many ? manyTerms(left, is) : equation(left, breakable(is, "symbols")));
  if (!many && Array.isArray(is)) lines.push(equation("", breakable(is, "numbers"), "numbers"));
  if (result) lines.push(equation("", `<b class="result" title="${allDigits(value)}">${shown(value, 6)}</b>`, "numbers"));
  const reasons = [...reasonsIn(is)].map((each) => `<p class="because">because ${escaped(each)}</p>`).join("");
  return `<div class="working">${lines.join("")}</div>${reasons}`;
}

function equation(left, right, kind = "") {
  return `<div class="line ${kind}"><span class="left">${left}</span><span class="equals">=</span><span class="right">${right}</span></div>`;
}

function bareSum(node) {
  const plain = Array.isArray(node) && node[0] === "because" ? node[2] : node;
  if (Array.isArray(plain) && plain[0] === "/" && Array.isArray(plain[1]) && plain[1][0] === "+") return plain[1];
  return plain;
}

function termCount(node) {
  const plain = bareSum(node);
  return Array.isArray(plain) && ["+", "max", "min"].includes(plain[0]) ? plain.length - 1 : 1;
}

// A long sum as a table with a line for every term.
function manyTerms(left, node) {
  const sum = bareSum(node), terms = sum.slice(1);
  const divided = node !== sum && node[0] === "/" ? `, divided by ${shown(evaluate(node[2]), 6)}` : "";
  const what = sum[0] === "+" ? `the sum of ${terms.length} terms${divided}${terms.length > 10 ? "; the ten largest:" : ""}` : `the ${sum[0] === "max" ? "largest" : "smallest"} of ${terms.length}${terms.length > 10 ? "; ten of them:" : ""}`;
  // Folded, the table shows the terms that weigh most, in their own order.
  const worths = terms.map((each) => Math.abs(evaluate(each)));
  const least = [...worths].sort((a, b) => b - a)[9] ?? 0;
  let room = 10;
  const folded = worths.map((each) => each >= least && room-- > 0);
  const rows = terms.map((each, at) => (at >= MOST_ROWS && !folded[at] ? "" : `<tr${folded[at] ? "" : " hidden"}><td>${math(written(each, "symbols")[0])}</td><td>${math(written(each, "numbers")[0])}</td><td class="result">${shown(evaluate(each), 6)}</td></tr>`));
  const more = terms.length > 10 ? `<button type="button" class="link" data-more>Show ${terms.length > MOST_ROWS ? `the first ${MOST_ROWS}` : `all ${terms.length}`}</button>` : "";
  return `${equation(left, `<span class="what">${what}</span>`)}<div class="wide"><div class="scroll"><table class="terms"><tbody>${rows.join("")}</tbody></table></div>${more}</div>`;
}

function forwardSection(value, index) {
  const step = value.step === null ? null : steps[value.step];
  const own = math(valueMath(value, index));
  const number = numberAt(value.symbol, index);
  if (!step) {
    const what = { parameter: "A parameter", buffer: "A buffer", input: "Given as the input", target: "The target", constant: "A constant" }[value.role];
    const name = value.role === "parameter" || value.role === "buffer" ? `: <code>${escaped(value.name)}</code>` : "";
    return `<section class="ahead"><h3>Forward</h3><div class="working">${equation(own, `<b class="result">${shown(number, 6)}</b>`)}</div><p class="quiet">${what}${name}.</p></section>`;
  }
  return `<section class="ahead"><h3>Forward: ${escaped(step.title)} ${badgeOf(step)}</h3>${working(own, forwardOf(value.symbol, index))}</section>`;
}

function whereOf(step) {
  const again = step.call ? `, call ${step.call + 1}` : "";
  return step.module && step.module !== "loss" ? ` in module <code>${escaped(step.module)}</code>${again}` : "";
}

function gradientSection(value, index) {
  if (!value.gradient) return value.why_none && data.loss ? `<section class="back"><h3>Gradient</h3><p class="why">None. ${escaped(value.why_none)}</p></section>` : "";
  const own = math(gradientMath(value, index));
  const parts = gradientOf(value.symbol, index);
  const several = parts.length > 1;
  const body = parts.map((part) => {
    if (part.start) return `<p class="quiet">The loss by itself: here the way back begins.</p><div class="working">${equation(own, "<b class=\"result\">1</b>")}</div>`;
    const step = steps[part.step];
    const head = `<p class="through">Through <button type="button" class="link" data-step="${part.step}">${escaped(step.title)}</button>${whereOf(step)} ${badgeOf(step)}</p>`;
    return head + working(several ? "<span class=\"quiet\">part</span>" : own, part);
  }).join("");
  const known = parts.every((part) => part.value !== undefined);
  const total = several && known ? `<p class="quiet">The number is used ${parts.length} times, so ${parts.length} parts come back. They add up.</p><div class="working">${equation(own, parts.map((part, at) => (at && part.value >= 0 ? "+ " : at ? "− " : "") + shown(at ? Math.abs(part.value) : part.value, 6)).join(" "))}${equation("", `<b class="result">${shown(exactSum(parts.map((part) => part.value)), 6)}</b>`)}</div>` : "";
  const whole = known || value.gradient.leftOut ? "" : `<div class="working">${equation(own, `<b class="result">${shown(value.gradient.at(index), 6)}</b>`)}</div>`;
  const agrees = value.error === null ? "" : `<p class="quiet">Autograd delivered the same for this tensor: the largest relative difference is ${shown(value.error, 2)}.</p>`;
  return `<section class="back"><h3>Backward: the gradient</h3>${body}${total}${whole}${agrees}</section>`;
}

function updateSection(value, index) {
  const update = updateOf(value.symbol, index);
  if (!update) return "";
  const own = `${math(valueMath(value, index))} <span class="quiet">new</span>`;
  return `<section class="update"><h3>Update: the first step of ${escaped(data.update_name)}</h3>${working(own, update)}</section>`;
}

function goesTo(value) {
  const uses = [...new Set(value.uses.map((use) => use.step))];
  if (!uses.length) return "";
  return `<p class="goes"><span class="quiet">Goes to</span> ${uses.map((at) => `<button type="button" class="chip" data-step="${at}">${escaped(steps[at].title)}${steps[at].module ? ` <span class="quiet">${escaped(steps[at].module)}</span>` : ""}</button>`).join(" ")}</p>`;
}

// The numbers around the chosen one, so that a cell that is too small for a finger can still be reached.
function around(name, value, index) {
  if (value.numbers.count <= FEW || value.numbers.leftOut || !value.shape.length) return "";
  const tensor = resolve(name).gradient ? value.gradient : value.numbers;
  if (tensor.leftOut) return "";
  const axes = value.shape.length, columns = value.shape[axes - 1], rows = axes > 1 ? value.shape[axes - 2] : 1;
  const stretch = (at, size, reach) => {
    const first = Math.max(0, Math.min(at - reach, size - 2 * reach - 1));
    return range(Math.min(size, 2 * reach + 1)).map((step) => first + step);
  };
  const across = stretch(index[axes - 1], columns, 2);
  const down = axes > 1 ? stretch(index[axes - 2], rows, 2) : [0];
  const lead = index.slice(0, Math.max(0, axes - 2));
  const body = down.map((row) => `<tr>${axes > 1 ? `<th scope="row">${row}</th>` : ""}${across.map((column) => {
    const place = axes > 1 ? [...lead, row, column] : [column];
    return `<td>${numberButton(name, place, 3, place.join() === index.join() ? "own" : "").outerHTML}</td>`;
  }).join("")}</tr>`).join("");
  const head = `<tr>${axes > 1 ? "<td></td>" : ""}${across.map((column) => `<th scope="col">${column}</th>`).join("")}</tr>`;
  const where = lead.length ? ` in channel ${lead.join(",")}` : "";
  return `<section><h3>Around it${where}</h3><div class="scroll"><table class="around"><thead>${head}</thead><tbody>${body}</tbody></table></div></section>`;
}

function ruleSection(step, back) {
  if (!step) return "";
  const parts = [];
  if (step.formula) parts.push(`<div class="formula">${step.formula}</div>`);
  if (step.derivative) parts.push(`<div class="formula back">${step.derivative}</div>`);
  const { forward, backward } = step.lines;
  if (forward) parts.push(`<p class="quiet">The lines of <code>${escaped(step.rule)}</code>, forward</p><pre>${escaped(forward)}</pre>`);
  if (backward) parts.push(`<p class="quiet">and backward</p><pre>${escaped(backward)}</pre>`);
  if (!parts.length) return "";
  return `<details class="rule" ${back ? "" : "open"}><summary>The rule of ${escaped(step.title)}</summary>${parts.join("")}</details>`;
}

function renderNumber() {
  const { name, index } = state.selected;
  const { value, gradient } = resolve(name);
  const step = value.step === null ? null : steps[value.step];
  const side = gradient ? "back" : "ahead";
  const symbol = math(gradient ? gradientMath(value, index) : valueMath(value, index));
  if (isHidden(name, index)) {
    panel.innerHTML = `${heading(symbol, side, ' <span class="equals">=</span> <b>?</b>')}<p class="quiet">This is the number that the quiz asks for. Its arithmetic is the hint.</p>`;
    return;
  }
  let number, exact = "";
  try {
    number = numberAt(name, index);
    exact = `<p class="exact">exactly ${allDigits(number)}</p>`;
  } catch (error) {
    if (!(error instanceof LeftOut)) throw error;
  }
  const head = heading(symbol, side, number === undefined ? "" : ` <span class="equals">=</span> <b title="${allDigits(number)}">${shown(number, 6)}</b>`);
  const what = `<p class="quiet">${escaped(label(name, index))}${step ? `, ${gradient ? "by the" : "from the"} output of ${escaped(step.title)}${whereOf(step)}` : ""}</p>`;
  const ahead = forwardSection(value, index), back = gradientSection(value, index);
  const order = gradient ? [back, updateSection(value, index), ahead] : [ahead, back, updateSection(value, index)];
  panel.innerHTML = [head, what, exact, ...order, goesTo(value), around(name, value, index), ruleSection(step, gradient && step === null)].join("");
  panel.scrollTop = 0;
}

// A whole tensor: what it is, and where its largest number stands.
function showTensor(value) {
  state.selected = null;
  const step = value.step === null ? null : steps[value.step];
  const { numbers, gradient } = value;
  const facts = [["Shape", shapeText(value.shape)], ["Type", value.dtype], ["Name", `<code>${escaped(value.name)}</code>`]];
  const summary = (tensor) => {
    if (tensor.leftOut) return tensor.overview;
    const all = Array.from(tensor.numbers);
    return {
      smallest: all.reduce((least, each) => Math.min(least, each)), largest: all.reduce((most, each) => Math.max(most, each)),
      mean: exactSum(all) / all.length, norm: Math.sqrt(exactSum(all.map((each) => each * each))),
    };
  };
  const row = (what, tensor) => {
    const s = summary(tensor);
    return `<tr><th scope="row">${what}</th>${[s.smallest, s.mean, s.largest, s.norm].map((each) => `<td>${shown(asNumber(each), 4)}</td>`).join("")}</tr>`;
  };
  const table = value.numbers.count ? `<div class="scroll"><table class="facts"><thead><tr><td></td><th>smallest</th><th>mean</th><th>largest</th><th>length</th></tr></thead><tbody>${row("numbers", numbers)}${gradient ? row("gradient", gradient) : ""}</tbody></table></div>` : "";
  const left = numbers.leftOut ? `<p class="why">The numbers are left out of this page: with them it would grow too large. In Python, <code>explanation.at("${escaped(value.symbol)}", (${value.shape.map(() => 0).join(", ")}${value.shape.length === 1 ? "," : ""}))</code> gives any of them.</p>` : "";
  const first = numbers.leftOut || !numbers.count ? "" : `<p class="goes"><button type="button" class="chip" data-at="${escaped(value.symbol)}" data-index="${largestPlace(value).join(",")}">Its largest number</button></p>`;
  panel.innerHTML = [heading(math(valueMath(value, [])), "ahead", ` <span class="of">${escaped(step ? step.title : value.role)}</span> ${step ? badgeOf(step) : ""}`),
    `<dl class="plain">${facts.map(([what, fact]) => `<div><dt>${what}</dt><dd>${fact}</dd></div>`).join("")}</dl>`, left, table, first, goesTo(value), ruleSection(step, false)].join("");
  panel.scrollTop = 0;
  markDrawing();
}

function largestPlace(value, tensor = value.numbers) {
  const { lead, shape } = ofSample(value);
  const count = shape.reduce((product, size) => product * size, 1);
  const start = flatPlace([...lead, ...shape.map(() => 0)], value.shape);
  let best = 0;
  for (let at = 1; at < count; at += 1) {
    if (Math.abs(tensor.numbers[start + at]) > Math.abs(tensor.numbers[start + best])) best = at;
  }
  return [...lead, ...placeOf(best, shape)];
}

// Frames and rings around the chosen number and around what it is made of.
function markDrawing() {
  maps.forEach((map) => map.marks.replaceChildren());
  document.querySelectorAll(".number.own, .number.used, .weighted.used").forEach((each) => { if (sheet.contains(each)) each.classList.remove("own", "used"); });
  if (!state.selected) return;
  const { name, index } = state.selected;
  const found = resolve(name);
  markOne(name, index, "own");
  if (isHidden(name, index)) return;
  const trees = found.gradient ? gradientOf(found.value.symbol, index).map((part) => part.is) : [forwardOf(name, index)?.is];
  const byName = new Map();
  for (const tree of trees.filter((each) => each !== undefined)) {
    for (const leaf of leavesOf(tree).values()) {
      if (!byName.has(leaf.name)) byName.set(leaf.name, []);
      byName.get(leaf.name).push(leaf.index);
    }
  }
  for (const [from, places] of byName) {
    maps.filter((map) => map.value === resolve(from).value && !map.tensor.leftOut).forEach((map) => map.mark(places, "used"));
    places.slice(0, 400).forEach((place) => markOne(from, place, "used"));
  }
}

function markOne(name, index, kind) {
  sheet.querySelectorAll(`[data-at="${CSS.escape(name)}"][data-index="${index.join(",")}"]`).forEach((each) => each.classList.add(kind));
  if (kind === "own") maps.filter((map) => map.name === name && !map.tensor.leftOut).forEach((map) => map.mark([index], "own"));
}

function showStep(step, back) {
  const outputs = Object.values(step.outputs).map((symbol) => bySymbol.get(symbol));
  const targets = back ? [...new Set(Object.values(step.inputs))].map((symbol) => bySymbol.get(symbol)).filter((value) => value.gradient) : outputs;
  const lines = targets.map((value) => {
    const tensor = back ? value.gradient : value.numbers;
    const { lead, shape } = ofSample(value);
    const count = shape.reduce((product, size) => product * size, 1);
    if (tensor.leftOut) return `<p class="why">${escaped(new LeftOut(tensor.symbol).message)}</p>`;
    const places = count <= 4 ? [...placesOf(shape)].map((place) => [...lead, ...place]) : [largestPlace(value, tensor)];
    const head = count <= 4 ? "" : `<p class="quiet">${shapeText(value.shape)}; the largest of them:</p>`;
    return head + places.map((place) => {
      const name = back ? `d${value.symbol}` : value.symbol;
      const own = numberButton(name, place, 6).outerHTML;
      if (isHidden(name, place)) return "";
      const tree = back ? gradientOf(value.symbol, place).find((part) => part.step === step.index) : forwardOf(value.symbol, place);
      const left = math(back ? gradientMath(value, place) : valueMath(value, place));
      return tree?.is !== undefined && termCount(tree.is) <= MOST_TERMS && !namedIn(tree.is).size
        ? working(left, tree) : `<div class="working">${equation(left, own)}</div>`;
    }).join("");
  }).join("");
  state.selected = null;
  panel.innerHTML = `<h2 class="${back ? "back" : "ahead"}">${back ? "Back through" : ""} ${escaped(step.title)} <span class="of">${whereOf(step)}</span> ${badgeOf(step)}</h2>
    ${back && step.derivative ? `<div class="formula back">${step.derivative}</div>` : step.formula ? `<div class="formula">${step.formula}</div>` : ""}
    <section class="${back ? "back" : "ahead"}">${lines || '<p class="why">Nothing comes back through this step.</p>'}</section>${ruleLines(step, back)}`;
  panel.scrollTop = 0;
  markDrawing();
}

function ruleLines(step, back) {
  const text = back ? step.lines.backward : step.lines.forward;
  return text ? `<p class="quiet">The lines of <code>${escaped(step.rule)}</code></p><pre>${escaped(text)}</pre>` : "";
}
