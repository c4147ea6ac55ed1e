// Elements of the page, pictures on a canvas, and curves.

const $ = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in created) created[key] = value;
    else created.setAttribute(key, value);
  }
  created.append(...children);
  return created;
}

function shape(name, attributes, ...children) {
  const created = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  created.append(...children);
  return created;
}

const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;

// Fixed-point with `count` decimals and a minus sign (U+2212); scientific notation from a million.
const digits = (number, count = 2) => (Math.abs(number) < 1e6 ? number.toFixed(count) : number.toExponential(2)).replaceAll("-", "−");

const grouped = (number) => number.toLocaleString("en");

// "1 class", "2 classes".
const counted = (number, one, several) => `${grouped(number)} ${number === 1 ? one : several}`;

// A slider of powers of ten: shows its number, and says it in place of the exponent.
function showPower(id, number) {
  $(`${id}-value`).textContent = number.toPrecision(2);
  $(id).setAttribute("aria-valuetext", number.toPrecision(2));
}

// The red, green and blue of a colour of the style, which differs in the dark.
function colour(name) {
  const probe = element("span", { style: `color: var(--${name})` });
  document.body.append(probe);
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return parts.slice(0, 3);
}

function paint(canvas, width, height, pixel) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let index = 0; index < width * height; index++) {
    const [red, green, blue] = pixel(index);
    image.data.set([red, green, blue, 255], 4 * index);
  }
  context.putImageData(image, 0, 0);
}

function paintPixels(canvas, pixels, [height, width]) {
  paint(canvas, width, height, (index) => [pixels[index], pixels[index], pixels[index]]);
}

// Numbers around zero: from the paper to the accent for positive ones, to the ink for negative ones.
function paintSigned(canvas, values, [height, width], largest) {
  const [paper, accent, ink] = [colour("raised"), colour("accent"), colour("ink")];
  paint(canvas, width, height, (index) => {
    const share = Math.min(1, Math.abs(values[index]) / (largest || 1));
    const end = values[index] > 0 ? accent : ink;
    return paper.map((from, channel) => from + (end[channel] - from) * Math.sqrt(share));
  });
}

const magnitude = (values) => values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

// Round numbers around all values, so that there are at most six of them; from 0 to 1 where there is no value.
function ticksAround(values) {
  const [least, greatest] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  for (let power = 0.01; ; power *= 10) {
    for (const step of [power, 2 * power, 5 * power]) {
      const [first, last] = [Math.floor(least / step + 1e-9), Math.max(Math.ceil(greatest / step - 1e-9), Math.floor(least / step + 1e-9) + 1)];
      if (last - first <= 5) return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
    }
  }
}

// A part of an epoch after which losses and accuracies count for the scale: the very first steps would make it useless.
const SETTLED = 0.1;

// Curves over epochs, each a list of points [epoch, value] with the name of its style.
function drawCurves(svg, curves, epochs) {
  const ticks = ticksAround(curves.flatMap(({ points }) => points.filter(([epoch]) => epoch >= SETTLED).map(([, value]) => value)));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const [width, height, left, bottom] = [440, 200, 40, 22];
  const x = (epoch) => left + ((width - left - 8) * epoch) / epochs;
  const y = (value) => 8 + (height - bottom - 8) * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  for (const value of ticks) {
    svg.append(shape("line", { class: "grid", x1: left, x2: width - 8, y1: y(value), y2: y(value) }));
    svg.append(shape("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(2)));
  }
  const every = Math.ceil(epochs / 10);
  for (let epoch = 0; epoch <= epochs; epoch += every) {
    svg.append(shape("text", { x: x(epoch), y: height - 4, "text-anchor": "middle" }, String(epoch)));
  }
  for (const { style, points } of curves) {
    const path = points.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    svg.append(shape("polyline", { class: style, points: path }));
    if (style === "test") {
      for (const [epoch, value] of points) svg.append(shape("circle", { class: style, cx: x(epoch), cy: y(value), r: 2.5 }));
    }
  }
}
