// Large tensors as maps: one cell for each number, coloured by sign and size. Arrow keys move from cell to cell.

function colours() {
  const style = getComputedStyle(document.documentElement);
  const triple = (name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
  return { paper: triple("--cell-rgb"), ahead: [triple("--minus-rgb"), triple("--accent-rgb")], back: [triple("--back-minus-rgb"), triple("--second-rgb")] };
}

let palette = colours();
const maps = []; // every map on the page, to be drawn again when the mode, the sample or the theme changes

function paint(canvas, rows, columns, numberOf, scale, pair) {
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(columns, rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const number = numberOf(row, column), at = 4 * (row * columns + column);
      if (number === null) continue;
      const share = scale > 0 && Number.isFinite(number) ? Math.min(1, Math.abs(number) / scale) ** 0.7 : 0;
      const colour = pair[number > 0 ? 1 : 0];
      for (let part = 0; part < 3; part += 1) image.data[at + part] = palette.paper[part] + (colour[part] - palette.paper[part]) * share;
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
}

function largestOf(tensor) {
  if (tensor.largest === undefined) {
    let largest = 0;
    for (const each of tensor.numbers) if (Number.isFinite(each)) largest = Math.max(largest, Math.abs(each));
    tensor.largest = largest;
  }
  return tensor.largest;
}

// One picture of a value. `side` is the length that its longer axis may take on the screen, in pixels.
class HeatMap {
  constructor(value, which, side, most = 10) {
    this.value = value;
    this.which = which;
    this.canvas = element("canvas", { tabindex: "0", role: "group", "aria-roledescription": "heat map" });
    this.marks = element("div", { class: "marks", "aria-hidden": "true" });
    this.box = element("div", { class: "map" }, this.canvas, this.marks);
    const { rows, columns } = this.picture;
    const cell = Math.min(most, side / Math.max(rows, columns));
    this.box.style.width = `${Math.max(8, columns * cell)}px`;
    this.box.style.height = `${Math.max(4, rows * cell)}px`;
    this.cursor = [0, 0];
    this.canvas.addEventListener("click", (event) => this.clicked(event));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    this.canvas.addEventListener("mousemove", (event) => this.pointed(event));
    maps.push(this);
  }

  get picture() {
    if (this.value.numbers.leftOut) {
      const [rows, columns] = this.value.numbers.overview.shape;
      return { name: "overview", rows, columns, at: () => null };
    }
    return picturesOf(this.value)[this.which];
  }

  get back() {
    return state.gradients && this.value.gradient !== null;
  }

  get name() {
    return this.back ? `d${this.value.symbol}` : this.value.symbol;
  }

  get tensor() {
    return this.back ? this.value.gradient : this.value.numbers;
  }

  draw() {
    const { name, rows, columns, at } = this.picture;
    const { tensor } = this;
    const pair = this.back ? palette.back : palette.ahead;
    this.box.classList.toggle("none", state.gradients && !this.value.gradient);
    this.canvas.setAttribute("aria-label", `${this.name}${name ? `, channel ${name}` : ""}, ${rows} by ${columns}. Arrow keys move from number to number.`);
    if (tensor.leftOut) {
      const { overview } = tensor;
      const numbers = overview.numbers.map(asNumber);
      const scale = Math.max(...numbers.map(Math.abs));
      paint(this.canvas, overview.shape[0], overview.shape[1], (row, column) => numbers[row * overview.shape[1] + column], scale, pair);
      return;
    }
    paint(this.canvas, rows, columns, (row, column) => {
      const place = at(row, column);
      return place === null ? null : tensor.at(place);
    }, largestOf(tensor), pair);
  }

  cellAt(event) {
    const { rows, columns } = this.picture;
    const area = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - area.top) / area.height) * rows);
    const column = Math.floor(((event.clientX - area.left) / area.width) * columns);
    return [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))];
  }

  clicked(event) {
    if (this.tensor.leftOut) return showTensor(this.value);
    this.cursor = this.cellAt(event);
    return this.choose();
  }

  pointed(event) {
    if (this.tensor.leftOut) return;
    const place = this.picture.at(...this.cellAt(event));
    this.canvas.title = place ? titleOf(this.name, place) : "";
  }

  pressed(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [0, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.tensor.leftOut) { showTensor(this.value); return; }
    const { rows, columns } = this.picture;
    const moved = [this.cursor[0] + move[0], this.cursor[1] + move[1]];
    if (moved[0] < 0 || moved[1] < 0 || moved[0] >= rows || moved[1] >= columns || !this.picture.at(...moved)) return;
    this.cursor = moved;
    this.choose();
  }

  choose() {
    const place = this.picture.at(...this.cursor);
    if (place) select(this.name, place);
  }

  // Frames around the cells that a number is made of: one around a full rectangle, else one for every run in a row.
  mark(places, kind) {
    const { rows, columns, at } = this.picture;
    const wanted = new Set(places.map((place) => place.join()));
    const runs = [];
    for (let row = 0; row < rows; row += 1) {
      let run = null;
      for (let column = 0; column < columns; column += 1) {
        const place = at(row, column);
        if (!place || !wanted.has(place.join())) { run = null; continue; }
        if (run) run.width += 1;
        else runs.push(run = { top: row, left: column, width: 1, height: 1 });
      }
    }
    if (!runs.length) return;
    const block = runs.every((run, which) => run.left === runs[0].left && run.width === runs[0].width && run.top === runs[0].top + which);
    const frames = block ? [{ ...runs[0], height: runs.length }] : runs.slice(0, 200);
    const share = (part, whole) => `${(100 * part) / whole}%`;
    for (const { top, left, width, height } of frames) {
      const frame = element("span", { class: `mark ${kind}` });
      Object.assign(frame.style, { left: share(left, columns), top: share(top, rows), width: share(width, columns), height: share(height, rows) });
      this.marks.append(frame);
    }
    if (kind === "own") this.cursor = [runs[0].top, runs[0].left];
  }
}

function drawMaps() {
  palette = colours();
  maps.forEach((map) => map.draw());
}

// All pictures of a value side by side; of many channels the first ones.
function mapsOf(value, side, most) {
  const pictures = value.numbers.leftOut ? [null] : picturesOf(value);
  const box = element("div", { class: "maps" });
  const shownPictures = pictures.slice(0, CHANNELS);
  const each = shownPictures.length === 1 ? side : shownPictures.length <= 4 ? side / 1.6 : side / 2.2;
  shownPictures.forEach((_, which) => box.append(new HeatMap(value, which, each, most).box));
  box.style.setProperty("--across", Math.min(shownPictures.length, shownPictures.length <= 4 ? 2 : 3));
  if (pictures.length > CHANNELS) box.append(element("p", { class: "more" }, `${CHANNELS} of ${pictures.length} shown`));
  return box;
}
