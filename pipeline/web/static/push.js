// Shows alerts that arrive while no page is open. The account's page registers it for the whole desk.
"use strict";

self.addEventListener("push", (event) => {
  const { title, body, link, tag } = event.data.json();
  const shown = { body, tag, icon: "/static/icon-192.png", data: link };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data));
});
