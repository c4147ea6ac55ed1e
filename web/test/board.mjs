// The firmware in QEMU, and a stand-in for the browser's Web Serial whose bytes come from there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const qemu = fileURLToPath(new URL("../../firmware/qemu", import.meta.url));

// Runs `use` with a board, whose flash is empty.
export async function withBoard(use) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  const flash = await mkdtemp(join(tmpdir(), "flash-"));
  const serial = `tcp:127.0.0.1:${port},server`;
  const process = spawn(qemu, ["netduinoplus2", "serve", "-serial", serial], {
    env: { ...globalThis.process.env, FLASH_DIR: flash }, stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(process, "exit");
  try {
    await use(new Line(port));
  } finally {
    process.kill();
    await ended;
    await rm(flash, { recursive: true, force: true });
  }
}

// Between the page and a board: passes bytes on, until it is told to do something else with those of the board.
class Line {
  constructor(port) {
    this.port = port;
    this.fromBoard = (bytes) => bytes;
  }

  // Puts the stand-in into the page.
  async prepare(page) {
    await page.exposeFunction("lineOpen", () => this.open(page));
    await page.exposeFunction("lineWrite", (bytes) => this.socket.write(Uint8Array.from(bytes)));
    await page.exposeFunction("lineClose", () => this.socket.destroy());
    await page.addInitScript(standIn);
  }

  async open(page) {
    for (const deadline = Date.now() + 60_000; ; ) {
      this.socket = connect(this.port, "127.0.0.1");
      try {
        await once(this.socket, "connect");
        break;
      } catch (error) {
        // QEMU does not listen yet.
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    this.socket.setNoDelay(true);
    this.socket.on("error", () => {});
    this.socket.on("data", (bytes) => {
      const passed = this.fromBoard(bytes);
      if (passed.length > 0) page.evaluate((passed) => globalThis.lineArrived(passed), [...passed]);
    });
  }

  // Takes the board away, after so many bytes of what it sends next.
  unplug(page, after) {
    this.fromBoard = (bytes) => {
      const passed = bytes.subarray(0, after);
      after -= passed.length;
      if (after === 0) {
        this.fromBoard = (bytes) => bytes;
        this.socket.destroy();
        setTimeout(() => page.evaluate(() => globalThis.lineLost()), 50);
      }
      return passed;
    };
  }
}

// What a browser has as navigator.serial, for one port. Runs in the page.
function standIn() {
  let controller;
  const port = {
    readable: null,
    writable: null,
    async open() {
      await globalThis.lineOpen();
      port.readable = new ReadableStream({ start: (created) => (controller = created) });
      port.writable = new WritableStream({ write: (bytes) => globalThis.lineWrite([...bytes]) });
    },
    close: () => globalThis.lineClose(),
  };
  globalThis.lineArrived = (bytes) => controller.enqueue(Uint8Array.from(bytes));
  globalThis.lineLost = () => {
    port.readable = null;
    controller.error(new DOMException("The device has been lost.", "NetworkError"));
  };
  globalThis.linePorts = [port];
  const requestPort = async () => {
    if (globalThis.linePorts.length === 0) throw new DOMException("No port selected by the user.", "NotFoundError");
    return globalThis.linePorts[0];
  };
  Object.defineProperty(navigator, "serial", { value: { requestPort } });
}
