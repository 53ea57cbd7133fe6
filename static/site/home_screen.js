// Lets the browser cache the page that says "You are offline", once the current page has been read and drawn,
// so that it delays nothing.

const WAIT_MS = 1000;

export function keepOfflinePage(address) {
  if (!address || !navigator.serviceWorker) return; // requires a secure connection
  const keep = () => navigator.serviceWorker.register(address, { updateViaCache: "none" }).catch(() => {});
  window.setTimeout(() => window.requestIdleCallback?.(keep) ?? keep(), WAIT_MS);
}
