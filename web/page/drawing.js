// The drawing: by pointer, by keyboard, from the test set or from a file.

class Drawing {
  constructor(size, changed) {
    this.size = size;
    this.changed = changed;
    this.pixels = new Uint8Array(size[0] * size[1]);
    this.cursor = null;
    this.last = null;
    this.canvas = $("canvas");
    this.canvas.setAttribute("aria-label", `Drawing of ${size[1]} by ${size[0]} pixels`);
    this.listen();
    this.show();
  }

  // Replaces all pixels, of which `label` is the class where it is known.
  set(pixels, label = null) {
    this.pixels = Uint8Array.from(pixels);
    this.show();
    this.changed(label);
  }

  show() {
    $("file-error").textContent = "";
    paintPixels(this.canvas, this.pixels, this.size);
    if (this.cursor) {
      const context = this.canvas.getContext("2d");
      context.fillStyle = "#6db3ff";
      context.fillRect(this.cursor[0], this.cursor[1], 1, 1);
    }
  }

  // Draws from the last point to this one, in pixels.
  draw(x, y, isErasing) {
    const radius = Number($("brush").value);
    const [fromX, fromY] = this.last ?? [x, y];
    const points = Math.max(1, Math.ceil(4 * Math.hypot(x - fromX, y - fromY)));
    for (let point = 1; point <= points; point++) {
      this.dot(fromX + ((x - fromX) * point) / points, fromY + ((y - fromY) * point) / points, radius, isErasing);
    }
    this.last = [x, y];
    this.show();
    this.changed(null);
  }

  dot(x, y, radius, isErasing) {
    const [height, width] = this.size;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y)));
        const index = row * width + column;
        const value = Math.round(255 * cover);
        this.pixels[index] = isErasing ? Math.min(this.pixels[index], 255 - value) : Math.max(this.pixels[index], value);
      }
    }
  }

  listen() {
    const { canvas } = this;
    const isErasing = () => $("erase").getAttribute("aria-pressed") === "true";
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      const [height, width] = this.size;
      return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.cursor = null;
      this.last = null;
      this.draw(...at(event), isErasing());
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons && this.last) this.draw(...at(event), isErasing());
    });
    canvas.addEventListener("pointerup", () => (this.last = null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => {
      this.cursor = null;
      this.show();
    });
    $("erase").addEventListener("click", () => $("erase").setAttribute("aria-pressed", String(!isErasing())));
    $("clear").addEventListener("click", () => this.set(new Uint8Array(this.pixels.length)));
    $("file").addEventListener("change", async () => {
      await this.open($("file").files[0]);
      // So that the same file can be chosen again.
      $("file").value = "";
    });
    const mark = (isTarget) => canvas.classList.toggle("target", isTarget);
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      mark(event.dataTransfer.types.includes("Files"));
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) mark(false);
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(false);
      this.open(event.dataTransfer.files[0]);
    });
  }

  async open(file) {
    if (!file) return;
    try {
      this.set(await readPicture(file, this.size));
    } catch (error) {
      $("file-error").textContent = `${file.name} ${error.message}`;
    }
  }

  key(event) {
    const [height, width] = this.size;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [x, y] = this.cursor ?? [width >> 1, height >> 1];
    if (moves[event.key]) {
      const [right, down] = moves[event.key];
      this.cursor = [Math.min(width - 1, Math.max(0, x + right)), Math.min(height - 1, Math.max(0, y + down))];
      this.show();
      this.tellCursor();
    } else if (event.key === " " || event.key === "Backspace") {
      this.cursor = [x, y];
      this.last = null;
      this.draw(x + 0.5, y + 0.5, event.key === "Backspace");
      this.last = null;
      this.tellCursor();
    } else {
      return;
    }
    event.preventDefault();
  }

  tellCursor() {
    const [column, row] = this.cursor;
    $("canvas-place").textContent = `Column ${column + 1}, row ${row + 1}: ${this.pixels[row * this.size[1] + column]}`;
  }
}
