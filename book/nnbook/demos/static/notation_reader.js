// A small network, its arrays, and for each of their numbers a symbol, a place and a line of code.
// nnlib computed and wrote all numbers and formulas; here they are drawn, and what is the same lights up.

nnDemo.kind("notation_reader", demo => {
  const {element} = nnDemo;
  const {sizes, target, items, notations, parameters, program} = demo.data;
  const KINDS = ["weight", "bias", "sum", "output", "error"];
  const PLURALS = {weight: "weights", bias: "biases", sum: "pre-activations", error: "errors"};
  const RAISED = "⁰¹²³";
  const COLUMN = [24, 156, 300], ROW = 80, TOP = 60, HALF = 41, HIGH = 17;  // of the picture, in its own units
  const known = new Map(items.map(item => [item.key, item]));
  const most = Math.max(...sizes), last = sizes.length - 1;
  const upTo = n => Array.from({length: n}, (_, k) => k + 1);
  const cell = key => known.get(key).cell;
  const layerOf = key => Number(key.split("-")[1]);

  // ---- the picture

  const y = (layer, j) => TOP + ROW * (j - 1 + (most - sizes[layer]) / 2);

  function edges(layer) {
    const all = upTo(sizes[layer]).flatMap(j => upTo(sizes[layer - 1]).map(k => ({j, k, key: `weight-${layer}-${j}-${k}`})));
    const largest = Math.max(...all.map(({key}) => Math.abs(known.get(key).exact))) || 1;
    return all.map(({j, k, key}) => {
      const w = known.get(key).exact;
      const from = [COLUMN[layer - 1] + (layer > 1 ? HALF : 18), y(layer - 1, k)];
      const to = [COLUMN[layer] - HALF, y(layer, j) + 9 * (k - (sizes[layer - 1] + 1) / 2)];
      const ends = `x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"`;
      return `<g data-key="${key}" class="nn-edge ${w < 0 ? "nn-minus" : "nn-plus"}"><line class="nn-halo" ${ends}/>`
        + `<line class="nn-line" ${ends} stroke-width="${w === 0 ? 0.5 : 1 + 3.5 * Math.abs(w) / largest}"/>`
        + `<line class="nn-hit" ${ends}/></g>`;
    }).join("");
  }

  function spot(key, x, y, width, height, shape, text, look = "") {
    return `<g data-key="${key}" class="${look}"><path class="nn-shape" d="${shape}"/>`
      + `<rect class="nn-hit" x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}"/>`
      + `<text x="${x}" y="${y}">${text}</text></g>`;
  }

  function neuron(layer, j) {
    const [x, h] = [COLUMN[layer], y(layer, j)], r = HIGH;
    if (layer === 0) {
      return spot(`output-0-${j}`, x, h, 40, 40, `M${x - 18} ${h}a18 18 0 1 1 36 0a18 18 0 1 1 -36 0z`, cell(`output-0-${j}`))
        + `<text class="nn-faint" x="${x}" y="${h - 26}">${j}</text>`;
    }
    const left = `M${x} ${h - r}h${r - HALF}a${r} ${r} 0 0 0 0 ${2 * r}h${HALF - r}z`;
    const right = `M${x} ${h - r}h${HALF - r}a${r} ${r} 0 0 1 0 ${2 * r}h${r - HALF}z`;
    const box = (x, h) => `M${x - 21} ${h - 9}h42v18h-42z`;
    const goal = layer === last ? `<text class="nn-goal" x="${x + 20}" y="${h + 28}"><tspan font-style="italic">y</tspan> ${target[j - 1]}</text>` : "";
    return `<path class="nn-stem" d="M${x - 20} ${h + r}v4"/>`
      + spot(`sum-${layer}-${j}`, x - 18, h, 40, 40, left, cell(`sum-${layer}-${j}`))
      + spot(`output-${layer}-${j}`, x + 19, h, 40, 40, right, cell(`output-${layer}-${j}`))
      + spot(`bias-${layer}-${j}`, x - 20, h + 29, 42, 20, box(x - 20, h + 29), `<tspan font-style="italic">b</tspan> ${cell(`bias-${layer}-${j}`)}`, "nn-small")
      + spot(`error-${layer}-${j}`, x + 15, h - 27, 52, 20, `M${x - 11} ${h - 36}h52v18h-52z`, `<tspan font-style="italic">δ</tspan> ${cell(`error-${layer}-${j}`)}`, "nn-small nn-back")
      + `<text class="nn-faint" x="${x - 28}" y="${h - 26}">${j}</text>${goal}`;
  }

  const bottom = TOP + ROW * (most - 1) + 54;
  const heads = sizes.map((_, layer) => {
    const at = (dx, letter) => `<text class="nn-faint" x="${COLUMN[layer] + dx}" y="10"><tspan font-style="italic">${letter}</tspan>${RAISED[layer]}</text>`;
    const [name, x, anchor] = [["layer 0, input", 2, "start"], ["layer 1", COLUMN[1], "middle"], ["layer 2, output", 342, "end"]][layer];
    return (layer ? at(-19, "z") + at(19, "a") : at(0, "a"))
      + `<text class="nn-faint" x="${x}" y="${bottom}" style="text-anchor: ${anchor}">${name}</text>`;
  }).join("");
  const picture = element("div", {class: "nn-net"});
  picture.innerHTML = `<svg viewBox="0 0 344 ${bottom + 8}" role="img" aria-label="${demo.sentence.textContent.replace(/"/g, "&quot;")}">`
    + heads + upTo(last).map(edges).join("")
    + `<g class="nn-tag"><rect x="-18" y="-10" width="36" height="20" rx="4"/><text/></g>` + sizes.flatMap((n, layer) => upTo(n).map(j => neuron(layer, j))).join("") + "</svg>";
  const tag = picture.querySelector(".nn-tag");

  // The number of a weight, in the middle of its line.
  function label(key) {
    const line = key?.startsWith("weight") && picture.querySelector(`[data-key="${key}"] line`);
    tag.classList.toggle("nn-lit", Boolean(line));
    if (!line) return;
    const middle = axis => (line[`${axis}1`].baseVal.value + line[`${axis}2`].baseVal.value) / 2;
    tag.setAttribute("transform", `translate(${middle("x")} ${middle("y")})`);
    tag.lastChild.textContent = cell(key);
  }

  // ---- the arrays of one layer, in the order of z = W a + b

  const arrays = element("div", {class: "nn-arrays", role: "img", style: `--rows: ${most}`});
  let drawn = 0;  // the layer whose arrays stand there

  function array(name, layer, keys, look = "", columns = 0) {  // without columns a vector
    const shape = columns ? `(${keys.length / columns}, ${columns})` : `(${keys.length},)`;
    const cells = keys.map(key => `<span class="nn-cell" data-key="${key}">${cell(key)}</span>`).join("");
    return {name: `${name}${RAISED[layer]}`, shape, html: `<span class="nn-array ${look}"><span><i>${name}</i>${RAISED[layer]}</span>`
      + `<span class="nn-cells" style="grid-template-columns: repeat(${columns || 1}, auto)">${cells}</span><small>${shape}</small></span>`};
  }

  function drawArrays(layer) {
    const [n, before] = [sizes[layer], sizes[layer - 1]];
    const of = kind => upTo(n).map(j => `${kind}-${layer}-${j}`);
    const z = array("z", layer, of("sum")), b = array("b", layer, of("bias"));
    const W = array("W", layer, upTo(n).flatMap(j => upTo(before).map(k => `weight-${layer}-${j}-${k}`)), "nn-signed", before);
    const into = array("a", layer - 1, upTo(before).map(k => `output-${layer - 1}-${k}`));
    const a = array("a", layer, of("output")), back = array("δ", layer, of("error"), "nn-back");
    const op = text => `<span class="nn-op">${text}</span>`;
    arrays.innerHTML = `<span class="nn-line-up">${z.html}${op("=")}${W.html}${op("·")}${into.html}${op("+")}${b.html}</span>`
      + `<span class="nn-line-up">${op(`<i>a</i> = <i>σ</i>(<i>z</i>)`)}${a.html}${back.html}</span>`;
    const line = `${z.name} ${z.shape} = ${W.name} ${W.shape} · ${into.name} ${into.shape} + ${b.name} ${b.shape}`;
    arrays.setAttribute("aria-label", `The arrays of layer ${layer}: ${line}`);
    for (const span of arrays.querySelectorAll(".nn-signed .nn-cell")) {
      span.classList.add(known.get(span.dataset.key).exact < 0 ? "nn-minus" : "nn-plus");
    }
    drawn = layer;
  }

  // ---- what is chosen, and what the pointer rests on

  let view = 1, busy = false, pointed = null, before = null;
  const seen = (key, layer) => layerOf(key) === layer || (key.startsWith("output") && layerOf(key) === layer - 1);
  const home = key => Math.max(1, layerOf(key));

  function chosen() {
    const [what, layer, to, from] = ["what", "layer", "to", "from"].map(name => demo.values[name]);
    const kind = KINDS[what], j = to + 1, k = from + 1;
    const key = [kind, layer, j, ...(kind === "weight" ? [k] : [])].join("-");
    const neurons = n => `${n} neuron${n === 1 ? "" : "s"}`;
    const lacks = layer === 0 && kind !== "output" ? `Layer 0 is the input: it has no ${PLURALS[kind]}; layer 1 has the first.`
      : j > sizes[layer] ? `There is no neuron ${j} in layer ${layer}, which has ${neurons(sizes[layer])}.`
        : kind === "weight" && k > sizes[layer - 1] ? `There is no neuron ${k} in layer ${layer - 1}, which has ${neurons(sizes[layer - 1])}.` : null;
    return {kind, key, lacks};
  }

  // What belongs to it: the terms of a sum, the two ends of a weight.
  function related(key) {
    const [kind, layer, j, k] = key.split("-").map((part, i) => i ? Number(part) : part);
    if (kind === "weight") return [`output-${layer - 1}-${k}`, `sum-${layer}-${j}`];
    if (kind === "bias" || (kind === "output" && layer)) return [`sum-${layer}-${j}`];
    if (kind === "sum") return [`bias-${layer}-${j}`, ...upTo(sizes[layer - 1]).flatMap(k => [`weight-${layer}-${j}-${k}`, `output-${layer - 1}-${k}`])];
    if (kind === "error" && layer < last) return upTo(sizes[layer + 1]).flatMap(i => [`weight-${layer + 1}-${i}-${j}`, `error-${layer + 1}-${i}`]);
    return kind === "error" ? [`output-${layer}-${j}`] : [];
  }

  const big = element("span", {class: "nn-symbol"}), code = element("code"), formula = element("p", {class: "nn-formula"});
  const readout = element("div", {class: "nn-readout"}, element("p", {class: "nn-what"}, big, code), formula);
  // w^2_13 as HTML; what the brackets hold is marked, the result bold.
  const typeset = text => text
    .replace(/([\wδσ]′?)(?:\^(\d))?_(\w+)/g, (_, letter, above, below) => `<i>${letter}</i>`
      + (above ? `<span class="nn-ss"><sup>${above}</sup><sub>${below}</sub></span>` : `<sub>${below}</sub>`))
    .replace(/σ(?=[(′])/g, "<i>σ</i>").replace(/\[/g, "<mark>").replace(/\]/g, "</mark>")
    .replace(/([=≈]) ([^\n=≈]+)$/, "$1 <b>$2</b>").replace("\n", "<br>");
  const told = item => `${item.says} ${item.value}.`;

  function write(item) {
    big.innerHTML = item ? typeset(`${item.symbol} = ${item.value}`) : "–";
    code.textContent = item?.code ?? "";
    formula.innerHTML = typeset(item?.formula ?? "");
  }

  function show() {
    const {kind, key: selected, lacks} = chosen();
    const key = pointed ?? (lacks ? null : selected), item = known.get(key);
    const layer = key && !seen(key, view) ? home(key) : view;
    if (layer !== drawn) drawArrays(layer);
    const also = new Set(key ? related(key) : []);
    for (const place of demo.stage.querySelectorAll("[data-key]")) {
      place.classList.toggle("nn-lit", place.dataset.key === key);
      place.classList.toggle("nn-also", also.has(place.dataset.key));
    }
    label(key);
    write(item);
    demo.say(item ? told(item) : lacks);
    demo.parts.from.row.classList.toggle("nn-idle", kind !== "weight");
    others.hidden = demo.values.others === 0;
    if (!others.hidden) compare(key);
    demo.root.reading = item ?? null;
  }

  function change() {
    if (busy) return;
    const layer = demo.values.layer;
    if (before !== null && before !== layer && layer > 0 && demo.values.to >= sizes[layer]) {
      before = layer;
      demo.set("to", sizes[layer] - 1);  // the neuron's number has gone with its layer
      return;
    }
    before = layer;
    view = Math.max(1, layer);
    show();
  }

  function pick(key) {
    const [kind, layer, to, from] = key.split("-");
    const stays = seen(key, drawn) ? drawn : home(key);
    busy = true;
    demo.set("what", KINDS.indexOf(kind));
    demo.set("layer", Number(layer));
    demo.set("to", to - 1);
    if (from) demo.set("from", from - 1);
    busy = false;
    [before, view, pointed] = [Number(layer), stays, null];
    show();
  }

  const keyAt = event => event.target.closest?.("[data-key]")?.dataset.key ?? null;
  demo.stage.addEventListener("pointerover", event => {
    if (event.pointerType === "mouse" && keyAt(event) !== pointed) { pointed = keyAt(event); show(); }
  });
  demo.stage.addEventListener("pointerleave", () => { if (pointed !== null) { pointed = null; show(); } });
  demo.stage.addEventListener("click", event => { if (keyAt(event)) pick(keyAt(event)); });

  // ---- the same thing in the five courses

  const rows = element("tbody");
  const others = element("table", {class: "nn-others", hidden: true},
    element("caption", {}, "The same thing elsewhere"), rows);

  function compare(key) {
    const [kind, layer, to, from] = (key ?? "").split("-");
    const numbers = {layer, to, from};
    const fill = html => html.replace(/\{(layer|to|from)([+-]\d)?\}/g, (_, name, more) => Number(numbers[name]) + Number(more ?? 0));
    rows.innerHTML = Object.entries(notations.names).map(([name, title]) => {
      const {symbol, note} = key ? notations.roles[kind][name] : {};
      return `<tr><th scope="row">${title}</th><td>${symbol ? fill(symbol) : "–"}</td><td>${fill(note ?? "")}</td></tr>`;
    }).join("");
  }

  // ---- code

  function copied() {
    const {key, lacks} = chosen(), item = known.get(key);
    return lacks ? `print("${lacks}")\n`
      : `${program}\nvalue = ${item.code}\ntext = f"{value:${demo.data.format}}".replace("-", "−")\nprint(f"${item.says} {text}.")\n`;
  }

  demo.stage.replaceChildren(picture, arrays, readout);
  demo.controls.after(others);
  let width = 0;
  new ResizeObserver(() => {  // keep room for the longest formula, so that nothing below it moves
    if (demo.stage.clientWidth === width) return;
    width = demo.stage.clientWidth;
    readout.style.minHeight = "";
    readout.style.minHeight = `${Math.max(...items.map(item => { write(item); return readout.offsetHeight; }))}px`;
    show();
  }).observe(demo.stage);
  demo.makeRoom(items.map(told));
  demo.begin(parameters, change, copied);
});
