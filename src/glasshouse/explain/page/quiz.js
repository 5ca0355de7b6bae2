// The quiz: a number is hidden, and the answer is checked to three significant digits.

const quiz = { box: null, question: null, right: 0, asked: 0, hinted: false, done: false };
const SHORT = 14; // numbers in the arithmetic of a question at most, where there are such questions

function candidates() {
  const found = [];
  for (const value of values) {
    if (value.numbers.leftOut || !value.numbers.count) continue;
    if (value.step !== null && !movedOnly(value) && value.dtype.startsWith("float")) found.push({ value, back: false });
    if (value.gradient && !value.gradient.leftOut && value.symbol !== data.loss) found.push({ value, back: true });
  }
  return found;
}

function draw() {
  const all = candidates();
  let long = null;
  for (let tries = 0; tries < 300 && all.length; tries += 1) {
    const { value, back } = all[Math.floor(Math.random() * all.length)];
    const { lead, shape } = ofSample(value);
    const index = [...lead, ...shape.map((size) => Math.floor(Math.random() * size))];
    const truth = back ? value.gradient.at(index) : value.numbers.at(index);
    if (!Number.isFinite(truth)) continue;
    const parts = back ? gradientOf(value.symbol, index) : [forwardOf(value.symbol, index)];
    if (parts.some((part) => part?.is === undefined || !Array.isArray(part.is))) continue;
    const size = parts.reduce((sum, part) => sum + leavesOf(part.is).size, 0);
    const question = { name: back ? `d${value.symbol}` : value.symbol, index, value, back, truth, parts };
    if (size <= SHORT && (truth !== 0 || tries > 100)) return question;
    long ??= question;
  }
  return long;
}

function startQuiz() {
  if (quiz.box) { endQuiz(); return; }
  stopPlaying();
  goTo(-1);
  [quiz.right, quiz.asked] = [0, 0];
  quiz.box = element("section", { class: "quiz", "aria-label": "Quiz" });
  document.querySelector("main").before(quiz.box);
  byId("quiz").setAttribute("aria-pressed", "true");
  ask();
}

function endQuiz() {
  state.hidden = null;
  quiz.box.remove();
  quiz.box = null;
  byId("quiz").setAttribute("aria-pressed", "false");
  refreshNumbers();
}

function ask() {
  quiz.question = draw();
  [quiz.hinted, quiz.done] = [false, false];
  if (!quiz.question) {
    quiz.box.textContent = "There is no number here whose arithmetic is known.";
    return;
  }
  const { name, index, value, back } = quiz.question;
  state.hidden = label(name, index);
  refreshNumbers();
  const symbol = math(back ? gradientMath(value, index) : valueMath(value, index));
  const what = back ? "the gradient of the loss by" : `the output of ${escaped(steps[value.step].title)},`;
  quiz.box.innerHTML = `<form><p class="question"><span>What is ${what} <code>${escaped(label(value.symbol, index))}</code>?</span>
    <label class="answer">${symbol} <span class="equals">=</span> <input inputmode="text" autocomplete="off" aria-label="Your answer for ${escaped(label(name, index))}"></label>
    <button type="submit">Check</button><button type="button" data-quiz="hint">Hint</button><button type="button" data-quiz="next">Next</button><span class="score">${quiz.right} of ${quiz.asked} right</span></p>
    <p class="verdict" role="status" aria-live="polite"></p><div class="hint"></div></form>`;
  quiz.box.querySelector("form").addEventListener("submit", check);
  select(name, index, { scroll: true });
  quiz.box.querySelector("input").focus({ preventScroll: true });
}

function check(event) {
  event.preventDefault();
  const input = quiz.box.querySelector("input"), verdict = quiz.box.querySelector(".verdict");
  const answer = typedNumber(input.value);
  if (Number.isNaN(answer)) {
    verdict.className = "verdict";
    verdict.textContent = "Type a number, such as 0.123 or 1.2e-3.";
    return;
  }
  if (quiz.done) { ask(); return; }
  const right = isRight(answer, quiz.question.truth);
  verdict.className = `verdict ${right ? "right" : "wrong"}`;
  if (!right) {
    if (!quiz.missed) { quiz.asked += 1; quiz.missed = true; }
    verdict.textContent = "Not yet: three significant digits count. The hint shows the arithmetic.";
  } else {
    if (!quiz.missed) quiz.asked += 1;
    if (!quiz.missed && !quiz.hinted) quiz.right += 1;
    reveal(`Right: ${shown(quiz.question.truth, 6)}.${quiz.hinted || quiz.missed ? " It counts only without help and at the first try." : ""}`);
  }
  quiz.box.querySelector(".score").textContent = `${quiz.right} of ${quiz.asked} right`;
}

function reveal(says) {
  quiz.done = true;
  state.hidden = null;
  refreshNumbers();
  quiz.box.querySelector(".verdict").textContent = says;
  select(quiz.question.name, quiz.question.index);
}

function hint() {
  quiz.hinted = true;
  const { value, index, back, parts } = quiz.question;
  const own = math(back ? gradientMath(value, index) : valueMath(value, index));
  quiz.box.querySelector(".hint").innerHTML = parts.map((part) => working(own, part, { result: false })).join("");
}

function nextQuestion() {
  if (!quiz.done && !quiz.missed) quiz.asked += 1;
  quiz.missed = false;
  ask();
}

function refreshNumbers() {
  cards.forEach(fillCard);
  sheet.querySelectorAll(".parameter > .pair .number").forEach(renew);
  arrange();
  if (state.selected) renderNumber();
  markDrawing();
}

function renew(button) {
  const index = button.dataset.index === "" ? [] : button.dataset.index.split(",").map(Number);
  button.textContent = textOf(button.dataset.at, index, 3);
  button.title = titleOf(button.dataset.at, index);
  button.setAttribute("aria-label", button.title);
}
