// The smartwatch: a recorded wearer, whom the network has never seen, and what it learns from a few of their windows.

const EXERCISES = { ABD: "abduction", ER: "external rotation", FEL: "forward elevation", IR: "internal rotation",
  PEN: "pendulum", ROW: "upright row", TRAP: "trapezius extension" };
const CHANNELS = 6;
// Of each exercise so many windows are lessons; each is a step of its own, and all of them are gone through several times.
const LESSONS = 4;
const PASSES = 10;
const LESSON_RATE = 0.003;
const WINDOWS_A_SECOND = 3;
// What the picture of a window shows goes so far up and down; anything further lies on its edge.
const RANGE_SHOWN = 4;

class Watch {
  constructor(engine, model, bytes) {
    Object.assign(this, { engine, network: model.network, names: model.output.names });
    this.width = model.input.names.length;
    this.count = bytes.length / (4 * this.width + 1);
    this.windows = floats(bytes.slice(0, 4 * this.width * this.count));
    this.labels = bytes.slice(4 * this.width * this.count);
    this.trained = engine.parameters(this.network);
    this.lessons = this.chooseLessons();
    this.others = [...this.labels.keys()].filter((index) => !this.lessons.includes(index));
    this.place = 0;
    $("watch-play").addEventListener("click", () => this.play());
    $("watch-learn").addEventListener("click", () => this.personalise());
    $("watch-reset").addEventListener("click", () => this.reset());
    $("watch-place").max = this.count - 1;
    $("watch-place").addEventListener("input", () => this.show(Number($("watch-place").value)));
    this.reset();
  }

  // Spread over the recordings of each exercise; one exercise after the other, as they would be asked for.
  chooseLessons() {
    const of = this.names.map((_, label) => [...this.labels.keys()].filter((index) => this.labels[index] === label));
    return Array.from({ length: LESSONS }, (_, lesson) => of.map((all) => all[Math.floor((lesson * all.length) / LESSONS)])).flat();
  }

  window(index) {
    return this.windows.slice(index * this.width, (index + 1) * this.width);
  }

  answers() {
    const { outputs } = this.engine.predict(this.network, bytesOf(this.windows));
    const classes = this.names.length;
    return Array.from({ length: this.count }, (_, index) => {
      const row = outputs.subarray(index * classes, (index + 1) * classes);
      const best = row.indexOf(Math.max(...row));
      return { best, share: row[best] };
    });
  }

  accuracy(answers) {
    return this.others.filter((index) => answers[index].best === this.labels[index]).length / this.others.length;
  }

  reset() {
    this.engine.setParameters(this.network, this.trained);
    this.before = this.answers();
    this.after = null;
    this.tell();
  }

  personalise() {
    for (let pass = 0; pass < PASSES; pass++) {
      for (const index of this.lessons) {
        this.engine.learn(this.network, bytesOf(this.window(index)), Uint8Array.of(this.labels[index]), 1, LESSON_RATE);
      }
    }
    this.after = this.answers();
    this.tell();
  }

  tell() {
    $("watch-learn").disabled = this.after !== null;
    $("watch-result").textContent = `Accuracy on the ${this.others.length} windows that are not learned from: ` +
      `${percent(this.accuracy(this.before))} before` +
      (this.after ? `, ${percent(this.accuracy(this.after))} after learning from ${this.lessons.length} windows in ${PASSES} epochs.` : ".");
    this.show(this.place);
  }

  play() {
    const isPlaying = this.timer !== undefined;
    clearInterval(this.timer);
    this.timer = isPlaying ? undefined : setInterval(() => this.show((this.place + 1) % this.count), 1000 / WINDOWS_A_SECOND);
    $("watch-play").textContent = isPlaying ? "Play" : "Pause";
  }

  show(place) {
    this.place = place;
    $("watch-place").value = place;
    const name = (label) => EXERCISES[this.names[label]] ?? this.names[label];
    const answer = (this.after ?? this.before)[place];
    const isRight = answer.best === this.labels[place];
    $("watch-answer").textContent = `Window ${place + 1}: ${name(answer.best)}, ${percent(answer.share)}` +
      (isRight ? ", correct." : `; wrong: it was ${name(this.labels[place])}.`);
    $("watch-place").setAttribute("aria-valuetext", $("watch-answer").textContent);
    this.drawSignal();
    this.drawAnswers();
  }

  drawSignal() {
    const [width, height, left] = [440, 150, 24];
    const values = this.window(this.place);
    const rows = this.width / CHANNELS;
    const svg = $("watch-signal");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const y = (value) => height / 2 - Math.max(-1, Math.min(1, value / RANGE_SHOWN)) * (height / 2 - 4);
    svg.replaceChildren();
    for (const value of [-RANGE_SHOWN, 0, RANGE_SHOWN]) {
      svg.append(shape("line", { class: "grid", x1: left, x2: width, y1: y(value), y2: y(value) }));
      svg.append(shape("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, digits(value, 0)));
    }
    for (let channel = 0; channel < CHANNELS; channel++) {
      const points = Array.from({ length: rows }, (_, row) => `${(left + (row * (width - left)) / (rows - 1)).toFixed(1)},${y(values[row * CHANNELS + channel]).toFixed(1)}`);
      svg.append(shape("polyline", { class: channel < CHANNELS / 2 ? "training" : "test", points: points.join(" ") }));
    }
  }

  // A line of marks for the answers before, and one for those after.
  drawAnswers() {
    const [width, height] = [900, 62];
    const step = width / this.count;
    const svg = $("watch-answers");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.replaceChildren();
    [this.before, this.after].forEach((answers, line) => {
      answers?.forEach(({ best }, index) => {
        const isRight = best === this.labels[index];
        svg.append(shape("rect", { class: isRight ? "right" : "wrong", x: index * step, y: 28 * line + (isRight ? 0 : 8), width: step * 0.75, height: isRight ? 22 : 6 }));
      });
    });
    for (const index of this.lessons) svg.append(shape("rect", { class: "lesson", x: index * step, y: 56, width: step * 0.75, height: 5 }));
    svg.append(shape("line", { class: "place", x1: (this.place + 0.4) * step, x2: (this.place + 0.4) * step, y1: 0, y2: 62 }));
  }
}
