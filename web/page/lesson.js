// The circle of learning on one picture: forward, loss, gradient, step, with the numbers of the network itself.

class Lesson {
  // `model` is the description of the network that `engine` holds.
  constructor(engine, model) {
    this.engine = engine;
    this.network = model.network;
    // Takes steps whose result is not kept.
    this.copy = engine.load(model.file).network;
    this.classes = model.output.names;
    this.size = [model.input.height, model.input.width];
    // Two classes have one output: the sigmoid of the logit is the probability of the second class; the logit of the first is 0.
    this.isBinary = model.output.kind === "binary";
    this.pixelTable = model.pixel_table;
    this.trained = engine.parameters(model.network);
    // With hidden layers, a logit is no sum of pixel × weight.
    this.isOneLayer = model.hidden.length === 0;
    this.pixels = new Uint8Array(this.size[0] * this.size[1]);
    this.known = null;
    this.before = null;
    $("label").append(...this.classes.map((name, value) => element("option", { value }, name)));
    this.explain(model);
    this.rows = this.classes.map((name) => this.forwardRow(name));
    this.steps = this.classes.map((name) => this.stepRow(name));
    $("label").addEventListener("change", () => this.restart());
    $("rate").addEventListener("input", () => this.show());
    $("learn").addEventListener("click", () => this.learn());
    $("reset").addEventListener("click", () => this.setWeights(this.trained));
  }

  // Says what holds for this network.
  explain({ hidden, loss }) {
    const isCrossentropy = ["sparse_categorical_crossentropy", "binary_crossentropy"].includes(loss);
    const [height, width] = this.size;
    const units = hidden.length === 1 ? `a hidden layer of ${hidden[0]} units` : `hidden layers of ${hidden.join(" and ")} units`;
    const [input, owner] = [this.isOneLayer ? "pixel" : "unit of the last", this.isBinary ? `The class ${this.classes[1]}` : "Each class"];
    $("forward").textContent = `It has ${width} × ${height} pixels. ` + (this.isOneLayer ? "" : `They pass through ${units}. `) +
      `${owner} has a weight for each ${input}. The sum of ${this.isOneLayer ? "pixel" : "unit"} × weight, plus a bias, is the ` +
      (this.isBinary ? "logit; sigmoid turns it into the probability of that class." : "logit of the class; softmax turns the logits into probabilities.");
    $("classes-caption").textContent = this.isOneLayer
      ? "Pixel × weight for each pixel, the logit, and the probability" : "The logit and the probability of each class";
    $("gradients-caption").textContent = "Probability p and target y of each class" +
      (isCrossentropy ? ", their difference" : "") + (this.isOneLayer ? ", the gradient of each weight" : "") +
      ", and what the last step changed";
    const formula = ["(", element("var", {}, "p"), " − ", element("var", {}, "y"), ") × pixel"];
    $("gradient-formula").replaceChildren(...(this.isOneLayer && isCrossentropy ? formula : ["By backpropagation"]));
    document.body.classList.toggle("has-hidden-layers", !this.isOneLayer);
    document.body.classList.toggle("has-other-loss", !isCrossentropy);
  }

  forwardRow(name) {
    const row = {
      products: element("canvas", { width: 1, height: 1, "aria-hidden": "true" }),
      logit: element("td", { className: "number" }),
      bar: element("span"),
      share: element("span", { className: "number" }),
    };
    row.element = element("tr", {}, element("td", { className: "one-layer" }, row.products), element("th", { className: "class", scope: "row" }, name),
      row.logit, element("td", {}, element("div", { className: "bar" }, row.bar, row.share)));
    $("classes").tBodies[0].append(row.element);
    return row;
  }

  stepRow(name) {
    const row = {
      p: element("td", { className: "number" }),
      y: element("td", { className: "number" }),
      delta: element("td", { className: "number crossentropy" }),
      gradient: element("canvas", { width: 1, height: 1, "aria-hidden": "true" }),
      change: element("td"),
    };
    const cells = [row.p, row.y, row.delta, element("td", { className: "one-layer" }, row.gradient), row.change];
    $("gradients").tBodies[0].append(element("tr", {}, element("th", { className: "class", scope: "row" }, name), ...cells));
    return row;
  }

  get label() {
    return Number($("label").value);
  }

  get rate() {
    return 10 ** Number($("rate").value);
  }

  // Logit and probability of each class.
  predict(pixels) {
    const { logits, outputs } = this.engine.predict(this.network, pixels);
    return this.isBinary
      ? { logits: Float32Array.of(0, logits[0]), outputs: Float32Array.of(1 - outputs[0], outputs[0]) } : { logits, outputs };
  }

  // Another picture; its class, where it is known. Else what the network takes it for is offered to be corrected.
  setPixels(pixels, label) {
    this.pixels = pixels;
    this.known = label;
    const { outputs } = this.predict(pixels);
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

  // Those numbers of `parameters` that belong to the weights of a class, in a network of one layer.
  weights(parameters, unit) {
    const inputs = this.pixels.length;
    const place = this.isBinary ? unit - 1 : unit;
    return place < 0 ? new Float32Array(inputs) : parameters.subarray(place * inputs, (place + 1) * inputs);
  }

  // The derivative of the loss with respect to each parameter: what a step with a learning rate of 1 subtracts.
  gradientNow() {
    this.engine.setParameters(this.copy, this.parameters);
    this.engine.learn(this.copy, this.pixels, Uint8Array.of(this.label), 1, 1);
    return this.engine.parameters(this.copy).map((value, index) => this.parameters[index] - value);
  }

  show() {
    this.parameters = this.engine.parameters(this.network);
    const { logits, outputs } = this.predict(this.pixels);
    this.outputs = outputs;
    const first = outputs.indexOf(Math.max(...outputs));
    const isBlank = this.pixels.every((pixel) => pixel === 0);
    const known = this.known !== null ? ` Label in the test set: ${this.classes[this.known]}.` : "";
    $("answer").textContent = isBlank
      ? "Nothing is drawn: the biases alone decide."
      : `${this.classes[first]}, ${percent(outputs[first])}.${known}`;
    const inputs = Float32Array.from(this.pixels, (pixel) => (this.pixelTable?.[pixel] ?? pixel) / 255);
    const product = (weight, index) => weight * inputs[index];
    const products = this.isOneLayer ? this.rows.map((_, unit) => this.weights(this.parameters, unit).map(product)) : [];
    const largest = Math.max(...products.map(magnitude));
    this.rows.forEach((row, unit) => {
      row.element.classList.toggle("first", unit === first);
      if (this.isOneLayer) paintSigned(row.products, products[unit], this.size, largest);
      row.logit.textContent = digits(logits[unit]);
      row.bar.style.setProperty("--share", `${100 * outputs[unit]}%`);
      row.share.textContent = percent(outputs[unit]);
    });
    this.showStep();
  }

  showStep() {
    const p = this.outputs;
    const deltas = p.map((probability, unit) => probability - (unit === this.label ? 1 : 0));
    const gradient = this.gradientNow();
    // The biases are last, one an output.
    const outputs = this.isBinary ? 1 : this.classes.length;
    const largest = magnitude(gradient.subarray(0, gradient.length - outputs));
    showPower("rate", this.rate);
    this.loss = this.engine.evaluate(this.network, this.pixels, Uint8Array.of(this.label), 1).loss;
    $("loss").textContent = digits(this.loss, 4);
    $("gradient").textContent = digits(largest, 4);
    $("checksum").textContent = this.engine.checksum(this.network);
    this.steps.forEach((row, unit) => {
      row.p.textContent = digits(p[unit], 3);
      row.y.textContent = unit === this.label ? "1" : "0";
      row.delta.textContent = digits(deltas[unit], 3);
      if (this.isOneLayer) paintSigned(row.gradient, this.weights(gradient, unit), this.size, largest);
      const [from, to] = [this.before?.outputs[unit] ?? p[unit], p[unit]].map(percent);
      row.change.textContent = from === to ? "" : `${from.replace("\u00a0%", "")} →\u00a0${to}`;
    });
  }

  learn() {
    const { outputs, parameters, loss } = this;
    this.engine.learn(this.network, this.pixels, Uint8Array.of(this.label), 1, this.rate);
    this.before = { outputs };
    this.show();
    const changed = this.parameters.reduce((sum, value, index) => sum + (value !== parameters[index]), 0);
    $("lesson").textContent = `The step changed ${grouped(changed)} of ${grouped(parameters.length)} parameters. ` +
      `Loss ${digits(loss, 4)} → ${digits(this.loss, 4)}.`;
  }
}
