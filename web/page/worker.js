// Trains in a thread of its own, some steps at a time, and tells the page how it gets on.
"use strict";

// Milliseconds between two reports, about.
const REPORT = 120;

self.onmessage = async ({ data }) => {
  try {
    await train(data);
  } catch (error) {
    self.postMessage({ error: error.message });
  }
};

async function train({ modules, model, samples, counts }) {
  const engine = await Engine.create(modules);
  const parts = [];
  for (const part of samples) parts.push(await unpack(part));
  const origin = engine.load(model).network;
  const network = engine.number("begin", parts, origin, ...counts);
  const start = performance.now();
  let steps = 32;
  let done = 0;
  for (let isDone = false; !isDone; ) {
    const before = performance.now();
    const [finished, running, loss, metric, ...epochs] = doubles(engine.call("train", [], steps));
    isDone = finished === 1;
    const now = performance.now();
    steps = Math.max(1, Math.round((steps * REPORT) / Math.max(1, now - before)));
    done += 1;
    self.postMessage({
      isDone,
      kernel: engine.kernel,
      seconds: (now - start) / 1000,
      running: { steps: running, loss, metric },
      epochs: Array.from({ length: epochs.length / 4 }, (_, epoch) => epochs.slice(4 * epoch, 4 * epoch + 4)),
      parameters: engine.parameters(network),
      checksum: engine.checksum(network),
      native: engine.checksum(origin),
    });
  }
}
