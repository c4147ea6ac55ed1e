// Requests to a device, each sent until its answer arrives. What the bytes mean, the module of WebAssembly knows.

const TRIES = 3;
// Milliseconds to wait for an answer.
const PATIENCE = 1000;

class DeviceClient {
  // `lost` is called with an error where the connection breaks.
  constructor(engine, line, lost) {
    Object.assign(this, { engine, line, lost });
    this.waiting = null;
    this.isClosed = false;
    this.repeats = 0;
    this.receive();
  }

  async receive() {
    try {
      for (let bytes; (bytes = await this.line.read()) !== null; ) this.take(bytes);
      this.break(new Error("its port was closed"));
    } catch (error) {
      this.break(error);
    }
  }

  take(bytes) {
    try {
      const answer = this.engine.call("device_receive", [bytes]);
      if (answer.length > 0) this.waiting?.resolve(JSON.parse(new TextDecoder().decode(answer)));
    } catch (error) {
      this.waiting?.reject(error);
    }
  }

  break(error) {
    if (this.isClosed) return;
    const broken = new Error(`The connection to the device broke (${error.message.replace(/\.$/, "")}). Is it still plugged in?`);
    this.close(broken);
    this.lost(broken);
  }

  // What the device answers to the request that the function `name` of the module makes.
  async request(name, parts = [], ...numbers) {
    const bytes = this.engine.call(name, parts, ...numbers);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      this.repeats += attempt > 0;
      const answer = await this.send(bytes);
      if (answer) return answer;
    }
    this.engine.call("device_silence", [], TRIES, PATIENCE / 1000);
  }

  // Undefined where there is no answer in time.
  async send(bytes) {
    let timer;
    const answer = new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      timer = setTimeout(resolve, PATIENCE);
    });
    this.line.write(bytes).catch((error) => this.break(error));
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.waiting = null;
    }
  }

  // Gives up what waits for an answer, with an error.
  close(error = new Error("Disconnected.")) {
    this.isClosed = true;
    this.waiting?.reject(error);
    return this.line.close();
  }
}
