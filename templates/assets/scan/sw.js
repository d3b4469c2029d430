// The service worker: opens the scan page without a network. The server puts the line `const shell = {build, files}` before it, so
// that it changes, and browsers fetch it anew, whenever a file of the page does.
import {forget} from './database.js';

const {build, files} = self.shell;
const cacheName = 'scan-' + build, page = '/scan', slow = 3000;

self.addEventListener('install', event => event.waitUntil(install()));
self.addEventListener('activate', event => event.waitUntil(activate()));
self.addEventListener('fetch', event => {
  const {request} = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === 'navigate' && request.method === 'GET' && url.pathname === page) event.respondWith(open(event));
  else if (request.mode === 'navigate' && request.method === 'POST' && url.pathname === '/signout') event.respondWith(signOut(request));
  else if (request.method === 'GET' && url.pathname.startsWith('/static/')) event.respondWith(file(event));
});

async function install() {
  const cache = await caches.open(cacheName);
  await cache.addAll(files);
  await keepPage(cache, await fetch(page, {credentials: 'same-origin', headers: {Accept: 'text/html'}}).catch(() => null));
  await self.skipWaiting();
}

async function activate() {
  await clearOld();
  await self.clients.claim();
}

/** Removes what earlier builds left, once this one has the page: without it theirs still opens. */
async function clearOld() {
  const cache = await caches.open(cacheName);
  if (!await cache.match(page)) return;
  for (const name of await caches.keys()) {
    if (name.startsWith('scan-') && name !== cacheName) await caches.delete(name);
  }
}

/** Keeps an answer as the page if it is the page, and not the way to the sign-in. */
async function keepPage(cache, res) {
  if (!res?.ok || res.redirected || res.type !== 'basic' || !res.headers.get('Content-Type')?.startsWith('text/html')) return;
  await cache.put(page, res);
  await clearOld();
}

/** The page from the server, or, when that is slow or not there, as it was last. */
async function open(event) {
  const fresh = fetch(event.request).then(res => {
    if (res.status >= 500) throw new Error(`${res.status}`);
    const copy = res.clone();
    event.waitUntil(caches.open(cacheName).then(cache => keepPage(cache, copy)).catch(() => {})); // a full disk keeps the old one
    return res;
  });
  const kept = await caches.match(page);
  if (!kept) return await fresh;
  const late = new Promise(resolve => setTimeout(resolve, slow, kept));
  return await Promise.race([fresh.catch(() => kept), late]);
}

/** A file whose address names its content. */
async function file(event) {
  const kept = await caches.match(event.request);
  if (kept) return kept;
  const res = await fetch(event.request);
  const client = await self.clients.get(event.clientId);
  if (res.ok && client && new URL(client.url).pathname === page && res.headers.get('Cache-Control')?.includes('immutable')) {
    const copy = res.clone();
    event.waitUntil(caches.open(cacheName).then(cache => cache.put(event.request, copy)).catch(() => {}));
  }
  return res;
}

/** Signs out. What is left on the device then names nobody, unless tallies wait to be sent. */
async function signOut(request) {
  const res = await fetch(request);
  if ((res.type === 'opaqueredirect' || res.ok) && await forget().catch(() => false)) {
    for (const name of await caches.keys()) await (await caches.open(name)).delete(page);
    new BroadcastChannel('jijian-scan').postMessage('changed'); // pages that are still open forget too
  }
  return res;
}
