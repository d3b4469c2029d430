// Lets the page open without a network, where the browser can: over https, or on the machine itself.

/** Installs the service worker, or takes the new one when the program was renewed. Resolves to whether the page will open offline. */
export async function install() {
  if (!navigator.serviceWorker) return false;
  try {
    await navigator.serviceWorker.register('/sw.js');
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    return false; // a certificate that was clicked away, or no room
  }
}
