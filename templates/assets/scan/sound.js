// Tells by ear and by hand what a scan was. The sounds differ in number, height and colour, so that they are told apart in a noisy
// room and by who cannot hear high tones. They are made here: no file is loaded.

const sounds = { // [Hz, ms, wave] one after another; then what the phone does, in ms on and off
  half: { tones: [[1175, 40, 'sine']], shake: [20] },
  ok: { tones: [[880, 70, 'sine'], [1319, 130, 'sine']], shake: [60] },
  warning: { tones: [[880, 70, 'sine'], [1319, 90, 'sine'], [587, 200, 'triangle']], shake: [60, 60, 160] },
  duplicate: { tones: [[392, 110, 'square'], [0, 60, 'sine'], [392, 110, 'square']], shake: [70, 60, 70] },
  unknown: { tones: [[233, 160, 'sawtooth'], [156, 320, 'sawtooth']], shake: [320] },
};

let context;

/** Lets the page sound: browsers want a touch or a key first. */
function wake() {
  context ??= new AudioContext();
  if (context.state === 'suspended') context.resume();
}
for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, wake, { capture: true });

/** Whether the page makes sounds; it always shakes. */
export const sound = {
  get on() { return localStorage.getItem('scan-silent') === null; },
  set on(on) { on ? localStorage.removeItem('scan-silent') : localStorage.setItem('scan-silent', '1'); },
};

/** @param {'half' | 'ok' | 'warning' | 'duplicate' | 'unknown'} kind */
export function play(kind) {
  const { tones, shake } = sounds[kind];
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(shake);
  if (!sound.on || context?.state !== 'running') return;
  let at = context.currentTime + 0.005;
  for (const [pitch, ms, wave] of tones) {
    const end = at + ms / 1000;
    if (pitch) {
      const tone = context.createOscillator(), volume = context.createGain();
      tone.type = wave;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(wave === 'sine' ? 0.5 : 0.22, at + 0.008);
      volume.gain.setValueAtTime(wave === 'sine' ? 0.5 : 0.22, end - 0.02);
      volume.gain.linearRampToValueAtTime(0, end);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(end);
    }
    at = end;
  }
}
