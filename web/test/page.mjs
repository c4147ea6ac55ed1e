// Opens the page in Chromium and does what a visitor does: draws, teaches, trains, connects a device; compares the bits, looks for violations
// of accessibility, and leaves pictures of what it saw.
//
//     node page.mjs PAGE PAGE-OF-A-NETWORK-WITH-A-HIDDEN-LAYER FOLDER-FOR-SCREENSHOTS
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { browse, checkAccessibility, checkWidth, folder, hiddenLayer, look, text } from "./browser.mjs";
import { visitDevice } from "./device.mjs";

// Seconds that ten epochs may take.
const LIMITS = { relaxed_simd: 5, simd128: 20 };
// Other work on the machine makes every limit meaningless; a caller that knows of it says so.
const slack = Number(process.env.SLACK ?? 1);

async function classify(page) {
  assert.match(await text(page, "answer"), /^Ankle boot, .* Label in the test set: Ankle boot\.$/);
  await page.click("#clear");
  assert.match(await text(page, "answer"), /^Nothing is drawn/);
  await page.locator("#canvas").evaluate((canvas) => canvas.scrollIntoView({ block: "center" }));
  const box = await page.locator("#canvas").boundingBox();
  const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(0.38, 0.08));
  await page.mouse.down();
  // A pair of trousers: to and fro over the waist, and down each leg.
  const strokes = [[0.62, 0.08], [0.38, 0.14], [0.62, 0.2], [0.42, 0.2], [0.37, 0.95], [0.42, 0.2], [0.58, 0.2], [0.63, 0.95]];
  for (const [x, y] of strokes) await page.mouse.move(...at(x, y), { steps: 8 });
  await page.mouse.up();
  assert.match(await text(page, "answer"), /^Trouser, /);
  await page.focus("#canvas");
  const before = await text(page, "answer");
  for (const key of ["ArrowRight", "ArrowDown", "Backspace", "ArrowDown", "Backspace"]) await page.keyboard.press(key);
  assert.notEqual(await text(page, "answer"), before, "the keyboard draws");
}

async function openFiles(page) {
  await page.click("#samples button");
  const picture = await page.locator("#canvas").screenshot();
  const open = (name, buffer) => page.setInputFiles("#file", { name, mimeType: "image/png", buffer });
  await page.click("#clear");
  await open("boot.png", picture);
  await page.waitForFunction(() => /^Ankle boot, /.test(document.getElementById("answer").textContent));
  for (const [name, bytes, fault] of [["a.png", 9, "is not an image that this browser can read."], ["b.png", (64 << 20) + 1, "is larger than 64 MB."]]) {
    const path = join(folder, name);
    await writeFile(path, new Uint8Array(bytes));
    await page.setInputFiles("#file", path);
    await page.waitForFunction((expected) => document.getElementById("file-error").textContent === expected, `${name} ${fault}`);
    await rm(path);
  }
  await checkAccessibility(page, "a file that is no image");
  await page.click("#samples button");
  assert.equal(await text(page, "file-error"), "");
}

async function teach(page) {
  const [checksum, loss] = [await text(page, "checksum"), await text(page, "loss")];
  await page.selectOption("#label", { label: "Bag" });
  const wrong = Number(await text(page, "loss"));
  assert.ok(wrong > Number(loss), "another class is a larger loss");
  await page.click("#learn");
  assert.ok(Number(await text(page, "loss")) < wrong, "a step makes the loss smaller");
  assert.notEqual(await text(page, "checksum"), checksum);
  assert.match(await text(page, "lesson"), /The step changed [1-9][\d,]* of 7,850 parameters/);
  await page.click("#reset");
  assert.equal(await text(page, "checksum"), checksum);
  return checksum;
}

async function train(page, kernel, native) {
  await page.selectOption("#module", kernel);
  await page.click("#start");
  await page.waitForFunction(() => /epochs in|failed/.test(document.getElementById("progress").textContent), null, { timeout: 200_000 });
  const progress = await text(page, "progress");
  const seconds = Number(progress.match(/^10 epochs in ([\d.]+) s/)?.[1]);
  console.log(`${kernel}: ${progress} ${await text(page, "result")}`);
  assert.equal(await text(page, "trained-kernel"), kernel);
  assert.equal(await text(page, "trained-checksum"), native, "the weights of the native trainer");
  assert.ok(seconds <= LIMITS[kernel] * slack, `${kernel}: ${seconds} s`);
}

async function descend(page) {
  for (let guess = 0; guess < 7; guess++) if (await page.isEnabled("#guess")) await page.click("#guess");
  assert.match(await text(page, "guesses"), /^50\.013\.0down−25\.0.*correct$/);
  await page.click("#curve-step");
  assert.match(await text(page, "curve-text"), /^Step 1: w = −1\.000 − 0\.30 × −4\.000 = 0\.200; loss 0\.6400\.$/);
  await page.click('[data-rate="1.04"]');
  for (let step = 0; step < 9; step++) await page.click("#curve-step");
  assert.match(await text(page, "parabola"), /has left the picture/);
  await page.locator("#curve-rate").fill("1.1");
  for (let step = 0; step < 100; step++) await page.evaluate(() => document.getElementById("curve-step").click());
  assert.match(await text(page, "curve-text"), /It diverges\.$/);
  assert.ok(await page.isDisabled("#curve-step"));
  const losses = () => page.$$eval("#methods td:last-child", (cells) => cells.map(({ textContent }) => Number(textContent)));
  const start = await losses();
  for (let epoch = 0; epoch < 5; epoch++) await page.click("#surface-epoch");
  const end = await losses();
  assert.ok(end.every((loss, way) => loss < start[way] / 2), `${start} and ${end}`);
  assert.deepEqual(await page.$$eval("#methods td:nth-child(2)", (cells) => cells.map(({ textContent }) => textContent)), ["5", "30", "120"]);
}

// At the largest learning rate all numbers leave the range of f32.
async function diverge(page) {
  await page.locator("#surface-rate").fill("0.1");
  for (let epoch = 0; epoch < 200; epoch++) await page.evaluate(() => document.getElementById("surface-epoch").click());
  assert.deepEqual(await page.$$eval("#methods td:last-child", (cells) => cells.map(({ textContent }) => textContent)), Array(3).fill("diverges"));
}

// 85 of the wearer's 136 windows are right, as the trainer says.
async function wear(page) {
  const right = await page.locator("#watch-answers .right").count();
  assert.equal(right, 85);
  await page.click("#watch-learn");
  const [before, after] = (await text(page, "watch-result")).match(/[\d.]+(?=\s%)/g).map(Number);
  assert.ok(after > before + 10, `${before} and ${after}`);
  await page.click("#watch-play");
  await page.waitForFunction(() => Number(document.getElementById("watch-place").value) >= 2);
  await page.click("#watch-play");
}

await browse(1280, "light", async (page) => {
  await classify(page);
  const native = await teach(page);
  await openFiles(page);
  await descend(page);
  await diverge(page);
  await wear(page);
  for (const kernel of Object.keys(LIMITS)) await train(page, kernel, native);
  await checkAccessibility(page, "trained");
  await look(page, "trained");
});
for (const width of [1280, 820, 390]) {
  for (const scheme of ["light", "dark"]) {
    await browse(width, scheme, async (page) => {
      await page.click("#learn");
      await checkAccessibility(page, `${width} ${scheme}`);
      await checkWidth(page, `${width} ${scheme}`);
      await look(page, `${width}-${scheme}`);
    });
  }
}
// A network with a hidden layer, trained on few pictures.
await browse(390, "dark", async (page) => {
  assert.match(await text(page, "forward"), /a hidden layer of 32 units/);
  assert.ok(await page.isHidden("#classes .one-layer"));
  assert.equal(await page.locator("#weights canvas").count(), 32);
  const trained = await text(page, "checksum");
  await page.click("#learn");
  assert.match(await text(page, "lesson"), /of 25,450 parameters/);
  await page.click("#start");
  await page.waitForFunction(() => /epochs in|failed/.test(document.getElementById("progress").textContent), null, { timeout: 200_000 });
  assert.equal(await text(page, "trained-checksum"), trained, await text(page, "progress"));
  await checkAccessibility(page, "hidden layer");
  await checkWidth(page, "hidden layer");
  await look(page, "hidden-layer");
}, () => {}, hiddenLayer);
await visitDevice(1280, "light");
await visitDevice(390, "dark");
console.log("the page passes");
