// Shows a message that the server sent, also while no page is open, and opens the page it is about when it is pressed.
self.addEventListener('push', event => {
  const {title, body, path} = event.data.json();
  event.waitUntil(self.registration.showNotification(title, {body, data: path, lang: 'zh-CN', tag: path}));
});

self.addEventListener('notificationclick', event => {
  event.notification.close();
  const to = new URL(event.notification.data, location.origin);
  if (to.origin === location.origin) event.waitUntil(self.clients.openWindow(to.href));
});

// A push service that changes the address of this device says so; the page puts it right when it is opened next.
self.addEventListener('install', () => self.skipWaiting());
