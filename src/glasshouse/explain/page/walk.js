// The walk: forward through the steps, then back through them.

const walk = [
  ...steps.map((step) => ({ step, back: false })),
  ...(data.loss ? [...steps].reverse().filter((step) => Object.values(step.inputs).some((symbol) => bySymbol.get(symbol).parts.some((part) => part.step === step.index))).map((step) => ({ step, back: true })) : []),
];
let timer = null;
const byId = (id) => document.getElementById(id);

function goTo(stop) {
  state.stop = Math.max(-1, Math.min(walk.length - 1, stop));
  sheet.classList.toggle("walking", state.stop >= 0);
  byId("previous").disabled = state.stop < 0;
  byId("next").disabled = state.stop === walk.length - 1;
  byId("track").style.width = `${(100 * (state.stop + 1)) / walk.length}%`;
  if (state.stop < 0) {
    byId("where").textContent = `${steps.length} steps forward${walk.length > steps.length ? `, ${walk.length - steps.length} back` : ""}`;
    document.querySelectorAll(".card, .edge, .weight").forEach((each) => each.classList.remove("reached", "now", "returned"));
    return;
  }
  const { step, back } = walk[state.stop];
  byId("where").innerHTML = `<b class="${back ? "back" : "ahead"}">${back ? "Backward" : "Forward"}</b> ${state.stop + 1} of ${walk.length}: ${escaped(step.title)}`;
  if (state.gradients !== back) setMode(back);
  lightUp(step, back);
  showStep(step, back);
  bringIntoView(Object.values(back ? step.inputs : step.outputs).find((symbol) => cards.has(symbol)));
}

function lightUp(step, back) {
  const reached = new Set(values.filter((value) => value.step === null).map((value) => value.symbol));
  const returned = new Set();
  for (const each of walk.slice(0, state.stop + 1)) {
    const names = each.back ? each.step.inputs : each.step.outputs;
    for (const symbol of Object.values(names)) (each.back ? returned : reached).add(symbol);
  }
  const now = new Set(Object.values(back ? step.inputs : step.outputs));
  for (const [symbol, { box }] of cards) {
    box.classList.toggle("reached", reached.has(symbol));
    box.classList.toggle("returned", returned.has(symbol) || symbol === data.loss);
    box.classList.toggle("now", now.has(symbol));
    box.classList.toggle("turned", back);
  }
  const [ins, outs] = [new Set(Object.values(step.inputs)), new Set(Object.values(step.outputs))];
  edges.querySelectorAll(".edge").forEach((edge) => {
    const here = ins.has(edge.dataset.from) && outs.has(edge.dataset.to);
    edge.classList.toggle("now", here && (edge.classList.contains("weighted") || edge.classList.contains("only") || edge.classList.contains("back") === back));
    edge.classList.toggle("turned", back);
    edge.classList.toggle("reached", reached.has(edge.dataset.to));
  });
  sheet.querySelectorAll(".weight, .bias").forEach((each) => {
    const { value } = resolve(each.querySelector(".number").dataset.at);
    each.classList.toggle("returned", returned.has(value.symbol));
    each.classList.toggle("now", ins.has(value.symbol));
    each.classList.toggle("reached", value.uses.some((use) => use.step <= (back ? Infinity : step.index)));
  });
}

function bringIntoView(symbol, { page = true } = {}) {
  const card = cards.get(symbol);
  if (!card) return;
  const view = byId("drawing");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (narrow.matches && page) {
    const top = view.getBoundingClientRect().top + window.scrollY + card.y;
    const covered = document.querySelector(".bar").offsetHeight + (document.querySelector(".quiz")?.offsetHeight ?? 0);
    window.scrollTo({ top: top - covered - 12, behavior: calm ? "auto" : "smooth" });
  }
  view.scrollTo({ left: card.x + card.width / 2 - view.clientWidth / 2, top: card.y + card.height / 2 - view.clientHeight / 2, behavior: calm ? "auto" : "smooth" });
}

function setMode(gradients) {
  state.gradients = gradients;
  byId("show-values").setAttribute("aria-pressed", String(!gradients));
  byId("show-gradients").setAttribute("aria-pressed", String(gradients));
  sheet.classList.toggle("gradients", gradients);
  drawMaps();
  markDrawing();
}

function setSample(sample) {
  state.sample = sample;
  byId("sample").value = String(sample);
  cards.forEach(fillCard);
  drawMaps();
  arrange();
  markDrawing();
}

function stopPlaying() {
  window.clearInterval(timer);
  timer = null;
  byId("play").setAttribute("aria-label", "Play");
  byId("play").classList.remove("on");
}

function togglePlaying() {
  if (timer !== null) { stopPlaying(); return; }
  if (state.stop === walk.length - 1) goTo(-1);
  byId("play").setAttribute("aria-label", "Pause");
  byId("play").classList.add("on");
  goTo(state.stop + 1);
  timer = window.setInterval(() => {
    if (state.stop === walk.length - 1) stopPlaying();
    else goTo(state.stop + 1);
  }, 1800);
}
