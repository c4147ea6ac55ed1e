// Training in a worker: curves, weights and the checksum as they come.

const OPTIMIZERS = { adam: "Adam", sgd: "SGD", rmsprop: "RMSprop" };
// Pictures of weights at most.
const MOST_MAPS = 64;

class Training {
  constructor(engine, model, lesson, modules, testSet) {
    Object.assign(this, { engine, model, lesson, modules, testSet });
    this.worker = null;
    const { recipe, samples, data_set: name } = model.provenance;
    const { optimizer } = recipe;
    $("recipe").textContent = `Data set ${name}: ${counted(samples, "picture", "pictures")}, ${counted(recipe.epochs, "epoch", "epochs")}, ` +
      `batch size ${recipe.batch_size}, optimizer ${OPTIMIZERS[optimizer.name]}, learning rate ` +
      `${Number(optimizer.learning_rate.toPrecision(6))}${recipe.schedule === "constant" ? "" : `, ${recipe.schedule} schedule`}, ` +
      `seed ${recipe.seed}: as the weights above were trained, by the same code, in a thread of its own.`;
    this.samples = samples;
    this.epochs = recipe.epochs;
    this.steps = Math.ceil(samples / recipe.batch_size);
    const [units] = model.hidden;
    const names = units ? Array.from({ length: Math.min(units, MOST_MAPS) }, (_, unit) => `Unit ${unit + 1}`)
      : lesson.isBinary ? lesson.classes.slice(1) : lesson.classes;
    if (lesson.isBinary) $("weights-title").textContent = `The weights of the class ${lesson.classes[1]}`;
    if (units) $("weights-title").textContent = "The weights of the units of the first hidden layer";
    if (units > MOST_MAPS) $("weights-title").textContent += `, ${MOST_MAPS} of ${units}`;
    this.maps = names.map((name) => {
      const canvas = element("canvas", { width: 1, height: 1, role: "img", "aria-label": `Weights of ${name}` });
      $("weights").append(element("figure", {}, canvas, element("figcaption", {}, name)));
      return canvas;
    });
    $("start").addEventListener("click", () => this.start());
    $("stop").addEventListener("click", () => this.end("Stopped."));
    $("use").addEventListener("click", () => {
      lesson.setWeights(this.parameters);
      $("classify").scrollIntoView();
    });
    // The page holds no validation samples.
    this.isPossible = (recipe.validation_split ?? null) === null;
    if (!this.isPossible) $("progress").textContent = "The page cannot train this model: its recipe has a validation set.";
    $("start").disabled = !this.isPossible;
    for (const option of $("module").options) option.disabled = option.value !== "" && !modules.has(option.value);
    this.parameters = engine.parameters(model.network);
    this.clear();
    this.showWeights();
  }

  clear() {
    this.curves = { loss: [], accuracy: [] };
    // Number of epochs plotted.
    this.ended = 0;
    this.draw([]);
    $("result").textContent = "";
  }

  start() {
    this.clear();
    this.tell("Unpacking the pictures …");
    const chosen = $("module").value;
    const modules = [...this.modules].filter(([name]) => !chosen || name === chosen);
    this.worker = new Worker(URL.createObjectURL(new Blob([$("worker").textContent], { type: "text/javascript" })));
    this.worker.onmessage = ({ data }) => (data.error ? this.end(`Training failed: ${data.error}`) : this.report(data));
    this.worker.onerror = (event) => this.end(`Training failed: ${event.message}`);
    this.worker.postMessage({
      modules,
      model: this.model.file,
      samples: [$("training-set").textContent, $("test-set").textContent],
      counts: [this.samples, this.testSet.count],
    });
    $("start").disabled = true;
    $("stop").disabled = false;
  }

  end(text) {
    this.worker?.terminate();
    this.worker = null;
    this.tell(text);
    $("start").disabled = false;
    $("stop").disabled = true;
  }

  // Sets the visible status and the one for screen readers, which is updated less often.
  tell(text) {
    for (const id of ["progress", "progress-status"]) $(id).textContent = text;
  }

  report({ isDone, kernel, seconds, running, epochs, parameters, checksum, native }) {
    this.parameters = parameters;
    $("use").disabled = false;
    const isNewEpoch = epochs.length > this.ended;
    for (; this.ended < epochs.length; this.ended++) this.addPoint(this.ended + 1, epochs[this.ended][0], epochs[this.ended][1]);
    if (running.steps > 0) {
      this.addPoint(epochs.length + running.steps / this.steps, running.loss, running.metric);
    }
    this.draw(epochs);
    this.showWeights();
    const last = epochs.at(-1);
    const test = last ? ` Test: loss ${digits(last[2], 4)}, accuracy ${digits(last[3], 4)}.` : "";
    const progress = isDone ? `${epochs.length} epochs in ${digits(seconds, 1)} s.` : `Epoch ${epochs.length + 1}, ${digits(seconds, 1)} s.`;
    if (!isDone) {
      if (isNewEpoch) this.tell(progress + test);
      else $("progress").textContent = progress + test;
      return;
    }
    this.end(progress + test);
    const isEqual = checksum === native;
    $("result").replaceChildren(
      "CRC-32C of the weights trained here (", element("span", { id: "trained-kernel" }, kernel), "): ",
      element("span", { className: "mono", id: "trained-checksum" }, checksum), "; of the native trainer’s: ",
      element("span", { className: "mono", id: "native-checksum" }, native), ". ",
      element("span", { className: isEqual ? "equal" : "" }, isEqual ? "The bits are the same." : "The bits differ."),
    );
  }

  addPoint(epoch, loss, accuracy) {
    this.curves.loss.push([epoch, loss]);
    this.curves.accuracy.push([epoch, accuracy]);
  }

  draw(epochs) {
    const test = (column) => epochs.map((epoch, index) => [index + 1, epoch[column]]);
    const curves = (points, column) => [{ style: "training", points }, { style: "test", points: test(column) }];
    drawCurves($("loss-curve"), curves(this.curves.loss, 2), this.epochs);
    drawCurves($("accuracy-curve"), curves(this.curves.accuracy, 3), this.epochs);
  }

  showWeights() {
    const { parameters, lesson: { size } } = this;
    const inputs = size[0] * size[1];
    const largest = magnitude(parameters.subarray(0, inputs * this.maps.length));
    this.maps.forEach((map, unit) => paintSigned(map, parameters.subarray(unit * inputs, (unit + 1) * inputs), size, largest));
  }
}
