#!/usr/bin/env -S node --no-warnings --single-threaded
// Runs a program for WASI under Node, with its exit code. In one thread: Node 20 crashes at its end when another one still compiles.
import { readFile } from "node:fs/promises";
import { argv, exit } from "node:process";
import { setFlagsFromString } from "node:v8";
import { WASI } from "node:wasi";

// Node 20 has relaxed SIMD behind this flag; later ones have it without, and pass over the flag.
setFlagsFromString("--experimental-wasm-relaxed-simd");

const [, , program, ...rest] = argv;
const wasi = new WASI({ version: "preview1", args: [program, ...rest] });
const { instance } = await WebAssembly.instantiate(await readFile(program), { wasi_snapshot_preview1: wasi.wasiImport });
exit(wasi.start(instance));
