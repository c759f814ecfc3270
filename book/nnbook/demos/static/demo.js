// What all demos on a page share: controls, their state in the page's address, reset and
// copy as code. A kind of demo registers itself with nnDemo.kind(name, setup); setup gets
// one Demo for each element of that kind. Every output carries this script and uses its own.

window.nnDemo = (() => {
  const kinds = {};
  const inJupyter = document.getElementById("jupyter-config-data") !== null;  // its address is not ours

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // A control holds the index of its value; `show` brings its element in line with it.

  function slider(demo, p) {
    const id = `${demo.id}-${p.name}`;
    const value = element("output", {class: "nn-value", for: id, "aria-live": "off"});  // the input says it
    const input = element("input", {
      type: "range", id, "data-lm-suppress-shortcuts": "true", min: 0,  // or JupyterLab takes its keys
      max: p.texts.length - 1, step: 1, name: p.name,
      oninput: () => demo.set(p.name, Number(input.value)),
    });
    const widest = p.texts.reduce((a, b) => a.length > b.length ? a : b);
    value.style.minWidth = `${widest.length}ch`;
    const row = element("div", {class: "nn-row"},
      element("label", {for: id, class: "nn-label"}, p.label), input, value);
    const show = index => {
      input.value = index;
      input.setAttribute("aria-valuetext", p.texts[index]);
      value.textContent = p.texts[index];
    };
    return {row, show};
  }

  function time(demo, p) {
    const {row, show} = slider(demo, p);
    const last = p.texts.length - 1;
    let timer = null;
    const step = by => demo.set(p.name, Math.min(Math.max(demo.values[p.name] + by, 0), last));
    const halt = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "▶";
      play.setAttribute("aria-label", `play ${p.label}`);
      demo.sentence.setAttribute("aria-live", "polite");
    };
    const begin = () => {
      if (demo.values[p.name] === last) demo.set(p.name, 0);
      play.textContent = "❚❚";
      play.setAttribute("aria-label", "pause");
      demo.sentence.setAttribute("aria-live", "off");  // a screen reader could not keep up
      timer = setInterval(() => {
        if (!demo.root.isConnected) halt();
        else if (demo.values[p.name] < last) step(1);
        if (demo.values[p.name] === last) halt();
      }, 500);
    };
    const button = (name, text, label, onclick) =>
      element("button", {type: "button", class: `nn-button nn-${name}`, "aria-label": label, onclick}, text);
    const play = button("play", "▶", `play ${p.label}`, () => timer === null ? begin() : halt());
    const manual = by => () => { halt(); step(by); };
    row.append(element("span", {class: "nn-time"},
      button("back", "‹", `${p.label}: one step back`, manual(-1)), play,
      button("on", "›", `${p.label}: one step on`, manual(1))));
    row.classList.add("nn-has-time");
    return {row, show, halt};
  }

  function choice(demo, p) {
    const inputs = p.texts.map((text, index) => element("input", {
      type: "radio", id: `${demo.id}-${p.name}-${index}`, name: `${demo.id}-${p.name}`, value: text,
      onchange: () => demo.set(p.name, index),
    }));
    const buttons = inputs.map((input, index) => element("label", {for: input.id, class: "nn-segment"},
      input, element("span", {}, p.texts[index])));
    const row = element("fieldset", {class: "nn-row"},
      element("legend", {class: "nn-label"}, p.label),
      element("div", {class: "nn-segments"}, ...buttons));
    return {row, show: index => { inputs[index].checked = true; }};
  }

  function toggle(demo, p) {
    const id = `${demo.id}-${p.name}`;
    const input = element("input", {
      type: "checkbox", role: "switch", id, name: p.name,
      onchange: () => demo.set(p.name, p.texts.indexOf(input.checked ? "on" : "off")),
    });
    const value = element("span", {class: "nn-value", "aria-hidden": "true"});
    const row = element("div", {class: "nn-row nn-switch"},
      element("label", {for: id, class: "nn-label"}, input, element("span", {}, p.label)), value);
    return {row, show: index => {
      input.checked = p.texts[index] === "on";
      value.textContent = p.texts[index];
    }};
  }

  const make = {number: slider, time, choice, switch: toggle};

  class Demo {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(root.querySelector(".nn-data").textContent);
      this.stage = root.querySelector(".nn-stage");
      this.picture = root.querySelector(".nn-picture");
      this.sentence = root.querySelector(".nn-say");
      this.controls = root.querySelector(".nn-controls");
      this.id = this.data.id;
      for (let k = 2; document.querySelector(`[data-ready="${this.id}"]`); k++) this.id = `${this.data.id}-${k}`;
      root.id = `demo-${this.id}`;
      root.dataset.ready = this.id;
      this.sentence.setAttribute("aria-live", "polite");
      this.parameters = [];
      this.values = {};   // name -> index of its value
      this.extra = {};    // name -> text: what is kept in the address besides
      this.parts = {};
      this.change = () => {};
    }

    // Called once by setup, after its own elements are in place: make the controls, take the
    // state from the address, and call `change` now and after every change.
    begin(parameters, change, code) {
      this.parameters = parameters;
      this.change = change;
      const address = new URLSearchParams(location.search);
      for (const p of parameters) {
        const wanted = p.texts.indexOf(address.get(`${this.id}.${p.name}`) ?? "");
        this.values[p.name] = wanted >= 0 ? wanted : p.start;
        this.parts[p.name] = make[p.kind](this, p);
        this.controls.append(this.parts[p.name].row);
        this.parts[p.name].show(this.values[p.name]);
      }
      for (const name of Object.keys(this.extra)) {
        this.extra[name] = address.get(`${this.id}.${name}`) ?? this.extra[name];
      }
      const told = element("span", {role: "status", class: "nn-told"});
      const copied = element("button", {type: "button", class: "nn-button nn-copy", onclick: async () => {
        const done = await copy(code());
        copied.focus();
        told.textContent = copied.textContent = done ? "Copied" : "Not copied: no access to the clipboard";
        setTimeout(() => { copied.textContent = "Copy as code"; told.textContent = ""; }, 2000);
      }}, "Copy as code");
      this.controls.append(element("div", {class: "nn-row nn-actions"},
        element("button", {type: "button", class: "nn-button nn-reset", onclick: () => this.reset()}, "Reset"),
        copied, told));
      this.change();
      if (location.hash === `#${this.root.id}`) this.comeHere();
    }

    // Scroll to this demo, and again whenever what stands above it changes its height or the
    // browser's own scrolling ends elsewhere, until the reader does something.
    comeHere() {
      const go = () => this.root.scrollIntoView({behavior: "instant"});
      const heights = new ResizeObserver(go);
      const acts = ["wheel", "touchstart", "pointerdown", "keydown"];
      const end = () => {
        heights.disconnect();
        for (const happening of ["load", "scrollend"]) removeEventListener(happening, go, true);
        for (const act of acts) removeEventListener(act, end, true);
      };
      heights.observe(document.body);
      for (const happening of ["load", "scrollend"]) addEventListener(happening, go, true);
      for (const act of acts) addEventListener(act, end, true);
    }

    set(name, index) {
      this.values[name] = index;
      this.parts[name].show(index);
      this.remember();
      this.change();
    }

    keep(name, text) {
      this.extra[name] = text;
      this.remember();
    }

    reset() {
      for (const p of this.parameters) {
        this.parts[p.name].halt?.();
        this.values[p.name] = p.start;
        this.parts[p.name].show(p.start);
      }
      for (const name of Object.keys(this.extra)) this.extra[name] = "";
      this.remember();
      this.change();
    }

    // Write what differs from the start into the address, without a new entry in the history,
    // and not at every step of a drag: browsers refuse more than a few writes a second.
    remember() {
      if (inJupyter) return;
      clearTimeout(this.writing);
      this.writing = setTimeout(() => this.write(), 150);
    }

    write() {
      const address = new URL(location.href);
      const put = (name, text) => text === "" ? address.searchParams.delete(`${this.id}.${name}`)
        : address.searchParams.set(`${this.id}.${name}`, text);
      let moved = false;
      for (const p of this.parameters) {
        const index = this.values[p.name];
        moved ||= index !== p.start;
        put(p.name, index === p.start ? "" : p.texts[index]);
      }
      for (const [name, text] of Object.entries(this.extra)) {
        moved ||= text !== "";
        put(name, text);
      }
      if (moved) address.hash = this.root.id;
      else if (address.hash === `#${this.root.id}`) address.hash = "";
      try { history.replaceState(history.state, "", address); } catch { /* an output frame has no address */ }
    }

    say(sentence) {
      if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
      if (this.picture.isConnected) this.picture.alt = sentence;
    }

    // Keep room for the longest of these sentences, so that nothing below it moves.
    makeRoom(sentences) {
      const longest = [...sentences].sort((a, b) => b.length - a.length).slice(0, 3);
      const measure = () => {
        const ghost = this.sentence.cloneNode();
        ghost.removeAttribute("aria-live");
        ghost.style.cssText = "position:absolute;visibility:hidden;min-height:0";
        ghost.style.width = `${this.sentence.clientWidth}px`;
        this.sentence.after(ghost);
        const heights = longest.map(text => { ghost.textContent = text; return ghost.offsetHeight; });
        ghost.remove();
        this.sentence.style.minHeight = `${Math.max(...heights)}px`;
      };
      let width = 0;
      new ResizeObserver(() => {
        if (this.sentence.clientWidth !== width) { width = this.sentence.clientWidth; measure(); }
      }).observe(this.sentence);
      measure();
    }

    // An array that nnlib wrote: {shape, float32} in the data.
    array(name) {
      const {shape, float32} = this.data[name];
      const values = new Float32Array(bytes(float32).buffer);
      return Object.assign(values, {shape});
    }
  }

  function bytes(uri) {
    const text = atob(uri.slice(uri.indexOf(",") + 1));
    return Uint8Array.from(text, c => c.charCodeAt(0));
  }

  async function copy(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* an old way, for plain http */ }
    const area = element("textarea", {readonly: true, style: "position:fixed;opacity:0"});
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  function start() {
    for (const root of document.querySelectorAll(".nn-demo:not([data-ready])")) {
      const setup = kinds[root.dataset.kind];
      if (!setup) continue;
      try {
        setup(new Demo(root));
      } catch (error) {  // this one stands still, and says so; the others go on
        root.dataset.ready = "";
        root.classList.add("nn-broken");
        console.error(error);
      }
    }
  }

  return {bytes, element, kind(name, setup) { kinds[name] = setup; start(); }};
})();
