// Reads codes with the camera, or in a photo. What decodes them is loaded at the first use.

const every = 120; // ms between two looks
const gone = 2000; // ms that a code must be out of sight to count as shown again
const photoSide = 1600; // px of the longer side of a photo, at most

let loading;

/** The function from a picture to the codes in it; see reader.js. */
function load(page) {
  loading ??= import(page.reader).then(({ reader }) => reader(page.wasm)).catch((err) => {
    loading = undefined;
    throw err;
  });
  return loading;
}

export class Camera {
  #video;
  #page;
  #onCode;
  #stream = null;
  #seen = new Map();

  /**
   * @param {HTMLVideoElement} video shows what the camera sees.
   * @param {{reader: string, wasm: string}} page addresses of what decodes.
   * @param {(text: string) => void} onCode called once for each time a code is shown.
   */
  constructor(video, page, onCode) {
    [this.#video, this.#page, this.#onCode] = [video, page, onCode];
  }

  get on() { return this.#stream !== null; }

  /** Whether the lamp of the camera can be lit. */
  get hasTorch() { return this.#stream?.getVideoTracks()[0].getCapabilities?.().torch === true; }

  /** Begins. Rejects with the browser's own error: NotAllowedError, NotFoundError … */
  async start() {
    if (!navigator.mediaDevices) throw new DOMException('', 'NotSupportedError'); // without https
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } } });
    try {
      const read = await load(this.#page);
      this.#video.srcObject = stream;
      await this.#video.play();
      this.#stream = stream;
      this.#look(read, stream);
    } catch (err) {
      for (const track of stream.getTracks()) track.stop();
      throw err;
    }
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = this.#video.srcObject = null;
    this.#seen.clear();
  }

  torch(on) {
    return this.#stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
  }

  async #look(read, stream) {
    while (this.#stream === stream) {
      const codes = this.#video.readyState >= 2 ? await read(this.#video).catch(() => []) : [];
      const now = performance.now();
      for (const code of codes) {
        const last = this.#seen.get(code) ?? -Infinity;
        this.#seen.set(code, now);
        if (this.#stream === stream && now - last > gone) this.#onCode(code);
      }
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }
}

/** The codes in a photo: decoded here or, if that finds none, by the server. */
export async function readPhoto(page, file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, photoSide / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  const codes = await load(page).then((read) => read(canvas)).catch(() => []);
  if (codes.length > 0) return codes;
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8));
  const res = await fetch('/scan/photo', { method: 'POST', body: jpeg, headers: { Accept: 'application/json' } });
  return res.ok ? (await res.json()).codes : [];
}
