// Caches one public page and shows it when the server cannot be reached. Nothing else is cached or inspected:
// songs, pages and API responses pass through.

const OFFLINE = "{{ offline_url|escapejs }}";
const CACHE = "offline-{{ version }}";

async function keep() {
  const page = await fetch(OFFLINE, { cache: "reload", credentials: "omit" });
  if (!page.ok) throw new Error(`the offline page answered ${page.status}`);
  const text = await page.clone().text();
  const files = [...text.matchAll(/(?:href|src)="([^"]+\.(?:css|js|svg))"/g)].map(([, address]) => address);
  const cache = await caches.open(CACHE);
  await cache.put(OFFLINE, page);
  await cache.addAll(files);
}

async function clear() {
  const old = (await caches.keys()).filter((name) => name.startsWith("offline-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.registration.navigationPreload?.enable(); // navigations do not wait for this script to start
  await self.clients.claim();
}

async function open(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (error) {
    const page = await caches.match(OFFLINE);
    if (!page) throw error;
    return page;
  }
}

async function file(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request);
    if (!kept) throw error;
    return kept;
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(clear()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(open(event));
  else if (["style", "script"].includes(request.destination)) event.respondWith(file(request));
});
