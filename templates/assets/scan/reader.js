// Reads QR codes and Code 128 in pictures. A file of its own: with the WebAssembly it needs it is larger than all else of the
// page, and who has a scanner never loads it.
import { BarcodeDetector, prepareZXingModule } from 'barcode-detector/ponyfill';

/**
 * Returns a function from a picture (video, canvas, ImageBitmap, Blob) to the texts of the codes in it, best first.
 * @param {string} wasm address of the WebAssembly.
 */
export async function reader(wasm) {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  const detector = new BarcodeDetector({ formats: ['qr_code', 'code_128'] });
  return async (picture) => (await detector.detect(picture)).map((code) => code.rawValue);
}
