// What the scan page knows and what it has counted, kept on the device: a copy of names, orders and tickets of a workshop, and
// the queue of tallies. A tally is accepted once it is on the disk of the device; it is sent when there is a network, in the
// order counted, and stays here until the server has answered for it. Nothing is ever dropped: the server tells a tally sent
// twice by its uid.
import {v7 as uuid} from 'uuid';
import {database} from './database.js';

const talliesPath = '/api/v1/tallies', dataPath = '/scan/data';
const batchSize = 100, keepSent = 500;
const patience = 20_000, longestWait = 30_000, renewal = 5 * 60_000; // ms

/** Why the device cannot keep a tally. code: full (no room), blocked (no storage at all), nocopy (never been online here), twice (its
 * uid is in the queue already). */
export class StoreError extends Error {
  constructor(code, cause) {
    super(code, {cause});
    this.code = code;
  }
}

let db, opening;
let current = '';     // code of the workshop in use
let copy = null;      // its copy as the server sent it: {workshop, etag, at, data}
let view = null;      // the same with the queue counted in
let list = [];        // every entry on the device, in the order counted
let timer = 0, wait = 0, sending = null, more = false;
let refused = new Set(); // workshops the present sign-in may not send for
let fault = null;     // the StoreError that stops counting
let asked = {};       // session and workshop the page is about
const state = {online: navigator.onLine, sending: false, signin: false, failed: '', skew: 0};
const listeners = new Set();
const others = 'BroadcastChannel' in globalThis ? new BroadcastChannel('jijian-scan') : null;

/** Makes the store ready: reads what the device has, then sends and refreshes beside. Asks for the session and the workshop
 * given, if any. Rejects with a StoreError when the device keeps nothing, e.g. in a private window of some browsers. */
export async function open(about = {}) {
  asked = about;
  await load();
  navigator.storage?.persist?.().catch(() => {}); // some browsers ask the person, and nothing waits for her
  addEventListener('online', () => { state.online = true; again(); });
  addEventListener('offline', () => { state.online = false; changed(); });
  addEventListener('pageshow', e => e.persisted && reload());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && reload());
  others?.addEventListener('message', elsewhere);
  setInterval(() => document.visibilityState === 'visible' && refresh(), renewal);
  again();
}

/** Reads the device anew, then sends and refreshes. */
const reload = () => load().then(again, () => changed(false));

let reading = 0;

/** Reads what another tab has changed, at most ten times a second. */
function elsewhere() {
  reading ||= setTimeout(() => {
    reading = 0;
    load().catch(() => {}).then(() => changed(false));
  }, 100);
}

/** Begins to send without waiting for the end of a pause, also for workshops that were refused to an earlier sign-in. */
function again() {
  wait = 0;
  refused.clear();
  flush();
  refresh();
}

function connect() {
  opening ??= database(() => { db = opening = undefined; }).then(opened => db = opened, err => {
    opening = undefined;
    throw broken(err);
  });
  return opening;
}

async function load() {
  try {
    await connect();
    const tx = db.transaction(['queue', 'copies', 'meta']);
    const [all, copies, workshop] = await Promise.all([tx.objectStore('queue').getAll(), tx.objectStore('copies').getAll(), tx.objectStore('meta').get('workshop')]);
    list = all;
    current = workshop ?? '';
    copy = copies.find(c => c.workshop === current) ?? null;
    view = merge();
  } catch (err) {
    throw err instanceof StoreError ? err : broken(err);
  }
}

/** Notes that the device does not keep what it is given. */
function broken(err) {
  fault = new StoreError(err?.name === 'QuotaExceededError' ? 'full' : 'blocked', err);
  changed(false);
  return fault;
}

/** The copy of names, orders and tickets with every tally of the queue counted in; null before the first time online. It is
 * what GET /scan/data answered, is kept up to date in place and is not to be changed by others. */
export const snapshot = () => view;

/** The entries of the workshop in use, in the order counted: {seq, uid, workshop, state, at, item, reason, held, warnings}.
 * state: queued (on the device), sent, duplicate (was there before), person (refused, a person must decide). */
export const entries = () => list.filter(e => e.workshop === current);

/** How many entries of the workshop in use are in each state, and how many of other workshops wait on this device. */
export function counts() {
  const n = {queued: 0, sent: 0, duplicate: 0, person: 0, elsewhere: 0};
  for (const e of list) {
    if (e.workshop === current) n[e.state]++;
    else if (e.state === 'queued') n.elsewhere++;
  }
  return n;
}

/** How things stand: online; sending; signin (the queue waits for a sign-in); foreign (it waits for somebody of its workshop);
 * fault (a StoreError, nothing can be counted); failed (why the last sending did); skew (server's clock minus the device's, ms). */
export const status = () => ({...state, fault, foreign: refused.has(current)});

/** Calls fn after every change of entries, snapshot or status; returns a function that ends it. */
export function onchange(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

let due = false;
function changed(tell = true) {
  if (tell) others?.postMessage('changed');
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    for (const fn of listeners) fn();
  });
}

/** Counts a tally: an item of the interface, of which uid and recorded_at are filled in. Resolves with its entry when it is on
 * the disk and never before; rejects with a StoreError when it is not, and then nothing was counted. */
export async function enqueue(item) {
  if (!copy) throw fault ?? new StoreError('nocopy');
  const at = Date.now();
  const entry = {uid: item.uid ?? uuid(), workshop: current, state: 'queued', at, item: {...item}};
  entry.item.uid = entry.uid;
  entry.item.recorded_at ??= new Date(at).toISOString();
  const before = db ? null : connect(); // with a connection nothing is waited for, so that tallies keep the order of the calls
  if (before) await before;
  try {
    const tx = db.transaction('queue', 'readwrite', {durability: 'strict'});
    const [seq] = await Promise.all([tx.store.add(entry), tx.done]);
    entry.seq = seq;
  } catch (err) {
    throw err?.name === 'ConstraintError' ? new StoreError('twice', err) : broken(err);
  }
  fault = null;
  list.push(entry);
  list.sort((a, b) => a.seq - b.seq);
  count(view, entry, 1);
  changed();
  if (!timer) flush();
  return entry;
}

/** Sends what waits, in order, unless it is being sent. Resolves when the queue is empty or cannot be sent now; a later try is
 * then planned. */
export function flush() {
  if (sending) {
    more = true;
    return sending;
  }
  clearTimeout(timer);
  timer = 0;
  sending = alone(drain).catch(err => plan(String(err))).finally(() => {
    sending = null;
    state.sending = false;
    changed();
    if (more && !timer) {
      more = false;
      flush();
    }
  });
  return sending;
}

/** Runs fn while no other tab does. Without locks, which need https, two tabs may send the same tally: it counts once. */
const alone = fn => navigator.locks ? navigator.locks.request('jijian-scan', fn) : fn();

/** Plans the next try: after 1 s, then 2, 4 … 30, each a little different, so that not all devices come at once. */
function plan(why) {
  state.failed = why;
  wait = Math.min(longestWait, wait * 2 || 1000);
  clearTimeout(timer);
  timer = setTimeout(flush, wait * (0.75 + Math.random() / 2));
}

async function drain() {
  await connect();
  for (const workshop of await waiting()) {
    if (refused.has(workshop)) continue;
    for (let batch; (batch = await next(workshop)).length > 0;) {
      state.sending = true;
      changed(false);
      if (await send(workshop, batch)) continue;
      if (refused.has(workshop)) break;
      return;
    }
  }
}

/** The workshops with tallies to send, the one in use first. */
async function waiting() {
  const found = [];
  const index = db.transaction('queue').store.index('waiting');
  for (let at = await index.openKeyCursor(null, 'nextunique'); at; at = await at.continue()) {
    if (at.key[1] === 'queued') found.push(at.key[0]);
  }
  return found.sort((a, b) => (b === current) - (a === current));
}

const next = workshop => db.getAllFromIndex('queue', 'waiting', [workshop, 'queued'], batchSize);

/** Sends a batch and keeps the answers. False: not now. */
async function send(workshop, batch) {
  let res;
  try {
    res = await post(workshop, batch);
  } catch (err) {
    plan(String(err));
    return false;
  }
  state.signin = res.status === 401;
  if (res.status === 401) return false;
  if (res.status === 403) {
    refused.add(workshop);
    return false;
  }
  if (res.ok) {
    let results;
    try {
      ({results} = await res.json());
    } catch (err) {
      plan(String(err)); // the answer broke off: it is asked for again
      return false;
    }
    await keep(batch, results);
    wait = 0;
    state.failed = '';
    return true;
  }
  if (res.status >= 500 || [408, 409, 425, 429].includes(res.status)) {
    plan(`${res.status}`);
    return false;
  }
  if (batch.length > 1) return await send(workshop, batch.slice(0, batch.length >> 1)); // one of them spoils the whole
  const problem = await res.json().catch(() => ({}));
  await keep(batch, [{uid: batch[0].uid, status: 'rejected', reason: problem.detail || problem.title || `${res.status}`}]);
  return true;
}

const post = (workshop, batch) => fetch(talliesPath + '?' + new URLSearchParams({workshop, lang: language()}), {
  method: 'POST', cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(patience), headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({hold: true, undo: true, clock: Date.now(), tallies: batch.map(e => e.item)}),
});

const language = () => document.documentElement.lang.startsWith('zh') ? 'zh' : 'en';

const states = {accepted: 'sent', duplicate: 'duplicate', rejected: 'person'};

/** Writes the server's answers into the queue. What another tab has an answer for keeps it. */
async function keep(batch, results) {
  const tx = db.transaction('queue', 'readwrite', {durability: 'strict'});
  for (const [i, {seq, uid}] of batch.entries()) {
    const result = results[i], entry = await tx.store.get(seq);
    if (result?.uid !== uid || entry?.state !== 'queued' || !states[result.status]) continue;
    Object.assign(entry, {state: states[result.status], answered: Date.now(), reason: result.reason, held: result.held, warnings: result.warnings});
    await tx.store.put(entry);
    const mine = list.find(e => e.seq === seq);
    if (mine && entry.state === 'person') count(view, mine, -1);
    if (mine) Object.assign(mine, entry);
  }
  await tx.done;
  changed();
}

/** Sends an entry that a person has looked at once more, e.g. after the session was reopened. */
export async function retry(seq) {
  await change(seq, entry => {
    if (entry.state !== 'person') return;
    Object.assign(entry, {state: 'queued', reason: undefined, held: undefined});
    return entry;
  });
  flush();
}

/** Takes an entry off the list of this device, once the server has it: sent, known before, or held there for review. */
export const dismiss = seq => change(seq, entry => entry.state === 'queued' || entry.state === 'person' && !entry.held ? undefined : null);

/** Changes one entry: fn returns it changed, null to remove it, undefined to leave it. */
async function change(seq, fn) {
  await connect();
  const tx = db.transaction('queue', 'readwrite', {durability: 'strict'});
  const entry = await tx.store.get(seq), changedEntry = entry && fn(entry);
  if (changedEntry) await tx.store.put(changedEntry);
  if (changedEntry === null) await tx.store.delete(seq);
  await tx.done;
  await load();
  changed();
}

let refreshing = null;

/** Fetches the copy anew after sending what waits. about: {session, workshop} as codes, when the page turns to another.
 * Offline, or while anything of the workshop still waits, the copy stays as it is, so that no tally is counted in twice. */
export function refresh(about = asked) {
  asked = about;
  return refreshing ??= fetchCopy().finally(() => { refreshing = null; });
}

async function fetchCopy() {
  await flush();
  try {
    await alone(async () => {
      await connect();
      if (current && !state.signin && !refused.has(current) && (await next(current)).length > 0) return;
      const res = await fetch(dataPath + '?' + new URLSearchParams(Object.entries(asked).filter(([, v]) => v)), {
        cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(patience),
        headers: {Accept: 'application/json', ...(copy?.etag && {'If-None-Match': copy.etag})},
      });
      state.signin = res.status === 401;
      if (res.ok) {
        const data = await res.json();
        state.skew = Date.parse(data.now) - Date.now();
        await replace(res.headers.get('ETag'), data);
      }
      else if (res.status === 304) await replace(copy.etag, copy.data);
    });
  } catch (err) {
    if (err instanceof StoreError) fault = err;
    else state.failed = String(err);
  }
  changed();
}

/** Puts a new copy in the place of the old one. What the server has answered for is in it. */
async function replace(etag, data) {
  const fresh = {workshop: data.workshop.code, etag, at: Date.now(), data};
  const tx = db.transaction(['queue', 'copies', 'meta'], 'readwrite');
  const all = await tx.objectStore('queue').getAll();
  const answered = all.filter(e => e.workshop === fresh.workshop && (e.state === 'sent' || e.state === 'duplicate'));
  for (const [i, e] of answered.entries()) {
    if (i < answered.length - keepSent) await tx.objectStore('queue').delete(e.seq);
    else if (!e.counted) await tx.objectStore('queue').put({...e, counted: true});
  }
  await tx.objectStore('copies').put(fresh);
  await tx.objectStore('meta').put(fresh.workshop, 'workshop');
  await tx.done;
  await load();
}

/** The copy with the queue counted in. */
function merge() {
  if (!copy) return null;
  const merged = structuredClone(copy.data);
  for (const entry of list) {
    if (entry.workshop === current && entry.state !== 'person' && !entry.counted) count(merged, entry, 1);
  }
  return merged;
}

/** Counts an entry into a copy; times is -1 to take it out again. A reversal counts negative. */
function count(into, {item, workshop}, times) {
  if (!into || workshop !== into.workshop.code) return;
  const good = (item.good ?? 0) * (item.reverses ? -times : times);
  const worker = into.workers?.find(w => w.code === item.worker || w.badges?.includes(item.worker));
  if (worker && sameDay(into, item.session)) worker.today.pieces += good;
  const operation = into.orders?.find(o => o.code === item.order)?.operations.find(o => o.code === item.operation);
  if (operation) operation.done += good;
  const ticket = item.ticket && into.tickets?.find(t => t.code === item.ticket);
  if (!ticket) return;
  ticket.credited = ticket.credited.filter(code => code !== item.operation);
  if ((times > 0) === !item.reverses) ticket.credited.push(item.operation);
}

/** Whether a session is on the day that the copy's totals are of. */
const sameDay = (into, code) => into.sessions.find(s => s.code === code)?.date === into.today;

/** The tallies that the server has not taken, of every workshop, as the text of a file which /scan/import reads. */
export function exported() {
  const queues = new Map();
  for (const e of list) {
    if (e.state !== 'queued' && e.state !== 'person') continue;
    if (!queues.has(e.workshop)) queues.set(e.workshop, []);
    queues.get(e.workshop).push(e.item);
  }
  return JSON.stringify({jijian_queue: 1, saved_at: new Date().toISOString(), queues: [...queues].map(([workshop, tallies]) => ({workshop, tallies}))}, null, 1);
}
