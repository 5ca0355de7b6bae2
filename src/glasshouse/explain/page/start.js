// Putting the page together, and what happens on clicks and keys.

function indexOf(target) {
  return target.dataset.index === "" || target.dataset.index === undefined ? [] : target.dataset.index.split(",").map(Number);
}

function onClick(event) {
  const at = event.target.closest("[data-at]");
  if (at) { stopPlaying(); select(at.getAttribute("data-at"), (at.getAttribute("data-index") || "") === "" ? [] : at.getAttribute("data-index").split(",").map(Number), { scroll: panel.contains(at) && !narrow.matches }); return; }
  const tensor = event.target.closest("[data-tensor]");
  if (tensor) { stopPlaying(); showTensor(bySymbol.get(tensor.dataset.tensor)); return; }
  const step = event.target.closest("[data-step]");
  if (step) {
    const back = Boolean(step.closest("section.back"));
    const stop = walk.findIndex((each) => each.step.index === Number(step.dataset.step) && each.back === back);
    goTo(stop < 0 ? Number(step.dataset.step) : stop);
    return;
  }
  const more = event.target.closest("[data-more]");
  if (more) {
    more.parentElement.querySelectorAll("[hidden]").forEach((each) => { each.hidden = false; });
    more.remove();
    return;
  }
  const asked = event.target.closest("[data-quiz]");
  if (asked) (asked.dataset.quiz === "hint" ? hint : nextQuestion)();
}

function onKey(event) {
  const typing = event.target.closest("input, select, textarea");
  if (event.target.closest?.(".leaf") && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    onClick(event);
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    event.preventDefault();
    stopPlaying();
    goTo(state.stop + (event.key === "ArrowRight" ? 1 : -1));
  } else if (event.key === " " && !event.target.closest("button, summary, a, canvas")) {
    event.preventDefault();
    togglePlaying();
  } else if (event.key === "Escape") {
    stopPlaying();
    if (quiz.box) endQuiz();
  }
}

function typedPlace(event) {
  event.preventDefault();
  const text = byId("go-to").value.trim();
  const match = text.match(/^(.*?)\s*(?:[[(:]\s*([\d\s,]*)\s*[\])]?)?$/);
  const found = match && (resolve(match[1]) ?? ownNamed(match[1]));
  const wrong = byId("go-wrong");
  wrong.textContent = "";
  if (!found) { wrong.textContent = `nothing is called ${text}`; return; }
  const index = (match[2] ?? "").split(",").filter((each) => each.trim()).map(Number);
  const { shape } = found.value;
  if (!index.length && shape.length) { showTensor(found.value); bringIntoView(found.value.symbol); return; }
  if (index.length !== shape.length || index.some((each, axis) => each >= shape[axis])) {
    wrong.textContent = `${found.value.symbol} has the shape ${shapeText(shape)}`;
    return;
  }
  select((found.gradient ? "d" : "") + found.value.symbol, index, { scroll: true });
}

function ownNamed(name) {
  const value = values.find((each) => each.name === name && each.step === null);
  return value ? { value, gradient: false } : null;
}

function head() {
  const worst = data.worst, badges = Object.entries(data.badges);
  const all = badges.length === 1 && badges[0][0] === "checked";
  byId("checked").textContent = all ? "every step checked" : badges.map(([name, count]) => `${count} ${name}`).join(", ");
  byId("checked").classList.toggle("whole", all);
  const parts = [`${steps.length} steps, in ${data.training ? "training" : "evaluation"} mode.`];
  if (data.loss) parts.push(`The loss is <b>${shown(bySymbol.get(data.loss).numbers.at([0].slice(0, bySymbol.get(data.loss).shape.length)), 6)}</b>.`);
  if (data.loss && worst !== null) parts.push(`The gradients agree with autograd’s: the largest relative difference is ${shown(worst, 2)}.`);
  byId("lead").innerHTML = parts.join(" ");
  const notes = [...data.notes];
  if (data.left_out) notes.push(`The numbers of ${data.left_out} large tensors are left out, to keep this page small. They are shown as small pictures; in Python, explanation.at(…) and explanation.gradient_at(…) give any number.`);
  byId("notes").replaceChildren(...notes.map((note) => element("li", {}, note)));
  byId("go-to").placeholder = `${values[0].symbol}${values[0].shape.length ? `[${values[0].shape.map(() => 0).join(",")}]` : ""}`;
  const samples = values.some((value) => ofSample(value).lead.length) ? batch : 1;
  byId("sample-box").hidden = samples < 2;
  byId("sample").replaceChildren(...range(samples).map((at) => element("option", { value: String(at) }, String(at))));
}

head();
build();
drawMaps();
arrange();
goTo(-1);
const firstSelected = bySymbol.get(data.output) ?? values.find((value) => value.step !== null);
if (firstSelected && !firstSelected.numbers.leftOut && firstSelected.numbers.count) select(firstSelected.symbol, largestPlace(firstSelected));
bringIntoView(values.find((value) => value.role === "input")?.symbol, { page: false });
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
byId("previous").addEventListener("click", () => { stopPlaying(); goTo(state.stop - 1); });
byId("next").addEventListener("click", () => { stopPlaying(); goTo(state.stop + 1); });
byId("play").addEventListener("click", togglePlaying);
byId("show-values").addEventListener("click", () => setMode(false));
byId("show-gradients").addEventListener("click", () => setMode(true));
byId("quiz").addEventListener("click", startQuiz);
byId("go").addEventListener("submit", typedPlace);
byId("sample").addEventListener("change", (event) => setSample(Number(event.target.value)));
window.addEventListener("resize", arrange);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMaps);
window.glasshouse = { forwardOf, gradientOf, updateOf, select, goTo, numberAt, quiz };
