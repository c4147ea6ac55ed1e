// Gradient descent with two weights, by all samples, some, or one: three paths over the same loss.

const METHODS = ["Gradient descent", "Mini-batch", "Stochastic"];
const START = Float32Array.of(-1.6, 1.7);
// Of slope and intercept.
const RANGE = [[-2, 2], [-2, 2]];
const POINTS = 24;

class Surface {
  constructor(engine) {
    this.engine = engine;
    // A line with noise; the same points for everybody.
    this.noise = 1;
    this.x = Float32Array.from({ length: POINTS }, () => 3 * this.random() - 1);
    this.y = this.x.map((x) => 0.8 * x - 0.6 + 0.9 * (this.random() + this.random() - 1));
    this.ways = METHODS.map((name, way) => this.makeWay(name, way));
    $("points-count").textContent = POINTS;
    $("surface-rate").addEventListener("input", () => this.restart());
    $("surface-batch").addEventListener("input", () => this.restart());
    $("surface-step").addEventListener("click", () => this.run(() => 1));
    $("surface-epoch").addEventListener("click", () => this.run((batch) => Math.ceil(POINTS / batch)));
    $("surface-reset").addEventListener("click", () => this.restart());
    this.restart();
  }

  // A number from 0 to 1 (D. Lehmer's generator).
  random() {
    this.noise = (this.noise * 48271) % 2147483647;
    return this.noise / 2147483647;
  }

  makeWay(name, way) {
    const cell = () => element("td", { className: "number" });
    const row = { steps: cell(), seen: cell(), loss: cell() };
    const key = shape("svg", { class: "key curve", viewBox: "0 0 30 10", "aria-hidden": "true" },
      shape("line", { class: `path way${way}`, x1: 0, x2: 30, y1: 5, y2: 5 }));
    $("methods").append(element("tr", {}, element("th", { className: "class", scope: "row" }, key, name), row.steps, row.seen, row.loss));
    return { row, network: this.engine.create(1, 1, "mean_squared_error") };
  }

  get rate() {
    return 10 ** Number($("surface-rate").value);
  }

  batch(way) {
    return [POINTS, Number($("surface-batch").value), 1][way];
  }

  restart() {
    for (const way of this.ways) {
      this.engine.setParameters(way.network, START);
      Object.assign(way, { path: [START], seen: 0, order: [] });
    }
    this.show();
  }

  run(steps) {
    this.ways.forEach((way, index) => {
      const batch = this.batch(index);
      for (let step = steps(batch); step > 0; step--) this.step(way, batch);
    });
    this.show();
  }

  // The next batch of the epoch; a new epoch has a new order.
  step(way, batch) {
    if (way.order.length === 0) {
      way.order = Array.from({ length: POINTS }, (_, index) => index);
      for (let last = POINTS - 1; last > 0; last--) {
        const other = Math.floor(this.random() * (last + 1));
        [way.order[last], way.order[other]] = [way.order[other], way.order[last]];
      }
    }
    const chosen = way.order.splice(0, batch);
    const of = (values) => bytesOf(Float32Array.from(chosen, (index) => values[index]));
    try {
      this.engine.learn(way.network, of(this.x), of(this.y), chosen.length, this.rate);
    } catch {
      // The weights are no longer finite; they stay as they were.
      return;
    }
    way.seen += chosen.length;
    way.path.push(this.engine.parameters(way.network));
  }

  loss([w, b]) {
    return this.x.reduce((sum, x, index) => sum + (w * x + b - this.y[index]) ** 2, 0) / POINTS;
  }

  show() {
    showPower("surface-rate", this.rate);
    $("surface-batch-value").textContent = $("surface-batch").value;
    for (const { row, path, seen } of this.ways) {
      const loss = this.loss(path.at(-1));
      row.steps.textContent = path.length - 1;
      row.seen.textContent = seen;
      row.loss.textContent = loss < 1e4 ? digits(loss, 4) : "diverges";
    }
    this.draw();
  }

  draw() {
    const size = 320;
    const at = ([w, b]) => [((w - RANGE[0][0]) / (RANGE[0][1] - RANGE[0][0])) * size, (1 - (b - RANGE[1][0]) / (RANGE[1][1] - RANGE[1][0])) * size];
    const points = (list) => list.map((point) => at(point).map((value) => Math.min(2000, Math.max(-2000, value)).toFixed(1)).join(",")).join(" ");
    const svg = $("surface");
    svg.setAttribute("viewBox", `-24 -4 ${size + 28} ${size + 26}`);
    const clip = shape("clipPath", { id: "frame" }, shape("rect", { width: size, height: size }));
    const inside = shape("g", { "clip-path": "url(#frame)" });
    svg.replaceChildren(clip, shape("rect", { class: "contour", width: size, height: size }), inside);
    for (const contour of this.contours()) inside.append(shape("polygon", { class: "contour", points: points(contour) }));
    const [x, y] = at(this.lowest);
    inside.append(shape("path", { class: "lowest", d: `M${x - 5},${y} h10 M${x},${y - 5} v10` }));
    this.ways.toReversed().forEach(({ path }, index) => {
      inside.append(shape("polyline", { class: `path way${2 - index}`, points: points(path) }));
    });
    const [cx, cy] = at(START);
    inside.append(shape("circle", { class: "ball", cx, cy, r: 4 }));
    for (const tick of [-2, -1, 0, 1, 2]) {
      const [left, bottom] = at([tick, tick]);
      svg.append(shape("text", { x: left, y: size + 15, "text-anchor": "middle" }, digits(tick, 0)));
      svg.append(shape("text", { x: -6, y: bottom + 4, "text-anchor": "end" }, digits(tick, 0)));
    }
    svg.append(shape("text", { x: size - 2, y: size - 6, "text-anchor": "end" }, "w"), shape("text", { x: 6, y: 14 }, "b"));
  }

  // Lines of equal loss. Around the lowest point p the loss rises by dᵀAd, where d is the distance from p and A the second
  // moments of (x, 1) = LLᵀ: Lᵀd lies on a circle.
  contours() {
    const mean = (of) => this.x.reduce((sum, x, index) => sum + of(x, this.y[index]), 0) / POINTS;
    const [xx, x, xy, y] = [mean((x) => x * x), mean((x) => x), mean((x, y) => x * y), mean((_, y) => y)];
    const w = (xy - x * y) / (xx - x * x);
    this.lowest = [w, y - w * x];
    const [a, b] = [Math.sqrt(xx), x / Math.sqrt(xx)];
    const c = Math.sqrt(1 - b * b);
    return [0.05, 0.2, 0.5, 1, 2, 3.5, 5.5, 8, 11, 15].map((rise) => Array.from({ length: 72 }, (_, step) => {
      const angle = (step / 72) * 2 * Math.PI;
      const second = (Math.sqrt(rise) * Math.sin(angle)) / c;
      return [this.lowest[0] + (Math.sqrt(rise) * Math.cos(angle) - b * second) / a, this.lowest[1] + second];
    }));
  }
}
