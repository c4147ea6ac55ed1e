// Training in a worker: curves, weights and the checksum as they come.

class Training {
  constructor(engine, model, lesson, modules, testSet) {
    Object.assign(this, { engine, model, lesson, modules, testSet });
    this.worker = null;
    const { recipe, samples, data_set: name } = model.provenance;
    const { optimizer } = recipe;
    $("recipe").textContent = `${name}: ${samples.toLocaleString("en")} pictures, ${recipe.epochs} epochs, batches of ` +
      `${recipe.batch_size}, ${optimizer.name} with learning rate ${Number(optimizer.learning_rate.toPrecision(6))}, seed ${recipe.seed}: the recipe ` +
      "of the weights above. The page trains by the same code, in a thread of its own.";
    this.samples = samples;
    this.epochs = recipe.epochs;
    this.steps = Math.ceil(samples / recipe.batch_size);
    this.maps = model.output.names.map((name) => {
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
    this.clear();
    this.showWeights(engine.parameters(model.network));
  }

  clear() {
    this.curves = { loss: [], accuracy: [] };
    this.draw([]);
    $("result").textContent = "";
  }

  start() {
    this.clear();
    $("progress").textContent = "Unpacking the pictures …";
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
    $("progress").textContent = text;
    $("start").disabled = false;
    $("stop").disabled = true;
  }

  report({ isDone, kernel, seconds, running, epochs, parameters, checksum, native }) {
    this.parameters = parameters;
    $("use").disabled = false;
    if (running.steps > 0) {
      const at = epochs.length + running.steps / this.steps;
      this.curves.loss.push([at, running.loss]);
      this.curves.accuracy.push([at, running.metric]);
    }
    this.draw(epochs);
    this.showWeights(parameters);
    const last = epochs.at(-1);
    const test = last ? ` Test: loss ${digits(last[2], 4)}, accuracy ${digits(last[3], 4)}.` : "";
    const progress = isDone ? `${epochs.length} epochs in ${digits(seconds, 1)} s.` : `Epoch ${epochs.length + 1}, ${digits(seconds, 1)} s.`;
    if (!isDone) {
      $("progress").textContent = progress + test;
      return;
    }
    this.end(progress + test);
    const isEqual = checksum === native;
    $("result").replaceChildren(
      "CRC-32C of the weights trained here (", element("span", { id: "trained-kernel" }, kernel), "): ",
      element("span", { className: "mono", id: "trained-checksum" }, checksum), "; of the native trainer’s: ",
      element("span", { className: "mono", id: "native-checksum" }, native), ". ",
      element("span", { className: isEqual ? "equal" : "" }, isEqual ? "The same bits." : "They differ."),
    );
  }

  draw(epochs) {
    const test = (column) => epochs.map((epoch, index) => [index + 1, epoch[column]]);
    const curves = (points, column) => [{ style: "training", points }, { style: "test", points: test(column) }];
    drawCurves($("loss-curve"), curves(this.curves.loss, 2), this.epochs, [0.3, 0.9], (value) => value.toFixed(2));
    drawCurves($("accuracy-curve"), curves(this.curves.accuracy, 3), this.epochs, [0.7, 0.9], (value) => value.toFixed(2));
  }

  showWeights(parameters) {
    const { size } = this.lesson;
    const inputs = size[0] * size[1];
    if (!this.lesson.isOneLayer) return;
    const largest = magnitude(parameters.subarray(0, inputs * this.maps.length));
    this.maps.forEach((map, unit) => paintSigned(map, parameters.subarray(unit * inputs, (unit + 1) * inputs), size, largest));
  }
}
