// A board on a serial line: what it is, what it says of the drawing, and a lesson for it, with the page's bits beside.

class DeviceSection {
  // `pixels()` is the drawing.
  constructor(engine, model, pixels) {
    Object.assign(this, { engine, network: model.network, names: model.output.names, pixels });
    this.client = null;
    this.hasKey = false;
    $("device-label").append(...this.names.map((name, value) => element("option", { value }, name)));
    this.rows = this.names.map((name) => {
      const cells = Array.from({ length: 4 }, () => element("td", { className: "number" }));
      cells[2].classList.add("mono");
      cells[3].classList.add("mono");
      $("device-classes").tBodies[0].append(element("tr", {}, element("th", { className: "class", scope: "row" }, name), ...cells));
      return cells;
    });
    $("device-connect").addEventListener("click", () => this.act(() => this.connect()));
    $("device-disconnect").addEventListener("click", () => this.disconnect("Disconnected."));
    $("device-classify").addEventListener("click", () => this.act(() => this.classify()));
    $("device-learn").addEventListener("click", () => this.act(() => this.learn()));
    $("device-rate").addEventListener("input", () => this.showRate());
    $("device-supported").hidden = !SerialLine.isSupported;
    $("device-unsupported").hidden = SerialLine.isSupported;
    this.showRate();
    this.enable();
  }

  get rate() {
    return 10 ** Number($("device-rate").value);
  }

  showRate() {
    showPower("device-rate", this.rate);
  }

  // What the drawing is taken for, to be corrected.
  setLabel(label) {
    $("device-label").value = label;
  }

  // Does one thing at a time, and says what went wrong with it.
  async act(work) {
    this.enable(true);
    this.tell("…");
    const repeats = this.client?.repeats ?? 0;
    try {
      const text = await work();
      const again = (this.client?.repeats ?? 0) - repeats;
      this.tell(text + (again > 0 ? ` Requests sent again: ${again}.` : ""));
    } catch (error) {
      for (const id of ["device-same-weights", "device-same-logits"]) $(id).textContent = "";
      this.tell(error.message, true);
    }
    this.enable();
  }

  tell(text, isError = false) {
    $("device-status").textContent = text;
    $("device-status").classList.toggle("error", isError);
  }

  enable(isBusy = false) {
    const isConnected = this.client !== null;
    for (const id of ["device-connect", "device-baud"]) $(id).disabled = isBusy || isConnected;
    $("device-classify").disabled = isBusy || !isConnected;
    $("device-learn").disabled = isBusy || !isConnected || this.hasKey;
    $("device-disconnect").disabled = !isConnected;
    $("device-results").hidden = !isConnected;
  }

  async connect() {
    const line = await SerialLine.open(Number($("device-baud").value)).catch((error) => {
      throw new Error(error.name === "NotFoundError" ? "No port was chosen." : `The port cannot be opened: ${error.message}`);
    });
    this.client = new DeviceClient(this.engine, line, (error) => this.disconnect(error.message, true));
    try {
      return await this.meet();
    } catch (error) {
      await this.disconnect("", true);
      throw error;
    }
  }

  async disconnect(text, isError = false) {
    const { client } = this;
    this.client = null;
    this.enable();
    this.tell(text, isError);
    if (!client?.isClosed) await client?.close();
  }

  async meet() {
    this.tell("Waiting for its answer …");
    const [session, sequence] = crypto.getRandomValues(new Uint32Array(2));
    const device = await this.client.request("device_hello", [], this.network, session, sequence % 65536);
    this.hasKey = device.has_key;
    const clock = device.clock_hz ? `, ${device.clock_hz / 1e6} MHz ${device.clock}` : "";
    $("device-board").textContent = device.board + clock;
    $("device-kernel").textContent = device.kernel;
    $("device-network").textContent = `${device.shape}, ${grouped(device.parameters)} parameters`;
    $("device-origin").textContent = device.weights;
    $("device-session").textContent = device.session;
    for (const cell of this.rows.flat()) cell.textContent = "";
    const weights = await this.client.request("device_checksum");
    if (!weights.same) await this.read();
    this.showChecksums(await this.client.request("device_checksum"));
    return `Connected to ${device.board}. ` +
      (weights.same ? "It has the weights of this page." : "Its weights were others than those of this page, and have been read.") +
      (this.hasKey ? " It learns only with its key, which this page does not have." : "");
  }

  async read() {
    for (let read = 0, count = 1; read < count; ) {
      ({ read, count } = await this.client.request("device_read"));
      this.tell(`Reading its weights: ${percent(read / count)} …`);
    }
  }

  showChecksums({ device, page, same }) {
    $("device-checksum").textContent = device;
    $("device-page-checksum").textContent = page;
    this.showSame("device-same-weights", same);
  }

  showSame(id, isSame) {
    $(id).textContent = isSame ? "The bits are the same." : "The bits differ.";
    $(id).className = isSame ? "equal" : "error";
  }

  async classify() {
    const { logits, outputs, device, page, same, cycles } = await this.client.request("device_infer", [this.pixels()]);
    // Two classes have one output, the probability of the second.
    const others = this.names.length - outputs.length;
    if (others > 0) outputs.unshift(1 - outputs[0]);
    const first = outputs.indexOf(Math.max(...outputs));
    this.rows.forEach(([probability, logit, bits, here], unit) => {
      probability.textContent = percent(outputs[unit]);
      logit.textContent = unit < others ? "" : digits(logits[unit - others]);
      bits.textContent = device[unit - others] ?? "";
      here.textContent = page[unit - others] ?? "";
      probability.parentElement.classList.toggle("first", unit === first);
    });
    this.showSame("device-same-logits", same);
    const time = cycles ? ` It took ${grouped(cycles)} clock cycles.` : "";
    return `The device’s answer: ${this.names[first]}, ${percent(outputs[first])}.${time}`;
  }

  async learn() {
    const label = Number($("device-label").value);
    const { before, after, same, cycles } = await this.client.request("device_learn", [this.pixels()], label, this.rate);
    const weights = await this.client.request("device_checksum");
    this.showChecksums(weights);
    await this.classify();
    const time = cycles ? ` in ${grouped(cycles)} clock cycles` : "";
    return `The device took a step${time}: loss ${digits(before, 4)} → ${digits(after, 4)}. ` +
      (same && weights.same ? "So did the page, to the same bits." : "So did the page, and its bits differ.");
  }
}
