// The big keypad: asks for quantity and quality, or which operation of a ticket.
import { $, count, picks } from './ui.js';
import { kinds, many, set, step } from './hand.js';

/**
 * @param {object} to
 * @param {() => {hand: object, work: object}} to.state what is in hand now.
 * @param {() => void} to.changed called after every change of the hand.
 * @param {() => void} to.take called when it is to be counted.
 * @param {() => void} to.drop called when it is to be dropped.
 */
export function makePad({ state, changed, take, drop }) {
  let fresh = true; // the next digit begins a new number

  const show = () => {
    const { hand, work } = state();
    for (const button of $('pad').querySelectorAll('[data-kind]')) {
      button.querySelector('b').textContent = count(many(hand, work, button.dataset.kind));
      button.setAttribute('aria-checked', String(button.dataset.kind === hand.kind));
      button.tabIndex = button.dataset.kind === hand.kind ? 0 : -1;
    }
    $('pad-many').textContent = count(many(hand, work, hand.kind));
    $('pad-take').disabled = kinds.every((kind) => many(hand, work, kind) === 0);
  };

  const change = (fn) => {
    const { hand, work } = state();
    fn(hand, work);
    show();
    changed();
  };

  const digit = (d) => change((hand, work) => {
    set(hand, hand.kind, fresh ? d : many(hand, work, hand.kind) * 10 + d);
    fresh = false;
  });

  const kind = (name) => change((hand) => {
    hand.kind = name;
    hand.single = false;
    if (name !== 'good') hand.checked = true;
    fresh = true;
  });

  $('pad').addEventListener('click', (e) => {
    const button = e.target.closest('button');
    if (!button) return;
    if (button.dataset.kind) kind(button.dataset.kind);
    else if (button.dataset.digit) digit(Number(button.dataset.digit));
    else if (button.dataset.step) change((hand, work) => { step(hand, work, Number(button.dataset.step)); fresh = true; });
    else if (button.id === 'pad-back') change((hand, work) => { set(hand, hand.kind, Math.floor(many(hand, work, hand.kind) / 10)); fresh = false; });
    else if (button.id === 'pad-drop') drop();
    else if (button.id === 'pad-take') take();
  });

  $('pad').addEventListener('keydown', (e) => {
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (!way || !e.target.dataset?.kind) return;
    e.preventDefault();
    const at = (kinds.indexOf(e.target.dataset.kind) + way + kinds.length) % kinds.length;
    kind(kinds[at]);
    $('pad').querySelector(`[data-kind=${kinds[at]}]`).focus();
  });

  return {
    /** Says the number typed so far. */
    type(n) { change((hand) => set(hand, hand.kind, n)); fresh = true; },
    get open() { return !$('pad').hidden; },
    /** Asks for numbers. */
    ask() {
      if (this.asking !== 'numbers') fresh = true;
      this.asking = 'numbers';
      $('pad').hidden = $('counting').hidden = false;
      $('choices').hidden = true;
      show();
    },
    /** Asks which operation. rows as for picks. */
    choose(rows, onPick) {
      this.asking = 'operation';
      $('pad').hidden = $('choices').hidden = false;
      $('counting').hidden = true;
      picks($('choices'), rows, onPick);
    },
    close() {
      this.asking = '';
      $('pad').hidden = true;
    },
  };
}
