// Listens to a scanner that types. It reads keys wherever the cursor is, and by their place on the keyboard when a Chinese input
// method has taken the letters away (key is then "Process" and keyCode 229). A person may type as well: the difference is speed.

const quick = 60; // ms between two keys of a scanner, at most
const pause = 250; // ms after which a scanner that sends no Enter has ended
const shortest = 6; // characters of a code

const places = { Slash: '/', NumpadDivide: '/', Period: '.', NumpadDecimal: '.', Minus: '-', NumpadSubtract: '-', Semicolon: ':' };
const oldCodes = { 186: ':', 189: '-', 190: '.', 191: '/', 109: '-', 110: '.', 111: '/' };

/** The character of a key, or "" for a key that writes none which a code could hold. */
function character(e) {
  if (e.key?.length === 1 && /[\x21-\x7e\uff01-\uff5e]/.test(e.key)) return e.key;
  const place = /^(?:Key([A-Z])|(?:Digit|Numpad)(\d))$/.exec(e.code);
  if (place) return place[1] ?? place[2];
  if (e.code in places) return places[e.code];
  const n = e.keyCode;
  if (n >= 48 && n <= 57 || n >= 65 && n <= 90) return String.fromCharCode(n);
  if (n >= 96 && n <= 105) return String(n - 96);
  return oldCodes[n] ?? '';
}

const isEnter = (e) => e.key === 'Enter' || e.code === 'Enter' || e.code === 'NumpadEnter' || e.keyCode === 13;
const field = (e) => e.target.closest?.('input:not([type=checkbox], [type=radio], [type=file]), textarea, select');

/**
 * Begins to listen.
 * @param {object} to
 * @param {(text: string) => boolean} to.isCode whether a text is a code.
 * @param {(text: string) => void} to.scanned what a scanner has typed.
 * @param {(text: string) => void} to.typing what a person has typed so far; "" when it is given up.
 * @param {(text: string) => void} to.entered what a person has typed, at Enter; "" for Enter alone.
 * @param {() => void} to.escaped called at Escape when nothing is typed.
 */
export function listen({ isCode, scanned, typing, entered, escaped }) {
  let text = '', burst = '', before = -Infinity, ended = -Infinity, timer = 0, kept = null;

  const clear = () => {
    text = burst = '';
    before = -Infinity; // the next key begins anew, however soon it comes
    kept = null;
    clearTimeout(timer);
  };

  /** Ends what a scanner typed; in a field, the field gets back what it held before. */
  const scan = () => {
    const code = burst;
    if (kept?.box.isConnected) {
      kept.box.blur(); // which also ends what an input method was composing
      kept.box.value = kept.value;
    }
    clear();
    typing('');
    scanned(code);
  };

  const hasScan = () => burst.length >= shortest && isCode(burst);

  const onChar = (e, c) => {
    const gap = e.timeStamp - before;
    before = e.timeStamp;
    if (gap > quick) {
      burst = '';
      const box = field(e);
      kept = box ? { box, value: box.value } : null;
    }
    burst += c;
    clearTimeout(timer);
    if (kept) {
      timer = setTimeout(() => hasScan() && scan(), pause);
      return; // a field is for the person who types in it
    }
    e.preventDefault();
    text += c;
    timer = setTimeout(() => {
      if (!hasScan()) return typing(text);
      ended = performance.now();
      scan();
    }, burst.length >= shortest ? pause : 2 * quick);
  };

  const onEnter = (e) => {
    if (e.timeStamp - before <= 5 * quick && hasScan()) {
      e.preventDefault();
      scan();
      return;
    }
    if (field(e)) return;
    if (performance.now() - ended < 2 * pause) {
      e.preventDefault(); // the late Enter of a scan that was taken already
    } else if (text || !e.target.closest?.('button, a, summary, [role=radio]')) {
      e.preventDefault();
      const all = text;
      clear();
      entered(all);
    }
  };

  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (isEnter(e)) return onEnter(e);
    const c = character(e);
    if (c) return onChar(e, c);
    if (field(e)) return;
    if (e.key === 'Backspace' && text) {
      e.preventDefault();
      text = text.slice(0, -1);
      burst = '';
      typing(text);
    } else if (e.key === 'Escape' && !document.querySelector('dialog[open]')) {
      if (!text) escaped();
      clear();
      typing('');
    }
  }, true);
}
