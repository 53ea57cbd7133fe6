// Lets the browser cache the page "You are offline", once the current page is loaded and drawn, so no one waits for
// it.

const WAIT_MS = 1000;

export function keepOfflinePage(address) {
  if (!address || !navigator.serviceWorker) return; // only where the connection is safe
  const keep = () => navigator.serviceWorker.register(address, { updateViaCache: "none" }).catch(() => {});
  window.setTimeout(() => window.requestIdleCallback?.(keep) ?? keep(), WAIT_MS);
}
