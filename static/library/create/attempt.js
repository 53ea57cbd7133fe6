// The idempotency key by which the server recognizes a request that is sent again.

/** Returns the last attempt's key for the same request, so that a retry after a lost response makes no second song. */
export function attemptOf(wish, last) {
  const text = JSON.stringify(wish);
  return last?.wish === text ? last : { wish: text, key: randomKey() };
}

/** Also works on a page over plain HTTP, which has no `randomUUID`. */
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
