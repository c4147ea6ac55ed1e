// Starts the page: modules, model, test pictures, and then each section.

async function start() {
  const modules = new Map();
  for (const name of ["relaxed_simd", "simd128"]) {
    const bytes = await unpack($(`module-${name}`).textContent);
    if (WebAssembly.validate(bytes)) modules.set(name, await WebAssembly.compile(bytes));
  }
  const engine = await Engine.create(modules);
  if ($("model").textContent.startsWith("@")) {
    throw new Error("it has no model and no data. `cargo run -p host-trainer -- page --out out` puts them in.");
  }
  const file = await unpack($("model").textContent);
  const model = { ...engine.load(file), file };
  model.hidden = model.provenance.recipe.hidden;
  const { names } = model.output;
  const size = [model.input.height, model.input.width];
  document.documentElement.style.setProperty("--aspect", size[1] / size[0]);
  const testSet = new TestSet(await unpack($("test-set").textContent), size);
  const lesson = new Lesson(engine, model);
  const device = new DeviceSection(engine, model, () => drawing.pixels);
  const drawing = new Drawing(size, (label) => {
    lesson.setPixels(drawing.pixels, label);
    device.setLabel(lesson.label);
  });

  const offer = (first) => {
    $("samples").replaceChildren();
    for (let place = 0; place < 16; place++) {
      // A prime step, so that the pictures differ in class.
      const index = (first + 619 * place) % testSet.count;
      const label = testSet.label(index);
      const canvas = element("canvas");
      paintPixels(canvas, testSet.picture(index), size);
      const button = element("button", { type: "button", "aria-label": `Test picture ${index}, ${names[label]}` }, canvas);
      button.addEventListener("click", () => drawing.set(testSet.picture(index), label));
      $("samples").append(button);
    }
  };
  let first = 0;
  $("others").addEventListener("click", () => offer((first += 17)));
  offer(0);
  drawing.set(testSet.picture(0), testSet.label(0));
  const training = new Training(engine, model, lesson, modules, testSet);
  new UpAndDown(engine);
  new Curve(engine);
  new Surface(engine);
  new Watch(engine, engine.load(await unpack($("watch-model").textContent)), await unpack($("watch-windows").textContent));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    lesson.show();
    training.showWeights();
  });
  const { data_set: name } = model.provenance;
  $("pictures-source").textContent =
    name === "fashion-mnist" ? "Pictures: Fashion-MNIST, © 2017 Zalando SE, MIT licence." : `Pictures: ${name}.`;
  $("facts").textContent = `The network: ${model.description.replaceAll("->", "→")}, ${grouped(lesson.trained.length)} parameters. ` +
    `The kernel in this browser: ${engine.kernel}, ` +
    `${engine.kernel === "relaxed_simd" ? "whose multiply-add a check at the start has found to be fused" : "with fused multiply-add in software"}.`;
}

start().catch((error) => {
  $("facts").textContent = `The page cannot run: ${error.message}`;
  $("facts").classList.add("error");
});
