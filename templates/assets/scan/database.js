// The database of the device, which the page and the service worker share: the queue of tallies, the copies of what the server knows,
// and a few words about them.
import {openDB} from 'idb';

/** Opens the database. gone is called when it has been closed under us: by a newer page, or by the browser. */
export function database(gone = () => {}) {
  return openDB('jijian-scan', 1, {
    upgrade(db) {
      const queue = db.createObjectStore('queue', {keyPath: 'seq', autoIncrement: true});
      queue.createIndex('waiting', ['workshop', 'state']);
      queue.createIndex('uid', 'uid', {unique: true});
      db.createObjectStore('copies', {keyPath: 'workshop'});
      db.createObjectStore('meta');
    },
    blocking(_, __, event) {
      event.target.close();
      gone();
    },
    terminated: gone,
  });
}

/** Forgets names and what was sent, when somebody has signed out and nothing waits to be sent. Returns whether it did. */
export async function forget() {
  const db = await database();
  try {
    const tx = db.transaction(['queue', 'copies', 'meta'], 'readwrite');
    const left = (await tx.objectStore('queue').getAll()).some(e => e.state === 'queued' || e.state === 'person' && !e.held);
    if (!left) await Promise.all(['queue', 'copies', 'meta'].map(name => tx.objectStore(name).clear()));
    await tx.done;
    return !left;
  } finally {
    db.close();
  }
}
