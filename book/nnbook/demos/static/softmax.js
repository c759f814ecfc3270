// Four logits: their softmax at a temperature, the cost, and its gradient, as bars. Held equal
// to nnlib by tests/browser; the sentence is that of nnbook.demos.softmax.softmax_says.

nnDemo.kind("softmax", demo => {
  const {element} = nnDemo;
  const {parameters, program, call} = demo.data;
  const LOGITS = parameters.filter(p => p.name.startsWith("z"));
  const MOST = LOGITS[0].texts.length - 1, ONE = 10;  // indices of a logit: ten make 1
  const BELOW = "₁₂₃₄";

  // ---- what nnlib computes

  const number = name => {
    const p = parameters.find(p => p.name === name);
    return Number(p.texts[demo.values[name]].replace("−", "-"));
  };
  const total = values => values.reduce((s, v) => s + v, 0);

  function compute(z, T, target) {
    const divided = z.map(v => v / T), largest = Math.max(...divided);
    const scaled = divided.map(v => v - largest);  // so that no exponential overflows
    const e = scaled.map(Math.exp);
    const a = e.map(v => v / total(e));
    return {
      z, T, target, a,
      cost: Math.log(total(e)) - scaled[target - 1],
      gradient: a.map((v, j) => (v - (j === target - 1 ? 1 : 0)) / T),
      sigmoids: divided.map(v => (1 + Math.tanh(v / 2)) / 2),
    };
  }

  // ---- the sentence

  // As Python rounds: 0.125, which is halfway, to 0.12; and no −0.00.
  function fixed(v, digits = 2) {
    const halfway = digits === 2 && Math.abs(8 * v) % 4 === 1;
    return (halfway ? v - Math.sign(v) * 1e-3 : v).toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  }
  const list = (values, digits) => values.map(v => fixed(v, digits)).join(", ");
  const round = v => `${Number(v.toFixed(6)) + 0}`;

  const says = ({z, T, target, a, cost, gradient, sigmoids}, apart) =>
    `z = (${list(z, 1)}), T = ${T}: the probabilities are ${list(a)}; the target is class ${target}, `
    + `and the cost −ln a${BELOW[target - 1]} = ${fixed(cost)}. `
    + `The gradient is (${list(gradient)}) and sums to ${round(total(gradient))}.`
    + (apart ? ` Four sigmoids give ${list(sigmoids)}, which sum to ${fixed(total(sigmoids))}.` : "");

  // ---- the picture, in its own units

  const HIGH = 80, BASE = 126, ZERO = 290, WIDE = 36;  // 1 is as high in both halves while T ≥ 1
  const left = j => 38 + 78 * j, middle = j => left(j) + WIDE / 2;
  const it = letter => `<tspan font-style="italic">${letter}</tspan>`;
  const sub = (letter, j) => `${it(letter)}<tspan dy="3" font-size="9">${j}</tspan><tspan dy="-3">\u200b</tspan>`;
  const text = (x, y, look, words = "") => `<text x="${x}" y="${y}" class="${look}">${words}</text>`;
  const rect = (look, j, more = "") => `<rect class="${look}" data-class="${j + 1}" ${more}/>`;
  const tick = (y, look) => `<path class="nn-axis" d="M27 ${y}h4"/>${text(24, y, `nn-end ${look}`)}`;

  const picture = element("div", {class: "nn-net"});
  picture.innerHTML = `<style>
    .nn-softmax { --nn-soft-bar: color-mix(in srgb, var(--nn-soft) 75%, transparent); }
    .nn-demo .nn-softmax svg { max-width: 26rem; font-size: 12px; }
    .nn-demo .nn-softmax .nn-begin { text-anchor: start; }
    .nn-demo .nn-softmax .nn-end { text-anchor: end; }
    .nn-demo .nn-softmax .nn-main { font-weight: 700; }
    .nn-demo .nn-softmax .nn-a { fill: var(--nn-soft-bar); }
    .nn-demo .nn-softmax .nn-a.nn-true { fill: var(--nn-target); }
    .nn-demo .nn-softmax :is(.nn-goal, .nn-class.nn-true) { fill: var(--nn-target); font-weight: 700; }
    .nn-softmax .nn-frame { fill: none; stroke: var(--nn-target); stroke-width: 1.5; stroke-dasharray: 4 3; }
    .nn-softmax .nn-apart rect { fill: none; stroke: var(--nn-soft); stroke-width: 1.2; }
    .nn-softmax .nn-apart[hidden] { display: none; }
    .nn-softmax .nn-g { fill: var(--nn-back); }
    .nn-softmax .nn-axis { fill: none; stroke: var(--nn-soft); }
    .nn-softmax rect { forced-color-adjust: none; }
    .nn-demo[data-kind="softmax"] .nn-say { font-variant-numeric: tabular-nums; }
    .nn-demo[data-kind="softmax"] .nn-row:has([type="range"]) .nn-label { flex-basis: 2rem; width: 2rem; }
    .nn-demo .nn-button[aria-disabled="true"] { opacity: 0.5; cursor: default; }
    </style><svg viewBox="0 0 344 378" role="img" aria-label="Four bars of probabilities, and below them four of the gradient">`
    + text(0, 8, "nn-begin", `probabilities ${it("a")} = softmax(${it("z")}/${it("T")})`)
    + text(344, 8, "nn-end nn-sum-a")
    + `<g class="nn-apart">${text(0, 25, "nn-begin nn-faint", "outlined: four sigmoids")}${text(344, 25, "nn-end nn-faint nn-sum-s")}</g>`
    + `<path class="nn-axis" d="M31 ${BASE - HIGH}V${BASE}H344"/>` + tick(BASE - HIGH, "nn-top-a") + tick(BASE, "nn-zero-a")
    + `<rect class="nn-frame" y="${BASE - HIGH}" width="${WIDE + 6}" height="${HIGH}"/>` + text(0, BASE - HIGH - 7, "nn-goal", "target")
    + LOGITS.map((_, j) => rect("nn-a", j, `x="${left(j)}" width="${WIDE}"`) + text(middle(j), BASE + 11, "nn-main nn-value-a")
      + text(middle(j), BASE + 27, "nn-class", `class ${j + 1}`)).join("")
    + `<g class="nn-apart">${LOGITS.map((_, j) => rect("nn-s", j, `x="${left(j) + WIDE + 7}" width="20"`)
      + text(left(j) + WIDE + 17, BASE + 11, "nn-faint nn-value-s")).join("")}</g>`
    + text(0, 176, "nn-begin nn-cost")
    + `<g class="nn-back">` + text(0, 195, "nn-begin", `gradient ∂${it("C")}/∂${sub("z", it("j"))} = (${sub("a", it("j"))} − ${sub("y", it("j"))})/${it("T")}`)
    + text(344, 195, "nn-end nn-sum-g") + "</g>"
    + `<path class="nn-axis" d="M31 ${ZERO - HIGH}V${ZERO + HIGH}M31 ${ZERO}H344"/>`
    + tick(ZERO - HIGH, "nn-top-g") + tick(ZERO, "nn-zero-g") + tick(ZERO + HIGH, "nn-bottom-g")
    + `<g class="nn-back">${LOGITS.map((_, j) => rect("nn-g", j, `x="${left(j)}" width="${WIDE}"`)
      + text(middle(j), 0, "nn-main nn-value-g")).join("")}</g></svg>`;
  picture.classList.add("nn-softmax");
  const all = look => [...picture.querySelectorAll(`.${look}`)];
  const write = (look, words) => { all(look)[0].textContent = words; };

  function stand(bar, value, base, unit) {  // up from its base, or down
    bar.setAttribute("y", base - Math.max(value, 0) * unit);
    bar.setAttribute("height", Math.abs(value) * unit);
  }

  function draw({target, a, cost, gradient, sigmoids, T}, apart) {
    const most = Math.max(1, 1 / T);  // the end of the lower axis
    all("nn-a").forEach((bar, j) => {
      stand(bar, a[j], BASE, HIGH);
      stand(all("nn-s")[j], sigmoids[j], BASE, HIGH);
      stand(all("nn-g")[j], gradient[j], ZERO, HIGH / most);
      all("nn-value-a")[j].textContent = fixed(a[j]);
      all("nn-value-s")[j].textContent = fixed(sigmoids[j]);
      all("nn-value-g")[j].textContent = fixed(gradient[j]);
      all("nn-value-g")[j].setAttribute("y", ZERO + (gradient[j] < 0 ? -10 : 11));  // where the bar is not
      for (const look of ["nn-a", "nn-class"]) all(look)[j].classList.toggle("nn-true", j === target - 1);
    });
    all("nn-frame")[0].setAttribute("x", left(target - 1) - 3);
    all("nn-goal")[0].setAttribute("x", middle(target - 1));
    for (const part of all("nn-apart")) part.toggleAttribute("hidden", !apart);
    write("nn-sum-a", `sum ${fixed(total(a))}`);
    write("nn-sum-s", `sum ${fixed(total(sigmoids))}`);
    write("nn-sum-g", `sum ${round(total(gradient))}`);
    write("nn-top-a", "1");
    for (const look of ["nn-zero-a", "nn-zero-g"]) write(look, "0");
    const end = Number(most.toPrecision(2));
    write("nn-top-g", end);
    write("nn-bottom-g", `−${end}`);
    all("nn-cost")[0].innerHTML = `cost ${it("C")} = −ln ${sub("a", target)} = <tspan font-weight="700">${fixed(cost)}</tspan>`;
  }

  // ---- the controls

  const indices = () => LOGITS.map(p => demo.values[p.name]);
  const fits = by => indices().every(k => k + by >= 0 && k + by <= MOST);

  const mover = (by, words) => element("button", {type: "button", class: "nn-button", onclick: () => {
    if (!fits(by)) return;
    const [first, ...others] = LOGITS;
    for (const p of others) {
      demo.values[p.name] += by;
      demo.parts[p.name].show(demo.values[p.name]);
    }
    demo.set(first.name, demo.values[first.name] + by);
  }}, words);
  const movers = [[-ONE, "take 1 from all"], [ONE, "add 1 to all"]].map(([by, words]) => ({by, button: mover(by, words)}));

  function change() {
    const apart = demo.values.sigmoids === 1;
    const reading = compute(LOGITS.map(p => number(p.name)), number("T"), number("target"));
    draw(reading, apart);
    demo.say(says(reading, apart));
    for (const {by, button} of movers) button.setAttribute("aria-disabled", !fits(by));
    demo.root.reading = reading;
  }

  function code() {
    const z = LOGITS.map(p => number(p.name).toFixed(1)).join(", ");
    const sigmoids = demo.values.sigmoids === 1 ? "True" : "False";
    return `${program}\n\nprint(${call}([${z}], T=${number("T")}, target=${number("target")}, sigmoids=${sigmoids}))\n`;
  }

  demo.stage.replaceChildren(picture);
  demo.makeRoom([says(compute([-6, -0.1, -6, -6], 0.1, 1), true)]);
  demo.begin(parameters, change, code);
  demo.root.querySelector('input[name="T"]').setAttribute("aria-label", "temperature T");
  demo.parts[LOGITS.at(-1).name].row.after(
    element("div", {class: "nn-row nn-actions"}, ...movers.map(({button}) => button)));
});
