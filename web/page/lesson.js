// The circle of learning on one picture: forward, loss, gradient, step, with the numbers of the network itself.

class Lesson {
  // `model` is the description of the network that `engine` holds.
  constructor(engine, model) {
    this.engine = engine;
    this.network = model.network;
    this.classes = model.output.names;
    this.size = [model.input.height, model.input.width];
    this.trained = engine.parameters(model.network);
    // With hidden layers, a logit is no sum of pixel × weight.
    this.isOneLayer = this.trained.length === (this.size[0] * this.size[1] + 1) * this.classes.length;
    this.pixels = new Uint8Array(this.size[0] * this.size[1]);
    this.known = null;
    this.before = null;
    $("label").append(...this.classes.map((name, value) => element("option", { value }, name)));
    this.rows = this.classes.map((name) => this.forwardRow(name));
    this.steps = this.classes.map((name) => this.stepRow(name));
    $("label").addEventListener("change", () => this.restart());
    $("rate").addEventListener("input", () => this.show());
    $("learn").addEventListener("click", () => this.learn());
    $("reset").addEventListener("click", () => this.setWeights(this.trained));
  }

  forwardRow(name) {
    const row = {
      products: element("canvas", { width: 1, height: 1, "aria-hidden": "true" }),
      logit: element("td", { className: "number" }),
      bar: element("span"),
      share: element("span", { className: "number" }),
    };
    row.element = element("tr", {}, element("td", {}, row.products), element("th", { className: "class", scope: "row" }, name),
      row.logit, element("td", {}, element("div", { className: "bar" }, row.bar, row.share)));
    $("classes").tBodies[0].append(row.element);
    return row;
  }

  stepRow(name) {
    const row = {
      p: element("td", { className: "number" }),
      y: element("td", { className: "number" }),
      delta: element("td", { className: "number" }),
      gradient: element("canvas", { width: 1, height: 1, "aria-hidden": "true" }),
      change: element("td"),
    };
    const cells = [row.p, row.y, row.delta, element("td", {}, row.gradient), row.change];
    $("gradients").tBodies[0].append(element("tr", {}, element("th", { className: "class", scope: "row" }, name), ...cells));
    return row;
  }

  get label() {
    return Number($("label").value);
  }

  get rate() {
    return 10 ** Number($("rate").value);
  }

  // Another picture; its class, where it is known. Else what the network takes it for is offered to be corrected.
  setPixels(pixels, label) {
    this.pixels = pixels;
    this.known = label;
    const { outputs } = this.engine.predict(this.network, pixels);
    $("label").value = label ?? outputs.indexOf(Math.max(...outputs));
    this.restart();
  }

  setWeights(parameters) {
    this.engine.setParameters(this.network, parameters);
    this.restart();
  }

  restart() {
    this.before = null;
    $("lesson").textContent = "";
    this.show();
  }

  weights(unit) {
    const inputs = this.pixels.length;
    return this.parameters.subarray(unit * inputs, (unit + 1) * inputs);
  }

  show() {
    this.parameters = this.engine.parameters(this.network);
    const { logits, outputs } = this.engine.predict(this.network, this.pixels);
    this.outputs = outputs;
    const first = outputs.indexOf(Math.max(...outputs));
    const isBlank = this.pixels.every((pixel) => pixel === 0);
    const known = this.known !== null ? ` The test set says: ${this.classes[this.known]}.` : "";
    $("answer").textContent = isBlank
      ? "Nothing is drawn yet: the biases alone decide."
      : `${this.classes[first]}, ${percent(outputs[first])}.${known}`;
    const products = this.rows.map((_, unit) => this.weights(unit).map((weight, index) => (weight * this.pixels[index]) / 255));
    const largest = Math.max(...products.map(magnitude));
    this.rows.forEach((row, unit) => {
      row.element.classList.toggle("first", unit === first);
      if (this.isOneLayer) paintSigned(row.products, products[unit], this.size, largest);
      row.logit.textContent = digits(logits[unit]);
      row.bar.style.setProperty("--share", percent(outputs[unit]).replace(" ", ""));
      row.share.textContent = percent(outputs[unit]);
    });
    this.showStep();
  }

  showStep() {
    const p = this.outputs;
    const deltas = p.map((probability, unit) => probability - (unit === this.label ? 1 : 0));
    const brightest = Math.max(...this.pixels) / 255;
    $("rate-value").textContent = this.rate.toPrecision(2);
    $("loss").textContent = digits(-Math.log(Math.max(p[this.label], 2 ** -30)), 4);
    $("gradient").textContent = digits(magnitude(deltas) * brightest, 4);
    $("checksum").textContent = this.engine.checksum(this.network);
    this.steps.forEach((row, unit) => {
      row.p.textContent = digits(p[unit], 3);
      row.y.textContent = unit === this.label ? "1" : "0";
      row.delta.textContent = digits(deltas[unit], 3);
      const gradient = Float32Array.from(this.pixels, (pixel) => (deltas[unit] * pixel) / 255);
      if (this.isOneLayer) paintSigned(row.gradient, gradient, this.size, 1);
      const [from, to] = [this.before?.outputs[unit] ?? p[unit], p[unit]].map(percent);
      row.change.textContent = from === to ? "" : `${from.replace(" %", "")} → ${to}`;
    });
  }

  learn() {
    const { outputs, parameters } = this;
    const loss = this.engine.learn(this.network, this.pixels, Uint8Array.of(this.label), 1, this.rate);
    this.before = { outputs };
    this.show();
    const changed = this.parameters.reduce((sum, value, index) => sum + (value !== parameters[index]), 0);
    $("lesson").textContent = `The step changed ${changed} of ${parameters.length} weights. ` +
      `Loss ${digits(loss, 4)} → ${$("loss").textContent}.`;
  }
}
