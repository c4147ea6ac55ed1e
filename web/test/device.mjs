// A device on the page: connects, classifies, teaches, compares; loses bytes, and the device itself.
import assert from "node:assert/strict";
import { browse, checkAccessibility, checkWidth, look, text } from "./browser.mjs";
import { withBoard } from "./board.mjs";

export async function visitDevice(width, scheme) {
  const see = (page, state) => look(page, `device-${width}-${scheme}-${state}`, "#device");
  await browse(width, scheme, async (page) => {
    assert.match(await text(page, "device-unsupported"), /no Web Serial/);
    assert.ok(await page.isVisible("#device-unsupported"));
    assert.ok(!(await page.isVisible("#device-connect")));
    await see(page, "unsupported");
  }, (page) => page.addInitScript(() => delete Navigator.prototype.serial));
  await withBoard(async (line) => {
    await browse(width, scheme, async (page) => {
      for (const [state, use] of Object.entries(STATES)) {
        await use(page, line);
        await checkAccessibility(page, `${width} ${scheme} ${state}`);
        await checkWidth(page, `${width} ${scheme} ${state}`);
        await see(page, state);
      }
    }, (page) => line.prepare(page));
  });
  console.log(`a device on the page, ${width} ${scheme}: ${Object.keys(STATES).join(", ")}`);
}

// Clicks, and returns what the page says once that is done.
async function say(page, button) {
  await page.click(`#device-${button}`);
  await page.waitForFunction(() => !/…$|^$/.test(document.getElementById("device-status").textContent));
  return text(page, "device-status");
}

const column = (page, place) => page.$$eval(`#device-classes td:nth-child(${place})`, (cells) => cells.map(({ textContent }) => textContent));

async function sameBits(page) {
  assert.equal(await text(page, "device-same-logits"), "The bits are the same.");
  assert.equal(await text(page, "device-same-weights"), "The bits are the same.");
  const device = await column(page, 4);
  assert.deepEqual(device, await column(page, 5));
  assert.ok(device.length === 10 && device.every((bits) => /^[0-9a-f]{8}$/.test(bits)));
}

// In this order, on one page with one board.
const STATES = {
  async "no port"(page) {
    await page.evaluate(() => (globalThis.taken = globalThis.linePorts.splice(0)));
    assert.equal(await say(page, "connect"), "No port was chosen.");
    await page.evaluate(() => globalThis.linePorts.push(...globalThis.taken));
  },

  async connected(page) {
    // Until the firmware listens, it loses what arrives.
    assert.match(await say(page, "connect"), /^Connected to stm32f405\. It has the weights of this page\.( Requests sent again: \d\.)?$/);
    assert.equal(await text(page, "device-network"), "784-10, 7,850 parameters");
    assert.equal(await text(page, "device-checksum"), await text(page, "checksum"));
  },

  async classified(page) {
    assert.match(await say(page, "classify"), /^The device’s answer: Ankle boot, [\d.]+\s%\.$/);
    await sameBits(page);
  },

  // The lesson above takes the same step, so that three networks agree.
  async taught(page) {
    const before = await column(page, 4);
    for (const id of ["device-label", "label"]) await page.selectOption(`#${id}`, { label: "Bag" });
    for (const id of ["device-rate", "rate"]) await page.locator(`#${id}`).fill("-1");
    assert.match(await say(page, "learn"), /loss ([\d.]+) → [\d.]+\. So did the page, to the same bits\.$/);
    await sameBits(page);
    assert.notDeepEqual(await column(page, 4), before);
    await page.click("#learn");
    assert.equal(await text(page, "device-checksum"), await text(page, "checksum"));
    await page.click("#reset");
  },

  async "damaged once"(page, line) {
    // However the bytes come, the second one is changed.
    let place = 0;
    line.fromBoard = (bytes) => bytes.map((byte) => (place++ === 1 ? changed(byte) : byte));
    assert.match(await say(page, "classify"), /Requests sent again: 1\.$/);
    await sameBits(page);
  },

  async damaged(page, line) {
    // Ends of frames stay.
    line.fromBoard = (bytes) => bytes.map((byte) => (byte === 0 ? 0 : changed(byte)));
    assert.match(await say(page, "classify"), /^There is no answer to infer in 3 tries of 1 s, and [1-9]\d* damaged frames came\./);
    line.fromBoard = (bytes) => bytes;
  },

  async unplugged(page, line) {
    line.unplug(page, 5);
    assert.match(await say(page, "classify"), /^The connection to the device broke \(The device has been lost\)\. /);
    assert.ok(await page.isEnabled("#device-connect"));
    assert.ok(await page.isHidden("#device-results"));
  },

  // It has kept its lesson, of which the page, with its weights as trained, does not know.
  async reconnected(page) {
    assert.equal(await say(page, "connect"), "Connected to stm32f405. Its weights were others than those of this page, and have been read.");
    assert.match(await say(page, "classify"), /^The device’s answer/);
    await sameBits(page);
  },

  async silent(page, line) {
    line.fromBoard = () => [];
    assert.match(await say(page, "learn"), /^There is no answer to learn in 3 tries of 1 s, and 0 damaged frames came\. Does the board/);
    line.fromBoard = (bytes) => bytes;
  },

  // The device has taken the step of which it could not tell.
  async "out of step"(page) {
    assert.match(await say(page, "learn"), /^The device refused learn: the device's weights have checksum [0-9a-f]{8}\./);
  },

  async disconnected(page) {
    assert.equal(await say(page, "disconnect"), "Disconnected.");
  },
};

// Another byte, which is not the end of a frame.
const changed = (byte) => (byte % 255) + 1;
