// Lets this device have messages, or no more. Without a script, or where the browser cannot, the card stays hidden.
const card = document.getElementById('push'), on = document.getElementById('push-on'), off = document.getElementById('push-off'), failed = document.getElementById('push-failed');

async function send(path, fields) {
  const res = await fetch(path, {method: 'POST', body: new URLSearchParams({csrf: card.dataset.csrf, ...fields})});
  if (!res.ok) throw new Error(`${res.status}`);
}

async function keep(subscription) {
  const {endpoint, keys} = subscription.toJSON();
  await send('/notices/devices', {endpoint, p256dh: keys.p256dh, auth: keys.auth});
}

async function show(registration) {
  const subscription = await registration.pushManager.getSubscription();
  on.hidden = !!subscription;
  off.hidden = !subscription;
  return subscription;
}

/** Does what was asked for, and says so when it cannot be done. */
function act(button, what) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    failed.hidden = true;
    try {
      await what();
    } catch {
      failed.hidden = false;
    }
    button.disabled = false;
  });
}

async function start() {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return;
  await navigator.serviceWorker.register('/push-sw.js', {scope: '/notices'});
  const registration = await navigator.serviceWorker.ready;
  const subscription = await show(registration);
  if (subscription) await keep(subscription); // the server may have forgotten it, or belong to another
  act(on, async () => {
    await keep(await registration.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: card.dataset.key}));
    await show(registration);
  });
  act(off, async () => {
    const subscription = await registration.pushManager.getSubscription();
    await send('/notices/devices/remove', {endpoint: subscription.endpoint});
    await subscription.unsubscribe();
    await show(registration);
  });
  card.hidden = false;
}

start();
