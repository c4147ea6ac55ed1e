// Gradient descent with one weight: guessing a number, and a curve.

const NOTHING = bytesOf(new Float32Array(1));
// A weight that is farther from zero will not come back.
const FARTHEST = 1e6;
const number = (value) => bytesOf(Float32Array.of(value));

// One input, which is always 0, so that the weight stays 0 and the output is the bias: the only parameter.
class Scalar {
  constructor(engine, loss) {
    this.engine = engine;
    this.network = engine.create(1, 1, loss);
  }

  get value() {
    return this.engine.parameters(this.network)[1];
  }

  set value(value) {
    this.engine.setParameters(this.network, Float32Array.of(0, value));
  }

  // A step towards `target`; the loss before it.
  step(target, rate) {
    return this.engine.learn(this.network, NOTHING, number(target), 1, rate);
  }
}

class UpAndDown {
  constructor(engine) {
    this.guess = new Scalar(engine, "mean_absolute_error");
    $("number").addEventListener("input", () => this.restart());
    $("guess").addEventListener("click", () => this.step());
    $("guess-again").addEventListener("click", () => this.restart());
    this.restart();
  }

  restart() {
    $("number-value").textContent = $("number").value;
    $("guesses").replaceChildren();
    $("guess").disabled = false;
    this.guess.value = 50;
    this.rate = 25;
  }

  step() {
    const before = this.guess.value;
    const loss = this.guess.step(Number($("number").value), this.rate);
    const isRight = loss < 0.5;
    if (isRight) this.guess.value = before;
    const change = this.guess.value - before;
    this.rate /= 2;
    const cells = [digits(before, 1), digits(loss, 1)].map((text) => element("td", { className: "number" }, text));
    const answer = isRight ? "correct" : change > 0 ? "up" : "down";
    const step = isRight ? "" : `${change > 0 ? "+" : ""}${digits(change, 1)}`;
    $("guesses").append(element("tr", {}, ...cells, element("td", {}, answer), element("td", { className: "number" }, step)));
    $("guess").disabled = isRight;
  }
}

class Curve {
  constructor(engine) {
    this.ball = new Scalar(engine, "mean_squared_error");
    $("curve-rate").addEventListener("input", () => this.restart());
    for (const button of document.querySelectorAll("[data-rate]")) {
      button.addEventListener("click", () => {
        $("curve-rate").value = button.dataset.rate;
        this.restart();
      });
    }
    $("curve-step").addEventListener("click", () => this.step());
    $("curve-reset").addEventListener("click", () => this.restart());
    this.restart();
  }

  get rate() {
    return Number($("curve-rate").value);
  }

  restart() {
    this.ball.value = -1;
    this.path = [-1];
    $("curve-text").textContent = "";
    $("curve-step").disabled = false;
    this.draw();
  }

  step() {
    const w = this.ball.value;
    this.ball.step(1, this.rate);
    this.path.push(this.ball.value);
    const slope = 2 * (w - 1);
    const isFar = Math.abs(this.ball.value) > FARTHEST;
    $("curve-step").disabled = isFar;
    $("curve-text").textContent = `Step ${this.path.length - 1}: w = ${digits(w, 3)} − ${digits(this.rate)} × ` +
      `${digits(slope, 3)} = ${digits(this.ball.value, 3)}; loss ${digits((this.ball.value - 1) ** 2, 4)}.` +
      (isFar ? " It diverges." : "");
    this.draw();
  }

  draw() {
    $("curve-rate-value").textContent = digits(this.rate);
    const [width, height] = [440, 240];
    const x = (w) => ((w + 2) / 6) * width;
    const y = (w) => height - 26 - ((height - 40) * (w - 1) ** 2) / 9;
    const svg = $("parabola");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    const points = (values) => values.map((w) => `${x(w).toFixed(1)},${y(w).toFixed(1)}`).join(" ");
    svg.append(shape("polyline", { class: "loss", points: points(Array.from({ length: 121 }, (_, at) => -2 + at / 20)) }));
    for (let w = -2; w <= 4; w++) {
      svg.append(shape("text", { x: Math.min(width - 6, Math.max(6, x(w))), y: height - 6, "text-anchor": "middle" }, digits(w, 0)));
    }
    svg.append(shape("text", { x: x(1), y: 16, "text-anchor": "middle" }, "Loss over w"));
    const inside = this.path.filter((w) => w >= -2.05 && w <= 4.05);
    svg.append(shape("polyline", { class: "path way0", points: points(inside) }));
    inside.forEach((w, at) => {
      svg.append(shape("circle", { class: "ball", cx: x(w), cy: y(w), r: at === inside.length - 1 ? 6 : 2.5 }));
    });
    if (inside.length < this.path.length) svg.append(shape("text", { x: x(1), y: 34, "text-anchor": "middle" }, "The weight has left the picture."));
  }
}
