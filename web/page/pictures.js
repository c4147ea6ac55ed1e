// Pictures: those of the test set, and files of the user's.

class TestSet {
  // Pictures, one after the other, and then a label for each.
  constructor(bytes, size) {
    this.size = size;
    this.width = size[0] * size[1];
    this.count = bytes.length / (this.width + 1);
    this.bytes = bytes;
  }

  picture(index) {
    return this.bytes.subarray(index * this.width, (index + 1) * this.width);
  }

  label(index) {
    return this.bytes[this.count * this.width + index];
  }
}

// Bytes of a file at most. A photograph has fewer.
const LARGEST_FILE = 64 << 20;

// The pixels of a file: grey, bright on dark, fitted into the size. Fails with what the file is or is not.
async function readPicture(file, [height, width]) {
  if (file.size > LARGEST_FILE) throw new Error(`is larger than ${LARGEST_FILE >> 20} MB.`);
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("is not an image that this browser can read.");
  });
  const scale = Math.min(width / bitmap.width, height / bitmap.height);
  const [w, h] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))];
  const canvas = element("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, Math.floor((width - w) / 2), Math.floor((height - h) / 2), w, h);
  const { data } = context.getImageData(0, 0, width, height);
  const grey = (at) => 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  // A photograph of a product lies on a bright ground: what the corners are is made black.
  const corners = [0, width - 1, width * (height - 1), width * height - 1].map((index) => 4 * index);
  const inside = corners.filter((at) => data[at + 3] > 127).map(grey);
  const isBright = inside.length > 0 && inside.reduce((sum, value) => sum + value, 0) / inside.length > 127;
  return Uint8Array.from({ length: width * height }, (_, index) => {
    const value = grey(4 * index);
    return ((isBright ? 255 - value : value) * data[4 * index + 3]) / 255;
  });
}
