// A drawing, prepared as nnbook.demos.prepare does it, and read by a network of one hidden
// layer. Held equal to nnlib by tests/browser.

nnDemo.kind("draw_a_digit", demo => {
  const SIDE = 28, BOX = 20, CENTRE = 14.5, FINE = 10, FULL = SIDE * FINE;
  const PEN = 24;  // in points of the drawing: 2.4 pixels once scaled
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const {element} = nnDemo;
  const {parameters, program, train} = demo.data;
  const layers = [0, 1].map(l => ({W: demo.array(`weights${l}`), b: demo.array(`biases${l}`)}));
  const examples = nnDemo.bytes(demo.data.examples);
  const hiddenSize = layers[0].b.length;

  // ---- what the reader sees

  const canvas = element("canvas", {
    class: "nn-canvas", width: FULL, height: FULL, role: "img", "aria-label": "the drawing",
  });
  const given = element("canvas", {
    class: "nn-given", width: SIDE, height: SIDE, role: "img", "aria-label": "the 28 × 28 pixels the network gets",
  });
  const neurons = Array.from({length: hiddenSize}, () => element("i", {class: "nn-neuron"}));
  const hidden = element("div", {class: "nn-hidden", role: "img"}, ...neurons);
  const bars = Array.from({length: 10}, (_, digit) => {
    const fill = element("i", {class: "nn-fill"});
    const value = element("span", {class: "nn-output"});
    return {fill, value, row: element("li", {class: "nn-bar"}, `${digit}`, element("span", {class: "nn-track"}, fill), value)};
  });
  const named = (name, ...parts) => element("div", {class: "nn-part"}, ...parts, element("span", {class: "nn-name"}, name));
  demo.stage.replaceChildren(element("div", {class: "nn-reading"},
    named("draw here", canvas),
    element("div", {class: "nn-middle"}, named("784 inputs", given), named(`${hiddenSize} hidden`, hidden)),
    named("10 outputs", element("ol", {class: "nn-bars"}, ...bars.map(bar => bar.row)))));

  // ---- the drawing: strokes on a grid of 64 × 64, so that an address can hold them

  let strokes = [];
  let pen = null;  // the pointer that draws
  const sheet = element("canvas", {width: FULL, height: FULL}).getContext("2d", {willReadFrequently: true});
  const place = k => (k + 0.5) * FULL / 64;
  const written = () => strokes.map(s => s.map(([x, y]) => LETTERS[x] + LETTERS[y]).join("")).join(".");
  const read = text => text.split(".").map(s => (s.match(/../g) ?? []).map(pair => [...pair].map(c => LETTERS.indexOf(c))))
    .filter(s => s.length && s.flat().every(k => k >= 0));

  const value = name => parameters.find(p => p.name === name).texts[demo.values[name]];
  const drawn = () => value("digit") === "drawn";
  const shift = () => Number(value("right").replace("−", "-"));

  // Ink from 0 to 1 on FULL × FULL points, moved to the right by so many pixels.
  function ink(right) {
    sheet.clearRect(0, 0, FULL, FULL);
    if (drawn()) {
      sheet.lineWidth = PEN;
      sheet.lineCap = sheet.lineJoin = "round";
      for (const stroke of strokes) {
        const points = stroke.map(([x, y]) => [place(x) + FINE * right, place(y)]);
        sheet.beginPath();
        sheet.moveTo(...points[0]);
        for (let k = 1; k < points.length - 1; k++) {
          const [a, b] = [points[k], points[k + 1]];
          sheet.quadraticCurveTo(a[0], a[1], (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        }
        sheet.lineTo(...points.at(-1));
        sheet.stroke();
      }
      return Float64Array.from({length: FULL * FULL}, (pixels => (_, k) => pixels[4 * k + 3] / 255)(
        sheet.getImageData(0, 0, FULL, FULL).data));
    }
    const image = examples.subarray(SIDE * SIDE * Number(value("digit")));
    const dots = new Float64Array(FULL * FULL);
    for (let y = 0; y < FULL; y++) {
      for (let x = 0; x < FULL; x++) {
        const column = Math.floor(x / FINE) - right;
        if (column >= 0 && column < SIDE) dots[y * FULL + x] = image[SIDE * Math.floor(y / FINE) + column] / 255;
      }
    }
    return dots;
  }

  // ---- from the drawing to 784 numbers

  // The mean over each of `size` equal parts of the rows from `start` to `end`: (rows, columns) -> (size, columns)
  function shrink(grid, columns, start, end, size) {
    const out = new Float64Array(size * columns);
    const step = (end - start) / size;
    for (let j = 0; j < size; j++) {
      const low = start + j * step, high = start + (j + 1) * step;
      for (let row = Math.floor(low); row < Math.min(Math.ceil(high), end); row++) {
        const share = (Math.min(high, row + 1) - Math.max(low, row)) / step;
        for (let x = 0; x < columns; x++) out[j * columns + x] += share * grid[row * columns + x];
      }
    }
    return out;
  }

  function turned(grid, rows, columns) {
    return Float64Array.from({length: grid.length}, (_, k) => grid[(k % rows) * columns + Math.floor(k / rows)]);
  }

  // Extent of what is not 0 along the first axis: [first, last + 1], or null.
  function extent(grid, columns) {
    let first = -1, last = -1;
    for (let k = 0; k < grid.length; k++) {
      if (grid[k] > 0) { last = Math.floor(k / columns); if (first < 0) first = last; }
    }
    return first < 0 ? null : [first, last + 1];
  }

  function offset(grid, rows, columns) {
    let total = 0, moment = 0;
    for (let k = 0; k < grid.length; k++) {
      total += grid[k];
      moment += grid[k] * (Math.floor(k / columns) + 0.5);
    }
    return Math.min(Math.max(Math.floor(CENTRE - moment / total + 0.5), 0), SIDE - rows);
  }

  function prepare(dots) {
    const across = turned(dots, FULL, FULL);
    const [top, bottom] = extent(dots, FULL), [left, right] = extent(across, FULL);
    const scale = BOX / Math.max(bottom - top, right - left);
    const height = Math.max(1, Math.floor((bottom - top) * scale + 0.5));
    const width = Math.max(1, Math.floor((right - left) * scale + 0.5));
    const flat = shrink(dots, FULL, top, bottom, height);                                    // (height, FULL)
    const small = turned(shrink(turned(flat, height, FULL), height, left, right, width), width, height);  // (height, width)
    const y = offset(small, height, width), x = offset(turned(small, height, width), width, height);
    const image = new Float64Array(SIDE * SIDE);
    for (let k = 0; k < small.length; k++) {
      image[(y + Math.floor(k / width)) * SIDE + x + k % width] = small[k];
    }
    return image;
  }

  function asDrawn(dots) {
    const flat = shrink(dots, FULL, 0, FULL, SIDE);
    return turned(shrink(turned(flat, SIDE, FULL), SIDE, 0, FULL, SIDE), SIDE, SIDE);
  }

  // ---- nnlib.forward: z = W a + b, a = σ(z)

  function forward(x) {
    return layers.reduce((trace, {W, b}) => {
      const a = trace.at(-1);
      const next = Float64Array.from(b, (bias, j) => {
        let z = bias;
        for (let k = 0; k < a.length; k++) z += W[j * a.length + k] * a[k];
        return 1 / (1 + Math.exp(-z));
      });
      return [...trace, next];
    }, [x]);
  }

  // ---- drawing it all

  function paint(target, values, size, scale) {
    const picture = new ImageData(size, size);
    for (let k = 0; k < size * size; k++) picture.data.set([17, 17, 17, 255 * values[k]], 4 * k);  // dark ink
    const context = target.getContext("2d");
    context.clearRect(0, 0, size * scale, size * scale);
    context.putImageData(picture, 0, 0);
  }

  function show() {
    const dots = ink(shift());
    const blank = !dots.some(v => v > 0);
    paint(canvas, dots, FULL, 1);
    let image = blank ? new Float64Array(SIDE * SIDE) : value("uncentred") === "on" ? asDrawn(dots) : prepare(ink(0));
    image = image.map(v => Math.floor(255 * v + 0.5) / 255);
    paint(given, image, SIDE, 1);
    const [, a, output] = forward(image);
    neurons.forEach((neuron, j) => neuron.style.setProperty("--a", blank ? 0 : a[j]));
    const lit = a.filter(v => v > 0.5).length;
    hidden.setAttribute("aria-label", blank ? "the hidden neurons, at rest" : `${lit} of ${hiddenSize} hidden neurons above one half`);
    const order = [...output.keys()].sort((i, j) => output[j] - output[i] || i - j);
    bars.forEach(({fill, value: number, row}, digit) => {
      fill.style.width = `${blank ? 0 : 100 * output[digit]}%`;
      number.textContent = blank ? "" : output[digit].toFixed(2);
      row.classList.toggle("nn-best", !blank && digit === order[0]);
    });
    demo.root.reading = {image, hidden: a, output};
    demo.root.dataset.read = blank ? "" : order[0];
    const [best, next] = order;
    demo.say(blank ? "Nothing is drawn yet."
      : `Read as ${best}, with an output of ${output[best].toFixed(2)}; next comes ${next}, with ${output[next].toFixed(2)}.`);
  }

  function change() {
    if (!drawn()) {
      pen = null;
      if (demo.extra.ink) demo.keep("ink", "");
    }
    if (pen === null) strokes = drawn() ? read(demo.extra.ink) : [];
    show();
  }

  const LONGEST = "Read as 0, with an output of 0.00; next comes 0, with 0.00.";

  // ---- the pen

  function at(event) {
    const box = canvas.getBoundingClientRect();
    const grid = (along, size) => Math.min(Math.max(Math.floor(64 * along / size), 0), 63);
    const x = event.clientX - box.left - shift() * box.width / SIDE;
    return [grid(x, box.width), grid(event.clientY - box.top, box.height)];
  }
  canvas.addEventListener("pointerdown", event => {
    if (pen !== null || event.button > 0) return;
    event.preventDefault();
    if (!drawn()) demo.set("digit", 0);
    pen = event.pointerId;
    try { canvas.setPointerCapture(pen); } catch { /* it has gone already */ }
    strokes.push([at(event)]);
    show();
  });
  canvas.addEventListener("pointermove", event => {
    if (event.pointerId !== pen) return;
    const stroke = strokes.at(-1);
    for (const e of event.getCoalescedEvents?.().concat(event) ?? [event]) {
      const point = at(e);
      if (Math.hypot(point[0] - stroke.at(-1)[0], point[1] - stroke.at(-1)[1]) >= 1.5) stroke.push(point);
    }
    show();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, event => {
      if (event.pointerId !== pen) return;
      pen = null;
      demo.keep("ink", written());
    });
  }

  // ---- code

  function code() {
    const hex = Array.from(demo.root.reading.image, v => Math.round(255 * v).toString(16).padStart(2, "0"));
    const rows = Array.from({length: SIDE}, (_, k) => `    "${hex.slice(k * SIDE, (k + 1) * SIDE).join("")}"`);
    return `${program}\n\npixels = bytes.fromhex(\n${rows.join("\n")}\n)\n`
      + `image = np.frombuffer(pixels, np.uint8).reshape(28, 28) / 255\nnet = ${train}()\n`
      + "print(demos.read_digit(net, image))\n";
  }

  demo.extra.ink = "";
  demo.makeRoom([LONGEST]);
  demo.begin(parameters, change, code);
  demo.controls.querySelector(".nn-actions").prepend(
    element("button", {type: "button", class: "nn-button nn-clear", onclick: () => {
      pen = null;
      demo.extra.ink = "";
      demo.set("digit", 0);
    }}, "Clear"));
});
