// A demo whose pictures were all drawn beforehand.

nnDemo.kind("frames", demo => {
  const {bytes} = nnDemo;
  const {parameters, sentences, program, call} = demo.data;
  const types = ["image/png", "image/webp", "image/svg+xml"];
  const packed = demo.root.querySelector(".nn-payload").textContent;
  if (atob(packed.slice(packed.indexOf(",") + 1, packed.indexOf(",") + 5)).charCodeAt(0) === 2
    && typeof DecompressionStream === "undefined") throw new Error("this browser cannot open the frames");
  let opened = null;

  // As data: and not as blob:, for a site may forbid the latter.
  const address = picture => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = failed;
    reader.readAsDataURL(picture);
  });

  // See book/nnbook/demos/frames.py for the packed form.
  async function open() {
    const payload = bytes(packed);
    const kind = payload[0];
    let body = payload.slice(1);
    if (kind === 2) {
      const stream = new Blob([body]).stream().pipeThrough(new DecompressionStream("deflate"));
      body = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    const view = new DataView(body.buffer);
    const word = k => view.getUint32(4 * k, true);
    const count = word(0);
    const pictures = word(1 + count);
    let at = 4 * (2 + count + pictures);
    const found = [];
    for (let k = 0; k < pictures; k++) {
      const end = at + word(2 + count + k);
      found.push(new Blob([body.subarray(at, end)], {type: types[kind]}));
      at = end;
    }
    return Array.from({length: count}, (_, k) => found[word(1 + k)]);
  }

  const position = () => parameters.reduce((k, p) => k * p.texts.length + demo.values[p.name], 0);
  const first = parameters.reduce((k, p) => k * p.texts.length + p.start, 0);
  demo.root.dataset.frame = first;
  demo.makeRoom(sentences);

  // One frame after another until the one shown is the one wanted: a drag that is faster than
  // the browser can decode still moves the picture.
  let shown = first;
  let busy = false;
  async function show() {
    if (busy) return;
    busy = true;
    while (position() !== shown) {
      const frame = position();
      opened ??= open();
      const next = new Image();
      next.src = await address((await opened)[frame]);
      await next.decode().catch(() => {});  // so that the picture changes at once, without a blank in between
      demo.picture.src = next.src;
      demo.say(sentences[frame]);
      demo.root.dataset.frame = shown = frame;
    }
    busy = false;
  }

  demo.begin(parameters, show, () => {
    const settings = parameters.map(p => `${p.name}=${p.code[demo.values[p.name]]}`).join(", ");
    return `${program}\n\nviz.use_style()\nfigure, sentence = ${call}(${settings})\nprint(sentence)\nplt.show()\n`;
  });
});
