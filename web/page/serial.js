// A serial line, by Web Serial: bytes in both directions, and nothing of what they mean.

// Bytes that the browser keeps until they are read.
const BUFFER = 4096;

class SerialLine {
  static get isSupported() {
    return "serial" in navigator;
  }

  // Asks the visitor for a port and opens it.
  static async open(baudRate) {
    const port = await navigator.serial.requestPort();
    await port.open({ baudRate, bufferSize: BUFFER });
    return new SerialLine(port);
  }

  constructor(port) {
    this.port = port;
    this.reader = port.readable.getReader();
    this.writer = port.writable.getWriter();
  }

  // The bytes that have come; null once the line is closed. Fails where the port is gone.
  async read() {
    for (;;) {
      try {
        const { value, done } = await this.reader.read();
        return done ? null : value;
      } catch (error) {
        // Noise on the line ends the stream, and there is a new one; there is none where the port is gone.
        if (!this.port.readable) throw error;
        this.reader.releaseLock();
        this.reader = this.port.readable.getReader();
      }
    }
  }

  async write(bytes) {
    await this.writer.write(bytes);
  }

  async close() {
    await this.reader.cancel().catch(() => {});
    this.reader.releaseLock();
    await this.writer.abort().catch(() => {});
    this.writer.releaseLock();
    await this.port.close().catch(() => {});
  }
}
