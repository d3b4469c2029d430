// The boxes over the page: how to count, typing and finding, undoing, weighing, the state of the queue, and the rest.
import { parse } from './codes.js';
import { maxPieces, micrograms, pieces } from './hand.js';
import { find } from './pinyin.js';
import { sound } from './sound.js';
import { makeTeamBox } from './team.js';
import * as store from './store.js';
import { $, count, openBox, picks, say, words } from './ui.js';

const option = (value, text, chosen) => new Option(text, value, chosen, chosen);

/** The boxes, which call back to the page; see main.js. */
export function makeBoxes(to) {
  let copy = null, undoing = null;
  const team = makeTeamBox(to);

  // ---- how to count ----

  const form = $('work-form').elements;
  const showMore = () => { $('work-more').hidden = form.way.value !== 'operation'; };
  for (const radio of form.way) radio.addEventListener('change', showMore);

  function fillWork() {
    const work = to.work(), chosen = `${work.order}/${work.operation}`;
    form.way.value = work.operation ? 'operation' : 'ticket';
    form.fixed.value = work.fixed || '';
    form.inspect.checked = work.inspect;
    $('work-operation').replaceChildren(...copy.orders.map((o) => {
      const group = document.createElement('optgroup');
      group.label = `${o.product} · ${o.code}`;
      group.append(...o.operations.map((op) => option(`${o.code}/${op.code}`, `${op.name} · ${count(op.done)} / ${count(o.quantity)}`, `${o.code}/${op.code}` === chosen)));
      return group;
    }));
    if (copy.orders.length === 0) $('work-operation').append(option('', words.noOrders));
    showMore();
  }

  $('work-form').addEventListener('submit', (e) => {
    if (e.submitter?.value !== 'ok') return;
    const value = $('work-operation').value, at = value.lastIndexOf('/');
    const chosen = form.way.value === 'operation' && at > 0 ? { order: value.slice(0, at), operation: value.slice(at + 1) } : { order: '', operation: '' };
    const fixed = chosen.operation ? Math.min(maxPieces, Number(form.fixed.value) || 0) : 0;
    to.setWork({ ...chosen, fixed, inspect: form.inspect.checked });
  });

  // ---- typing and finding ----

  function showFound() {
    const text = $('find-text').value;
    const code = parse(text);
    const rows = (copy ? find(copy.workers, text) : []).map((w) => ({ text: w.name, hint: w.code, value: () => to.takeBadge(w) }));
    if (!code.wrong) rows.unshift({ text: code.short, hint: code.text, value: () => to.act(text) });
    picks($('find-list'), rows, (fn) => {
      $('find-box').close();
      fn();
    });
    $('find-hint').hidden = rows.length > 0;
  }
  $('find-text').addEventListener('input', showFound);
  $('find-form').addEventListener('submit', (e) => {
    if (e.submitter && e.submitter.value === 'cancel' && document.activeElement !== $('find-text')) return;
    e.preventDefault();
    const first = $('find-list').querySelector('button');
    if (first) return first.click();
    if ($('find-text').value.trim() === '') return $('find-box').close();
    $('find-box').close();
    to.act($('find-text').value);
  });

  // ---- undoing ----

  $('undo-form').addEventListener('submit', (e) => {
    if (e.submitter?.value !== 'ok') return;
    const data = new FormData(e.target);
    undoing?.(data.get('other').trim() || data.get('reason') || words.undoneAtBench);
  });

  // ---- weighing ----

  const weights = ['gross', 'tare', 'unit'];
  const unitKey = () => `scan-unit-${copy.workshop.code}-${to.work().order}-${to.work().operation}`;

  /** What a piece weighs as far as the server knows, in grams. */
  function knownUnit() {
    const { order, operation } = to.work();
    const known = copy.orders.find((o) => o.code === order)?.operations.find((o) => o.code === operation)?.unit_ug;
    return known ? String(Number((known / 1e6).toFixed(6))) : '';
  }

  function weigh() {
    const text = (name) => $(`weigh-${name}`).value.trim().replace(',', '.');
    const weight = { gross: text('gross'), tare: text('tare') || '0', unit: text('unit') };
    const n = pieces(micrograms(weight.gross, 3), micrograms(weight.tare, 3), micrograms(weight.unit, 6));
    const fits = n !== null && n > 0 && n <= maxPieces;
    $('weigh-many').textContent = n === null ? '–' : count(n);
    $('weigh-take').disabled = !fits;
    return fits ? { n, weight } : null;
  }
  $('weigh-form').addEventListener('input', weigh);
  $('weigh-form').addEventListener('submit', (e) => {
    const weighed = weigh();
    if (e.submitter?.value !== 'ok' || !weighed) return;
    localStorage.setItem(unitKey(), $('weigh-unit').value);
    to.weighed(weighed.weight, weighed.n);
  });

  // ---- the state of the queue ----

  $('send-now').addEventListener('click', () => store.flush());
  $('save-queue').addEventListener('click', () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([store.exported()], { type: 'application/json' }));
    link.download = `jijian-${copy?.workshop.code ?? ''}-${new Date().toISOString().slice(0, 16).replace(':', '')}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });

  // ---- the rest ----

  $('sound').setAttribute('aria-pressed', String(sound.on));
  $('sound').addEventListener('click', () => {
    sound.on = !sound.on;
    $('sound').setAttribute('aria-pressed', String(sound.on));
  });
  $('session-pick').addEventListener('change', (e) => {
    const [kind, code] = JSON.parse(e.target.value);
    $('more-box').close(); // it would lie over what is said about it
    to.visit({ [kind]: code });
  });

  return {
    /** Takes a new copy of names, orders and sessions. */
    learn(fresh) {
      copy = fresh;
      $('session-pick').replaceChildren(...copy.sessions.filter((s) => s.open || s.code === copy.session).map((s) => option(JSON.stringify(['session', s.code]), [s.code, s.date, s.starts_at].filter(Boolean).join(' · '), s.code === copy.session)));
      for (const w of copy.workshops ?? []) {
        if (w.code !== copy.workshop.code) $('session-pick').append(option(JSON.stringify(['workshop', w.code]), `${w.code} · ${w.name}`));
      }
      const id = copy.sessions.find((s) => s.code === copy.session)?.id;
      $('grid-link').href = id ? `/sessions/${id}` : '/sessions';
      for (const name of ['board', 'closing']) {
        $(`${name}-link`).hidden = !id;
        if (id) $(`${name}-link`).href = `/sessions/${id}/${name}`;
      }
    },

    /** Prepares a box that is about to open. */
    fill(id) {
      for (const box of document.querySelectorAll('dialog[open]')) box.close();
      if (id === 'work-box' && copy) fillWork();
      if (id === 'team-box' && copy) team.fill(copy);
      if (id === 'more-box' && copy?.session) $('session-pick').value = JSON.stringify(['session', copy.session]);
      if (id === 'find-box') {
        $('find-text').value = '';
        showFound();
      }
      if (id === 'weigh-box') {
        for (const name of weights) $(`weigh-${name}`).value = '';
        $('weigh-unit').value = localStorage.getItem(unitKey()) ?? knownUnit();
        weigh();
      }
    },

    /** Takes a badge that was scanned while a team is put together; false if none is. */
    member: team.scanned,

    /** Opens the search with what was typed. */
    find(text) {
      $('find-text').value = text;
      showFound();
      openBox('find-box');
      $('find-text').focus();
    },

    /** Asks why an entry is to be undone. */
    askUndo(row, then) {
      undoing = then;
      $('undo-form').reset();
      $('undo-what').textContent = `${row.name} · ${row.what} · ${row.many} ${words.pcs}`;
      openBox('undo-box');
    },

    /** Shows how the queue stands. */
    showState(status, n) {
      const [kind, text, sentence] = status.fault ? ['bad', words.fault, { full: words.sayFull, nocopy: words.sayNocopy }[status.fault.code] ?? words.sayBlocked]
        : status.signin ? ['wait', words.signin, words.saySignin]
          : n.queued > 0 && !status.online ? ['wait', `${words.offline} · ${say('waiting', { n: count(n.queued) })}`, words.sayOffline]
            : !status.online ? ['off', words.offline, words.sayOffline]
              : n.person > 0 ? ['bad', say('people', { n: count(n.person) }), words.sayPerson]
                : n.queued > 0 ? ['wait', say('waiting', { n: count(n.queued) }), status.foreign ? say('elsewhere', { n: count(n.queued) }) : words.sayWaiting]
                  : ['done', words.online, words.sayOnline];
      $('sync').dataset.kind = kind;
      $('sync-text').textContent = text;
      $('sync-say').textContent = sentence;
      for (const name of ['queued', 'sent', 'duplicate', 'person']) $(`n-${name}`).textContent = count(n[name]);
      $('sign-in').hidden = !status.signin;
      $('review-link').hidden = n.person === 0;
    },
  };
}
