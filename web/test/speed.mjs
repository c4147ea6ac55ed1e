// Measures training in Node, without a browser: 500 steps of a model's recipe, by each module that `build` has left in dist/.
//
//     chrt -f 1 node --single-threaded test/speed.mjs MODEL [MODULE.wasm ...]
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import { gunzipSync } from "node:zlib";

// Node 20 has relaxed SIMD behind this flag.
setFlagsFromString("--experimental-wasm-relaxed-simd");
const here = (name) => new URL(name, import.meta.url);
const Engine = runInThisContext(`${readFileSync(here("../page/engine.js"))}; Engine`);
const [, , model, ...named] = process.argv;
const modules = named.length > 0 ? named : ["simd128", "relaxed_simd"].map((name) => here(`../dist/${name}.wasm`));
const data = (name, header) => gunzipSync(readFileSync(here(`../../data/fashion-mnist/${name}-ubyte.gz`))).subarray(header);
const samples = [data("train-images-idx3", 16), data("train-labels-idx1", 8), data("t10k-images-idx3", 16), data("t10k-labels-idx1", 8)];
const [CALLS, STEPS, EPOCHS] = [20, 25, 10];

for (const module of modules) {
  const { instance } = await WebAssembly.instantiate(readFileSync(module));
  const engine = new Engine(instance);
  const { network, provenance } = engine.load(readFileSync(model));
  engine.call("begin", samples, network, 60_000, 10_000);
  engine.call("train", [], STEPS);
  const times = Array.from({ length: CALLS }, () => {
    const start = performance.now();
    engine.call("train", [], STEPS);
    return performance.now() - start;
  });
  const step = times.sort((one, other) => one - other)[CALLS / 2] / STEPS;
  const steps = EPOCHS * Math.ceil(60_000 / provenance.recipe.batch_size);
  console.log(`${engine.kernel}: ${step.toFixed(3)} ms a step, ${((step * steps) / 1000).toFixed(1)} s for ${EPOCHS} epochs`);
}
