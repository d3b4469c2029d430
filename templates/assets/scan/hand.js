// What is in hand: scanned, but not counted yet. Nothing here knows the page or the network.

export const kinds = ['good', 'rework', 'scrap_workmanship', 'scrap_material'];
export const maxPieces = 1_000_000;

/**
 * An empty hand. worker and ticket are entries of the copy; operation is the code chosen for the ticket; good is null until somebody
 * says a number; kind is what the next number is of; checked means that quality was spoken of, so that somebody must say it is all.
 */
export const empty = () => ({ worker: null, ticket: null, operation: null, good: null, rework: 0, scrap_workmanship: 0, scrap_material: 0, kind: 'good', checked: false, single: false, weight: null });

const spoilt = (hand) => hand.rework + hand.scrap_workmanship + hand.scrap_material;

/** Whether numbers were said, so that the hand must not be emptied in passing. */
export const counted = (hand) => hand.good !== null || spoilt(hand) > 0;

/** The operations of a ticket that are still to be credited, in the order of the routing. pending holds "ticket/operation" of what is being stored. */
export function open(ticket, copy, pending) {
  const order = copy.orders.find((o) => o.code === ticket.order);
  return (order?.operations ?? []).filter((op) => (ticket.operations.length === 0 || ticket.operations.includes(op.code))
    && !ticket.credited.includes(op.code) && !pending.has(`${ticket.code}/${op.code}`)).sort((a, b) => a.seq - b.seq);
}

/** The good pieces of a hand: what was said, else what the ticket or the way of counting says; null if nobody has. */
export function good(hand, work) {
  if (hand.good !== null) return hand.good;
  if (hand.ticket) return Math.max(0, hand.ticket.quantity - spoilt(hand));
  return work.fixed || null;
}

/** The number of one kind in hand. */
export const many = (hand, work, kind) => (kind === 'good' ? good(hand, work) : hand[kind]) ?? 0;

/**
 * What a hand needs next: scan (nothing is in it), worker, ticket, operation (of which to choose from choices), nothing (of the
 * ticket is left), quantity, confirm, or null when it can be counted: then item is what to send.
 * @param {{order: string, operation: string, fixed: number, inspect: boolean}} work the way of counting; operation "" goes by tickets.
 */
export function next(hand, work, copy, pending) {
  const { worker, ticket } = hand;
  if (!worker && !ticket) return { need: 'scan' };
  let order = work.order, operation = work.operation;
  if (ticket) {
    const choices = open(ticket, copy, pending);
    if (choices.length === 0) return { need: 'nothing' };
    if (!worker) return { need: 'worker' };
    const wanted = hand.operation ?? (work.order === ticket.order ? work.operation : '');
    const chosen = choices.length === 1 ? choices[0] : choices.find((op) => op.code === wanted);
    if (!chosen) return { need: 'operation', choices };
    order = ticket.order;
    operation = chosen.code;
  } else if (!operation) {
    return { need: 'ticket' };
  }
  const n = good(hand, work), total = (n ?? 0) + spoilt(hand);
  const item = { session: copy.session, worker: worker.code, order, operation, good: n ?? 0 };
  if (n === null || total === 0) return { need: 'quantity', item };
  if (ticket) item.ticket = ticket.code;
  for (const kind of kinds.slice(1)) if (hand[kind]) item[kind] = hand[kind];
  if (hand.weight) item.weight = hand.weight;
  if (hand.checked || work.inspect) return { need: 'confirm', item };
  return { need: null, item };
}

/** Adds to a number as it is shown. */
export const step = (hand, work, n) => set(hand, hand.kind, many(hand, work, hand.kind) + n);

/** Adds what a command code such as ×50 says: it begins a number, and adds to one that was begun. */
export const plus = (hand, n) => set(hand, hand.kind, (hand.single ? 0 : hand[hand.kind] ?? 0) + n);

/** Says a number of one kind. */
export function set(hand, kind, n) {
  hand[kind] = Math.max(0, Math.min(maxPieces, n));
  hand.single = false;
  if (kind === 'good') hand.weight = null;
}

/** One more of a kind was scanned; a number scanned right after it takes its place. */
export function oneMore(hand, kind) {
  const again = hand.kind === kind;
  hand.kind = kind;
  hand.checked = true;
  if (kind === 'good') return;
  hand[kind] += again || hand[kind] === 0 ? 1 : 0;
  hand.single = hand[kind] === 1;
}

/** Micrograms in a text such as 12.5 (grams) with at most that many decimals, or null. */
export function micrograms(text, decimals) {
  const m = /^(\d{1,7})(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (!m || (m[2] ?? '').length > decimals) return null;
  return Number(m[1]) * 1e6 + Number((m[2] ?? '').padEnd(6, '0'));
}

/** How many pieces weigh that much, rounded half up; null if they cannot be told. All in whole micrograms. */
export function pieces(gross, tare, unit) {
  if (gross === null || tare === null || !unit || gross < tare) return null;
  return Math.floor((2 * (gross - tare) + unit) / (2 * unit));
}
