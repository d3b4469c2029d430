// The list of what the server has not taken, in the box about this device: what waits, in the order it will be sent, and what needs a
// person, with the reason. Nothing is edited here: what was refused is sent again, or struck and counted anew.
import * as store from './store.js';
import { $, count, say, words } from './ui.js';

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
const most = 200; // rows that anybody reads

/** Shows the list whenever it can be seen. describe puts an entry into words: {name, what, many}. */
export function makeQueueView(describe) {
  const box = $('sync-box');

  function show() {
    if (!box.open) return;
    const open = store.entries().filter((e) => e.state === 'person' || e.state === 'queued');
    open.sort((a, b) => (b.state === 'person') - (a.state === 'person') || a.seq - b.seq);
    $('queue').replaceChildren(...open.slice(0, most).map(row));
    $('queue').hidden = open.length === 0;
    const elsewhere = store.counts().elsewhere;
    $('queue-elsewhere').hidden = elsewhere === 0;
    $('queue-elsewhere').textContent = say('elsewhere', { n: count(elsewhere) });
  }

  function row(entry) {
    const li = $('queue-row').content.cloneNode(true).firstElementChild, text = describe(entry);
    li.dataset.state = entry.state;
    li.querySelector('.who-what b').textContent = text.name;
    li.querySelector('.who-what span').textContent = text.what;
    li.querySelector('.num').textContent = text.many;
    li.querySelector('small').textContent = [clock.format(entry.at), words[entry.state], entry.reason, entry.held && words.held].filter(Boolean).join(' · ');
    const [again, off] = li.querySelectorAll('button');
    if (entry.state === 'person') {
      again.addEventListener('click', () => store.retry(entry.seq));
      off.hidden = !entry.held; // what nobody else has is not taken off
      off.addEventListener('click', () => store.dismiss(entry.seq));
    } else li.querySelector('.queue-acts').remove();
    return li;
  }

  store.onchange(show);
  return show;
}
