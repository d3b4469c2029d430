// Shows things. What happens is decided in main.js.

export const $ = (id) => document.getElementById(id);
export const words = JSON.parse($('words').textContent);

/** A sentence with its {places} filled in. */
export const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** A count with its thousands apart. */
export const count = (n) => n.toLocaleString('en-US').replace('-', '−');

/** Writes a text where it is not there yet: even the same text, written anew, has the whole page laid out again. */
const put = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const signs = { ready: '', half: '→', ok: '✓', warning: '!', duplicate: '=', unknown: '✕', undone: '↩' };

/**
 * Fills the card.
 * @param {'ready' | 'half' | 'ok' | 'warning' | 'duplicate' | 'unknown' | 'undone'} kind
 * @param {{name?: string, many?: number | string, what?: string, note?: string, total?: number}} text
 */
export function card(kind, { name = '', many = '', what = '', note = '', total } = {}) {
  const box = $('card');
  box.dataset.kind = kind;
  box.classList.toggle('long', [...name].length > 7);
  $('card-sign').textContent = signs[kind];
  $('card-name').textContent = name;
  $('card-many').textContent = typeof many === 'number' ? count(many) : many;
  $('card-unit').textContent = typeof many === 'number' ? words.pcs : '';
  $('card-what').textContent = what;
  $('card-note').textContent = note;
  $('card-total').textContent = total === undefined ? '' : say('today', { n: count(total) });
}

/** Adds a note to the card that is shown, such as a warning that came later. */
export function note(kind, text) {
  $('card').dataset.kind = kind;
  $('card-sign').textContent = signs[kind];
  $('card-note').textContent = [$('card-note').textContent, text].filter(Boolean).join(' · ');
}

/** Shows what a person types, and what it leads to. */
export function typed(text, leads = '') {
  $('typed').hidden = !text;
  put($('typed'), leads ? `${text} · ${leads}` : text);
}

const stateSigns = { queued: '○', sent: '✓', duplicate: '=', person: '!', struck: '✕' };
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** A row of the list, as yet empty. */
function emptyRow(uid) {
  const li = $('log-row').content.cloneNode(true).firstElementChild;
  li.dataset.uid = uid;
  return li;
}

function fillRow(li, row) {
  const warned = row.warned && row.state === 'sent';
  li.dataset.state = warned ? 'warned' : row.state;
  put(li.querySelector('.state'), warned ? '!' : stateSigns[row.state]);
  put(li.querySelector('.who-what b'), row.name);
  put(li.querySelector('.who-what span'), row.what);
  put(li.querySelector('.num'), row.many);
  put(li.querySelector('small'), [clock.format(row.at), words[row.state], row.told].filter(Boolean).join(' · '));
  li.querySelector('button').hidden = !row.undoable;
}

/**
 * Fills the list of what was counted last. A row that stays is left where it is, so that a finger on its button still meets it.
 * @param {{uid: string, state: string, name: string, what: string, many: string, at: number, told: string, undoable: boolean, warned: boolean}[]} rows
 */
export function log(rows) {
  const list = $('log'), known = new Map([...list.children].map((li) => [li.dataset.uid, li]));
  $('log-none').hidden = rows.length > 0;
  let at = list.firstElementChild;
  for (const row of rows) {
    const li = known.get(row.uid) ?? emptyRow(row.uid);
    known.delete(row.uid);
    fillRow(li, row);
    if (li === at) at = at.nextElementSibling;
    else list.insertBefore(li, at);
  }
  for (const li of known.values()) li.remove();
}

/** Fills a list of things to pick from: buttons of two lines. */
export function picks(list, rows, onPick) {
  list.replaceChildren(...rows.map((row, i) => {
    const button = $('pick-row').content.cloneNode(true).firstElementChild;
    button.querySelector('b').textContent = row.text;
    button.querySelector('small').textContent = row.hint;
    button.classList.toggle('first', i === 0);
    button.addEventListener('click', () => onPick(row.value));
    return button;
  }));
}

/** Opens a box, if it is not open. */
export function openBox(id) {
  const box = $(id);
  if (!box.open) box.showModal();
}

for (const box of document.querySelectorAll('dialog')) {
  box.addEventListener('click', (e) => e.target === box && box.close('cancel')); // beside the box
}
