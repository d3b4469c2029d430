// The scan page: takes codes from scanner, camera, photo and keyboard, and counts.
import { parse } from './codes.js';
import { Camera, readPhoto } from './camera.js';
import { counted, empty, good, kinds, next, oneMore, plus } from './hand.js';
import { listen } from './keys.js';
import { makePad } from './pad.js';
import { find } from './pinyin.js';
import { play } from './sound.js';
import { install } from './offline.js';
import { makeQueueView } from './queueview.js';
import * as store from './store.js';
import { makeBoxes } from './boxes.js';
import { $, card, count, log, note, openBox, say, typed, words } from './ui.js';

export { store }; // tests look into it

const page = $('scan').dataset;
const about = Object.fromEntries(new URLSearchParams(location.search));
const back = 2000; // ms after which the card makes room for the next person
const undoFor = 30 * 60_000; // ms for which an entry may be undone here
const shownRows = 30;

let copy = null; // what is known: see store.snapshot
let badges = new Map(), tickets = new Map(), workers = new Map();
let replaced = new Map(); // what to say to a code that is not valid any more
let hand = empty();
let work = { order: '', operation: '', fixed: 0, inspect: false };
let shown = null; // the entry on the card
let told = new Set(); // uids of which a warning or a refusal was told
let lastBadge = { code: '', at: 0 };
let looked = 0; // when the server was asked for a code that is unknown here
let timer = 0; // until the card makes room, or 0
const pending = new Set(); // "ticket/operation" of what is being stored

// ---- what is known ----

function learn() {
  const now = store.snapshot();
  if (now === copy) return;
  copy = now;
  badges = new Map(copy.workers.flatMap((w) => w.badges.map((b) => [b, w])));
  workers = new Map(copy.workers.map((w) => [w.code, w]));
  tickets = new Map(copy.tickets.map((t) => [t.code, t]));
  replaced = new Map([
    ...copy.workers.flatMap((w) => (w.replaced ?? []).map((b) => [b, { name: w.name, what: words.replacedBadge }])),
    ...(copy.split ?? []).map((t) => [t, { name: words.ticket, what: words.replacedTicket }]),
  ]);
  // What is in hand is held by its new self.
  if (hand.worker) hand.worker = workers.get(hand.worker.code) ?? hand.worker;
  if (hand.ticket) hand.ticket = tickets.get(hand.ticket.code) ?? hand.ticket;
  if (work.operation && !operationOf(work.order, work.operation)) work = { ...work, order: '', operation: '' };
  boxes.learn(copy);
  showWork();
  if (timer) return; // what is being said is not cut short
  if (hand.worker || hand.ticket) go(false);
  else ready();
}

const orderOf = (code) => copy.orders.find((o) => o.code === code);
const operationOf = (order, code) => orderOf(order)?.operations.find((op) => op.code === code);

/** An operation in words: its name, the product and the order. */
function operationText(order, code) {
  const o = orderOf(order);
  return [operationOf(order, code)?.name ?? code, o?.product, order].filter(Boolean).join(' · ');
}

const isOpen = () => copy.sessions.find((s) => s.code === copy.session)?.open;

// ---- the card ----

function showWork() {
  $('session').textContent = [copy.session, copy.workshop.name].filter(Boolean).join(' · ');
  $('work-what').textContent = work.operation ? operationText(work.order, work.operation) : words.ticketsWay;
  $('work-many').textContent = work.operation ? (work.fixed ? say('fixed', { n: count(work.fixed) }) : words.asked) : '';
}

/** Shows a card, and after a while what comes next. A new scan never waits for it. */
function show(kind, text, entry = null) {
  shown = entry;
  card(kind, text);
  makeRoom(kind === 'half' || kind === 'ready' ? 0 : back);
}

/** Lets what comes next take the card after a while in ms; 0 is not before it is called for. */
function makeRoom(after) {
  clearTimeout(timer);
  timer = after && setTimeout(() => {
    timer = 0;
    shown = null;
    go(false);
  }, after);
}

function tell(kind, text) {
  play(kind);
  show(kind, text);
}

function ready() {
  pad.close();
  if (!copy) return show('unknown', { name: words.fault, what: words.sayNocopy });
  if (!copy.session) return show('duplicate', { name: words.noSession, what: words.noSessionWhat });
  if (!isOpen()) return show('duplicate', { name: words.closedSession, what: words.closedWhat });
  show('ready', { name: work.operation ? words.readyBadge : words.ready, what: words.readyHow });
}

// ---- what is in hand ----

/** Goes on with what is in hand: asks for what is missing, or, when nothing is and auto is set, counts it. */
function go(auto) {
  const { need, choices, item } = copy?.session ? next(hand, work, copy, pending) : { need: 'scan' };
  if (need === null && auto) return book(item);
  if (need === 'scan') return ready();
  const { worker, ticket } = hand;
  if (need === 'nothing') {
    hand = empty();
    pad.close();
    return tell('duplicate', { name: words.twice, many: ticket.quantity, what: words.twiceWhat, note: `${words.ticket} ${ticket.code}` });
  }
  if (auto) play('half');
  if (need === 'worker') {
    pad.close();
    return show('half', { name: words.nowBadge, many: good(hand, work), what: orderText(ticket), note: `${words.ticket} ${ticket.code}` });
  }
  const text = { name: worker.name, total: worker.today.pieces };
  if (need === 'ticket') {
    pad.close();
    show('half', { ...text, what: words.nowTicket, many: hand.good ?? '', note: words.nowTicketHow });
  } else if (need === 'operation') {
    pad.choose(choices.map((op) => ({ text: op.name, hint: op.code, value: op.code })), (code) => {
      hand.operation = code;
      go(true);
    });
    show('half', { ...text, many: good(hand, work), what: orderText(ticket), note: words.askOperation });
  } else {
    pad.ask();
    show('half', { ...text, many: good(hand, work) ?? '', what: operationText(item.order, item.operation), note: words.askMany });
  }
}

const orderText = (ticket) => [orderOf(ticket.order)?.product, ticket.order].filter(Boolean).join(' · ');

/** Counts what is in hand if it is whole. Returns whether the hand is free for the next scan. */
function take() {
  if (!copy?.session) return true;
  const { need, item } = next(hand, work, copy, pending);
  if (need !== null && need !== 'confirm') return !counted(hand) && need !== 'operation';
  book(item);
  return true;
}

function drop() {
  hand = empty();
  go(false);
}

/** Puts an item into the queue and shows it as soon as it is safe there. */
function book(item) {
  const { worker } = hand, mark = item.ticket && `${item.ticket}/${item.operation}`;
  hand = empty();
  pad.close();
  if (mark) pending.add(mark);
  const spoilt = kinds.slice(1).filter((kind) => item[kind]).map((kind) => `${words[kind]} ${count(item[kind])}`).join(' · ');
  store.enqueue(item).then((entry) => {
    if (mark) pending.delete(mark);
    if (hand.worker || hand.ticket) return play('ok'); // the next scan has come; it keeps the card
    play('ok');
    learn();
    show('ok', { name: worker.name, many: item.good, what: operationText(item.order, item.operation), note: spoilt, total: workers.get(worker.code)?.today.pieces }, entry);
  }, (err) => {
    if (mark) pending.delete(mark);
    tell('unknown', { name: words.fault, what: faultText(err) });
  });
}

const faultText = (err) => ({ full: words.sayFull, blocked: words.sayBlocked, nocopy: words.sayNocopy })[err.code] ?? String(err);

// ---- codes ----

/** Does what a code says. again is set once the server was asked about an unknown one. */
function act(text, again = false) {
  typed('');
  if (!copy) return ready();
  const code = parse(text);
  if (code.wrong === 'misread') return tell('unknown', { name: words.misread, what: words.misreadWhat, note: text.slice(-40) });
  if (code.wrong) return tell('unknown', { name: words.noCode, what: words.misreadWhat, note: text.slice(-40) });
  if (code.kind === 'C') return command(code.command);
  if (code.kind === 'S') return visit({ code: code.text });
  if (!copy.session || !isOpen()) {
    play('unknown');
    return ready();
  }
  if (badges.has(code.text)) return takeBadge(badges.get(code.text), code.text);
  if (tickets.has(code.text)) return takeTicket(tickets.get(code.text));
  if (replaced.has(code.text)) return tell('unknown', { ...replaced.get(code.text), note: code.text });
  if (code.kind === 'H' && store.status().online) return void location.assign(`/q/${code.text}`);
  if (!again && store.status().online && Date.now() - looked > 5000) {
    looked = Date.now();
    return void store.refresh().then(() => { learn(); act(text, true); });
  }
  tell('unknown', { name: words.unknown, what: words.unknownWhat, note: code.text });
}

function takeBadge(worker, code = worker.code) {
  if (boxes.member(worker)) return play('half');
  const { need } = next(hand, work, copy, pending);
  if (need === 'operation') return tell('warning', { name: words.choose, note: worker.name });
  if (hand.worker && counted(hand)) take(); // the new scan never waits
  if (work.operation && !hand.ticket && !hand.worker) {
    const now = Date.now(), seconds = copy.workshop.repeat_seconds;
    if (code === lastBadge.code && now - lastBadge.at < seconds * 1000) {
      return tell('duplicate', { name: worker.name, what: say('soon', { n: seconds }), total: worker.today.pieces });
    }
    lastBadge = { code, at: now };
  }
  hand.worker = worker;
  go(true);
}

function takeTicket(ticket) {
  const { need } = next(hand, work, copy, pending);
  if (need === 'operation') return tell('warning', { name: words.choose, note: hand.worker.name });
  if (hand.worker && hand.ticket && counted(hand)) take();
  hand.ticket = ticket;
  hand.operation = null;
  go(true);
}

function command(name) {
  const number = { x10: 10, x50: 50, x100: 100 }[name];
  if (number) plus(hand, number);
  else if (name === 'undo') return undoLast();
  else if (name === 'done') return void (take() || play('warning'));
  else if (name) oneMore(hand, name);
  play('half');
  const { worker, ticket } = hand;
  if (worker || ticket) return go(false);
  show('half', { name: words.readyBadge, many: hand[hand.kind], what: words[hand.kind] });
}

/** Opens this page for another session, by a code or by name. */
function visit(where) {
  if (!store.status().online) return tell('warning', { name: words.offlineSession });
  location.assign(`/scan?${new URLSearchParams(where)}`);
}

/** Follows a link. Only this page is kept on the device: without a network a link says so, rather than lead to a page that does not open. */
async function leave(e) {
  const link = e.target.closest('a[href]');
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  const there = store.status().online && await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(4000) }).then((res) => res.ok, () => false);
  if (there) return void location.assign(link.href);
  link.closest('dialog')?.close();
  tell('warning', { name: words.offline, what: words.offlinePage });
}

// ---- undo ----

const struck = () => new Set(store.entries().filter((e) => e.item.reverses && e.state !== 'person').map((e) => e.item.reverses));

const undoable = (entry, gone) => !entry.item.reverses && entry.state !== 'person' && !gone.has(entry.uid) && Date.now() - entry.at < undoFor;

/** Undoes the last entry, or drops what is in hand. */
function undoLast() {
  if (hand.worker || hand.ticket || counted(hand)) {
    play('half');
    return drop();
  }
  const gone = struck(), last = store.entries().findLast((e) => undoable(e, gone));
  if (!last) return tell('warning', { name: words.undone, what: words.nothingToUndo });
  undo(last, words.undoneAtBench);
}

function undo(entry, reason) {
  const { uid, recorded_at, ...same } = entry.item;
  store.enqueue({ ...same, reverses: uid, reason }).then((reversal) => {
    play('duplicate');
    learn();
    const worker = workers.get(entry.item.worker);
    show('undone', { name: worker?.name ?? entry.item.worker, many: entry.item.good, what: operationText(entry.item.order, entry.item.operation), note: words.undone, total: worker?.today.pieces }, reversal);
  }, (err) => tell('unknown', { name: words.fault, what: faultText(err) }));
}

function askUndo(uid) {
  const entry = store.entries().find((e) => e.uid === uid);
  if (entry) boxes.askUndo(row(entry, new Set()), (reason) => undo(entry, reason));
}

// ---- what was counted ----

/** An entry as the list shows it. */
function row(entry, gone) {
  const { item } = entry, back = Boolean(item.reverses), isGone = gone.has(entry.uid);
  const parts = kinds.slice(1).filter((kind) => item[kind]).map((kind) => `${words[kind]} ${count(item[kind])}`);
  const said = entry.reason ?? (back ? item.reason : '');
  return {
    uid: entry.uid, state: isGone ? 'struck' : entry.state, at: entry.at, undoable: undoable(entry, gone), warned: Boolean(entry.warnings?.length),
    name: workers.get(item.worker)?.name ?? item.worker, what: operationOf(item.order, item.operation)?.name ?? item.operation,
    many: (back ? '−' : '') + count(item.good), told: [...parts, ...(entry.warnings ?? []), said].filter(Boolean).join(' · '),
  };
}

let due = 0;

/** Shows the queue anew, at most once a frame. */
function changed() {
  due ||= requestAnimationFrame(() => {
    due = 0;
    if (store.snapshot()) learn();
    const gone = struck(), entries = store.entries();
    log(entries.slice(-shownRows).reverse().map((entry) => row(entry, gone)));
    boxes.showState(store.status(), store.counts());
    for (const entry of entries.slice(-shownRows)) hear(entry);
  });
}

/** Tells once what the server answered about an entry, when it is more than that all is well. */
function hear(entry) {
  const text = entry.state === 'person' ? entry.reason : entry.warnings?.join(' · ');
  if (!text || told.has(entry.uid)) return;
  told.add(entry.uid);
  if (!listening) return; // what was told before the page was loaded
  const kind = entry.state === 'person' ? 'unknown' : 'warning';
  play(kind);
  if (shown?.uid === entry.uid) {
    note(kind, text);
    makeRoom(2 * back);
  }
}

// ---- ways in ----

/** What a person typed: a number while one is asked for, a code, or something to find a person by. */
function entered(text) {
  typed('');
  if (/^\d{1,5}$/.test(text) && (pad.open || hand.worker) && pad.asking !== 'operation') {
    pad.type(Number(text));
    return void take();
  }
  if (pad.asking === 'operation' && /^[1-9]?$/.test(text)) return void $('choices').querySelector(`button:nth-child(${text || 1})`)?.click();
  if (text === '') return void (take() || play('warning'));
  const found = copy ? find(copy.workers, text) : [];
  if (!parse(text).wrong || found.length === 0) return act(text);
  if (found.length === 1) return takeBadge(found[0]);
  boxes.find(text);
}

function typing(text) {
  if (/^\d{1,5}$/.test(text) && pad.asking === 'numbers') return pad.type(Number(text));
  const found = text && copy && !/^\d+$/.test(text) ? find(copy.workers, text) : [];
  typed(text, found.length === 1 ? `${found[0].name} · ${words.enter}` : found.length > 1 ? say('many', { n: found.length }) : '');
}

const pad = makePad({ state: () => ({ hand, work }), changed: () => go(false), take, drop });
const boxes = makeBoxes({
  act, takeBadge, visit,
  work: () => work,
  setWork(way) {
    work = way;
    localStorage.setItem(`scan-work-${copy.workshop.code}`, JSON.stringify(work));
    showWork();
    go(false);
  },
  weighed(weight, n) {
    hand.good = n;
    hand.weight = weight;
    hand.checked = true;
    go(false);
  },
});

const camera = new Camera($('video'), page, act);
const cameraTroubles = { NotAllowedError: 'cameraDenied', NotFoundError: 'cameraNone', NotSupportedError: 'cameraHttps' };

async function switchCamera() {
  if (camera.on) camera.stop();
  else await camera.start().catch((err) => tell('warning', { name: words[cameraTroubles[err.name] ?? 'cameraFailed'] }));
  $('scan').classList.toggle('sees', camera.on);
  $('lens').hidden = !camera.on;
  $('lamp').hidden = !camera.hasTorch;
  $('camera').setAttribute('aria-pressed', String(camera.on));
}

$('camera').addEventListener('click', switchCamera);
$('lamp').addEventListener('click', async (e) => {
  const lit = e.currentTarget.getAttribute('aria-pressed') !== 'true';
  await camera.torch(lit);
  $('lamp').setAttribute('aria-pressed', String(lit));
});
document.addEventListener('visibilitychange', () => document.hidden && camera.on && switchCamera());
$('photo').addEventListener('change', async (e) => {
  const [file] = e.target.files;
  e.target.value = '';
  if (!file) return;
  $('more-box').close();
  show('half', { name: words.reading });
  const codes = await readPhoto(page, file).catch(() => []);
  if (codes.length === 0) tell('unknown', { name: words.noCode, what: words.photoNone });
  for (const code of codes) act(code);
});
$('undo').addEventListener('click', () => {
  if (hand.worker || hand.ticket || counted(hand)) return undoLast();
  const gone = struck(), last = store.entries().findLast((e) => undoable(e, gone));
  if (last) askUndo(last.uid);
  else tell('warning', { name: words.undone, what: words.nothingToUndo });
});
const showQueue = makeQueueView((entry) => row(entry, new Set()));
$('log').addEventListener('click', (e) => e.target.closest('button') && askUndo(e.target.closest('li').dataset.uid));
document.addEventListener('click', leave);
for (const button of document.querySelectorAll('[data-dialog]')) {
  button.addEventListener('click', () => {
    boxes.fill(button.dataset.dialog);
    openBox(button.dataset.dialog);
    showQueue();
  });
}

listen({ isCode: (text) => !parse(text).wrong, scanned: act, typing, entered, escaped: drop });

// ---- start ----

let listening = false;
store.onchange(changed);
try {
  await store.open({ session: about.session, workshop: about.workshop });
  if (!store.snapshot()) await store.refresh();
} catch (err) {
  tell('unknown', { name: words.fault, what: faultText(err) });
}
if (store.snapshot()) {
  try {
    work = { ...work, ...JSON.parse(localStorage.getItem(`scan-work-${store.snapshot().workshop.code}`)) };
  } catch {
    // what was kept is not ours any more: begin as new
  }
  learn();
}
changed();
requestAnimationFrame(() => { listening = true; });
if (about.code) {
  history.replaceState(null, '', location.pathname); // once: loading the page again does not scan again
  if (parse(about.code).kind === 'S') tell('unknown', { name: words.unknown, what: words.unknownWhat }); // the server knows no such session
  else act(about.code);
}
document.documentElement.dataset.scan = 'ready';
install();
