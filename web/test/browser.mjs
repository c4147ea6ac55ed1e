// A browser with the page in it, and what every test does with it. Two pages and a folder for pictures of them are arguments.
import assert from "node:assert/strict";
import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , oneLayer] = process.argv;
export const [, , , hiddenLayer, folder] = process.argv;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

await mkdir(folder, { recursive: true });

// Runs `visit` in a new browser of that size and scheme, on a page once it has started; `prepare` before it is opened.
export async function browse(width, colorScheme, visit, prepare = () => {}, file = oneLayer) {
  const profile = await mkdtemp(join(tmpdir(), "page-"));
  const options = { executablePath: "/usr/bin/chromium", args, viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" };
  const context = await chromium.launchPersistentContext(profile, options);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    const faults = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("request", (request) => /^https?:/.test(request.url()) && faults.push(`asks for ${request.url()}`));
    await prepare(page);
    await page.goto(pathToFileURL(resolve(file)).href);
    await page.waitForFunction(() => !document.getElementById("facts").textContent.startsWith("Loading"));
    await visit(page);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

export const text = (page, id) => page.textContent(`#${id}`);

export async function checkAccessibility(page, state) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join("; ")}`);
  assert.deepEqual(found, [], state);
}

export async function checkWidth(page, state) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${state}: ${overflow} pixels too wide`);
}

// A picture of the whole page, or of a part of it.
export async function look(page, name, selector) {
  const path = join(folder, `${name}.png`);
  await (selector ? page.locator(selector).screenshot({ path }) : page.screenshot({ path, fullPage: true }));
}
