// The module of WebAssembly, and its functions with bytes for arguments and results.
"use strict";

const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const doubles = (bytes) => new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
const bytesOf = (numbers) => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

function decodeBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

// The bytes of gzip in base64, as the page holds them.
async function unpack(text) {
  const stream = new Blob([decodeBase64(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Engine {
  constructor(instance) {
    this.exports = instance.exports;
    this.kernel = new TextDecoder().decode(this.call("kernel"));
  }

  // `modules` are compiled; the first one whose kernel is fused on this machine is taken.
  static async create(modules) {
    for (const [name, module] of modules) {
      const engine = new Engine(await WebAssembly.instantiate(module));
      if (engine.kernel === name) return engine;
    }
    throw new Error("This browser runs no WebAssembly with vectors of 128 bits.");
  }

  // Parts of the input one after the other; the result is a copy.
  call(name, parts = [], ...numbers) {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    let at = this.exports.buffer(length);
    for (const part of parts) {
      new Uint8Array(this.exports.memory.buffer).set(part, at);
      at += part.length;
    }
    const answer = this.exports[name](...numbers);
    const size = answer < 0 ? -1 - answer : answer;
    const result = new Uint8Array(this.exports.memory.buffer, this.exports.buffer(size), size).slice();
    if (answer < 0) throw new Error(new TextDecoder().decode(result));
    return result;
  }

  number(name, parts, ...numbers) {
    return new DataView(this.call(name, parts, ...numbers).buffer).getUint32(0, true);
  }

  load(file) {
    return JSON.parse(new TextDecoder().decode(this.call("load", [file])));
  }

  create(inputs, outputs, loss) {
    return this.number("create", [new TextEncoder().encode(loss)], inputs, outputs);
  }

  parameters(network) {
    return floats(this.call("parameters", [], network));
  }

  setParameters(network, values) {
    this.call("set_parameters", [bytesOf(values)], network);
  }

  // As eight hexadecimal digits.
  checksum(network) {
    return this.number("checksum", [], network).toString(16).padStart(8, "0");
  }

  // Logits and outputs of each sample, one sample after the other.
  predict(network, inputs) {
    const values = floats(this.call("predict", [inputs], network));
    return { logits: values.slice(0, values.length / 2), outputs: values.slice(values.length / 2) };
  }

  // One step of gradient descent on all samples; their mean loss before it.
  learn(network, inputs, targets, samples, rate) {
    return doubles(this.call("learn", [inputs, targets], network, samples, rate))[0];
  }

  evaluate(network, inputs, targets, samples) {
    const [loss, metric] = doubles(this.call("evaluate", [inputs, targets], network, samples));
    return { loss, metric };
  }
}
