// A network to tune with twelve trainings, all of which were done in advance. Held equal to the
// results by tests/browser; the sentence is that of nnbook.demos.tuning.tuning_says.

nnDemo.kind("tuning_game", demo => {
  const {element} = nnDemo;
  const {parameters, budget, low, high, validation, test, program, call} = demo.data;
  const SEEDS = validation.length;

  // ---- the game: a setting is a place in the table, a try a setting and a seed

  let tries = [], handedIn = false;

  const chosen = () => parameters.reduce((place, p) => place * p.texts.length + demo.values[p.name], 0);
  function texts(place) {
    const found = [];
    for (const p of [...parameters].reverse()) {
      found.unshift(p.texts[place % p.texts.length]);
      place = Math.floor(place / p.texts.length);
    }
    return found;
  }
  const seedsOf = setting => tries.filter(t => t.setting === setting).length;
  const accuracy = t => validation[t.seed][t.setting];
  const most = values => values.indexOf(Math.max(...values));  // the first, if several are equal
  const best = () => most(tries.map(accuracy));
  const mayTrain = () => !handedIn && tries.length < budget && seedsOf(chosen()) < SEEDS;
  const mayHandIn = () => !handedIn && tries.length > 0;

  // ---- the sentence

  const sums = validation[0].map((_, setting) => test.reduce((s, run) => s + run[setting], 0));  // over the seeds
  const percent = images => (images / 100).toFixed(2);

  function words(setting) {
    const [eta, decay, m, width] = texts(setting);
    return `η = ${eta}, λ/n = ${decay}, m = ${m}, ${width} hidden neurons`;
  }

  function verdict(number, {setting, seed}) {
    const seeds = test.map(run => run[setting]), top = most(sums);
    const better = sums.filter(s => s > sums[setting]).length;
    return `Handed in: try ${number}, ${words(setting)}, seed ${seed}: `
      + `validation accuracy ${percent(validation[seed][setting])} %, test accuracy ${percent(seeds[seed])} %. `
      + `The three seeds of this setting have ${percent(Math.min(...seeds))} to ${percent(Math.max(...seeds))} % `
      + `on the test images, ${percent(sums[setting] / SEEDS)} % in the mean. `
      + (better ? `Settings with a higher mean: ${better} of ${sums.length}; the best, `
        + `${words(top)}, has ${percent(sums[top] / SEEDS)} %.`
        : `None of the ${sums.length} settings has a higher mean.`);
  }

  function says() {
    if (tries.length === 0) return `${budget} trainings left. Choose a setting and train it; trained again, it starts `
      + "from another seed, of which there are three. You hand in the try with the highest validation accuracy, and "
      + "only then is it read on the test images.";
    if (handedIn) return verdict(best() + 1, tries[best()]);
    const {setting, seed} = tries.at(-1);
    return `Try ${tries.length} of ${budget}: ${words(setting)}, seed ${seed}: `
      + `validation accuracy ${percent(accuracy(tries.at(-1)))} %. `
      + (best() === tries.length - 1 ? "It is the best so far."
        : `The best so far is try ${best() + 1} with ${percent(accuracy(tries[best()]))} %.`)
      + (tries.length === budget ? " No training is left: hand in." : seedsOf(chosen()) === SEEDS
        ? " Three seeds are all there is of the chosen setting: change it to train again." : "");
  }

  const unbroken = sentence => sentence.replaceAll(" = ", "\u00a0=\u00a0").replaceAll(" %", "\u00a0%");

  // ---- the picture, in its own units: a column for each try, its accuracy above its setting

  const LEFT = 38, WIDE = 26, TOP = 43, BASE = 193, FOOT = 208, LINE = 218, ROW = 15;
  const x = number => LEFT + WIDE * (number - 0.5);
  const y = images => images < 100 * low ? FOOT : BASE - (BASE - TOP) * (images / 100 - low) / (high - low);
  const short = images => (Math.round(images / 10) / 10).toFixed(1);
  const row = k => LINE + 11 + ROW * k;
  const it = letter => `<tspan font-style="italic">${letter}</tspan>`;
  const text = (x, y, look, words) => `<text x="${x}" y="${y}" class="${look}">${words}</text>`;
  const names = ["try", it("η"), `${it("λ")}/${it("n")}`, it("m"), "hidden", "seed"];

  const picture = element("div", {class: "nn-net nn-tuning"});
  picture.innerHTML = `<style>
    .nn-demo .nn-tuning svg { max-width: 26rem; font-size: 11px; }
    .nn-demo .nn-tuning .nn-begin { text-anchor: start; }
    .nn-demo .nn-tuning .nn-end { text-anchor: end; }
    .nn-demo .nn-tuning :is(.nn-rest, .nn-row-name) { fill: var(--nn-soft); }
    .nn-demo .nn-tuning :is(.nn-main, .nn-goal) { font-weight: 700; }
    .nn-demo .nn-tuning .nn-column .nn-main ~ text { font-weight: 400; }
    .nn-tuning :is(.nn-axis, .nn-same, .nn-frame) { fill: none; stroke: var(--nn-soft); }
    .nn-tuning .nn-frame { stroke-dasharray: 4 3; }
    .nn-tuning .nn-mark { fill: var(--nn-soft); }
    .nn-tuning .nn-mark.nn-first { fill: var(--nn-ink); }
    .nn-tuning .nn-ring { fill: none; stroke: var(--nn-ink); stroke-width: 1.5; }
    .nn-tuning .nn-mark.nn-goal { fill: var(--nn-target); }
    .nn-demo[data-kind="tuning_game"] .nn-say { font-variant-numeric: tabular-nums; }
    .nn-demo[data-kind="tuning_game"] .nn-row .nn-label { flex-basis: 9rem; width: 9rem; }
    .nn-demo[data-kind="tuning_game"] .nn-segments { flex-basis: 9rem; }
    .nn-demo[data-kind="tuning_game"] .nn-moves { gap: 0.6rem; margin-top: 0.5rem; }
    .nn-demo .nn-moves .nn-button { flex: 1 1 6rem; font-weight: 600; }
    .nn-demo .nn-moves .nn-urged { color: var(--nn-on-accent); background: var(--nn-accent); border-color: var(--nn-accent); }
    .nn-demo .nn-button[aria-disabled="true"] { opacity: 0.5; cursor: default; }
    @media (pointer: coarse), (max-width: 600px) {
      .nn-demo[data-kind="tuning_game"] .nn-row .nn-label { flex-basis: 5.7rem; width: 5.7rem; line-height: 1.25; }
    }
    </style><svg viewBox="0 0 350 ${row(5) + 9}" role="img">`
    + text(0, 8, "nn-begin", "validation accuracy / %") + text(350, 8, "nn-end nn-left")
    + `<path class="nn-axis" d="M34 ${TOP}V${BASE}M34 ${LINE}H350"/>`
    + [low, (low + high) / 2, high].map(v => `<path class="nn-axis" d="M30 ${y(100 * v)}h4"/>`
      + text(27, y(100 * v), "nn-end", v)).join("")
    + text(27, FOOT, "nn-end", `&lt; ${low}`)
    + names.map((name, k) => text(0, row(k), "nn-begin nn-row-name", name)).join("")
    + `<g class="nn-tries"></g></svg>`;
  const part = look => picture.querySelector(look);

  const column = (number, setting, seed, look) => `<g class="nn-column">${[number, ...texts(setting), seed]
    .map((word, k) => text(x(number), row(k), look, word)).join("")}</g>`;

  // A dot, or what points down from the foot of the axis.
  const mark = (at, images, look, shape) => `<path class="nn-mark ${look}" data-images="${images}" transform="translate(${at} ${y(images)})" d="${
    images < 100 * low ? "M-5 -4H5L0 5Z" : shape}"/>`;
  const circle = r => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;

  function drawn(t, k) {
    const images = accuracy(t), first = k === best(), before = tries.slice(0, k).findLast(u => u.setting === t.setting);
    const look = first ? "nn-main" : "nn-rest", at = x(k + 1);
    const read = first && handedIn ? test[t.seed][t.setting] : null;
    const under = read !== null && y(read) >= y(images) && y(read) < BASE - 10;  // there is room below for its label
    const over = (read === null || under ? y(images) : Math.min(y(images), y(read))) - (first ? 15 : 12);
    return (before ? `<path class="nn-same" d="M${x(tries.indexOf(before) + 1)} ${y(accuracy(before))}L${at} ${y(images)}"/>` : "")
      + mark(at, images, first ? "nn-first" : "nn-other", circle(first ? 4.5 : 3.5))
      + (first ? `<path class="nn-ring" transform="translate(${at} ${y(images)})" d="${circle(7.5)}"/>` : "")
      + text(at, over, `nn-accuracy ${look}`, short(images)) + (first ? text(at, over - 12, look, "best") : "")
      + (read === null ? "" : mark(at + 11, read, "nn-goal", "M0 -6L5 0L0 6L-5 0Z")
        + text(at + 5, under ? y(read) + 15 : over - 38, "nn-goal", "test")
        + text(at + 5, under ? y(read) + 27 : over - 26, "nn-goal nn-read", short(read)))
      + column(k + 1, t.setting, t.seed, look);
  }

  function draw() {
    const next = tries.length + 1, seed = seedsOf(chosen());
    part(".nn-tries").innerHTML = tries.map(drawn).join("") + (handedIn || next > budget ? ""
      : `<rect class="nn-frame" x="${x(next) - WIDE / 2}" y="${LINE + 3}" width="${WIDE}" height="${6 * ROW + 1}" rx="3"/>`
        + column(next, chosen(), seed < SEEDS ? seed : "–", "nn-next"));
    part(".nn-left").textContent = handedIn ? "handed in" : `trainings left: ${budget - tries.length}`;
    part("svg").setAttribute("aria-label", tries.length === 0 ? "No try yet"
      : `Validation accuracies of the tries in per cent: ${tries.map(t => percent(accuracy(t))).join(", ")}`);
  }

  // ---- the controls

  const move = (words, may, act) => element("button", {type: "button", class: "nn-button", onclick: () => {
    if (!may()) return;
    act();
    change();
  }}, words);
  const train = move("Train", mayTrain, () => tries.push({setting: chosen(), seed: seedsOf(chosen())}));
  const handIn = move("Hand in", mayHandIn, () => { handedIn = true; });

  function change() {
    draw();
    demo.say(unbroken(says()));
    train.setAttribute("aria-disabled", !mayTrain());
    handIn.setAttribute("aria-disabled", !mayHandIn());
    train.classList.toggle("nn-urged", !handedIn && tries.length < budget);
    handIn.classList.toggle("nn-urged", !handedIn && tries.length === budget);
  }

  function code() {
    const tuple = setting => `(${texts(setting).join(", ")})`;
    const list = tries.map(t => `    ${tuple(t.setting)},\n`).join("");
    return `${program}\n\ntries = [${list && "\n"}${list}]\n`
      + `print(${call}(tries, handed_in=${handedIn ? "True" : "False"}, chosen=${tuple(chosen())}))\n`;
  }

  demo.stage.replaceChildren(picture);
  demo.makeRoom(sums.map((_, setting) => unbroken(verdict(budget, {setting, seed: 0}))));
  demo.begin(parameters, change, code);
  demo.parts.width.row.after(element("div", {class: "nn-row nn-moves"}, train, handIn));
  demo.controls.querySelector(".nn-reset").addEventListener("click", () => {  // the controls are at their start by now
    tries = [];
    handedIn = false;
    change();
  });
});
