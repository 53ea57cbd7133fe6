// The idempotency key, by which the server recognizes a repeated request.

/** Reuse the last attempt's key for the same request: a retry after a lost response makes no second song. */
export function attemptOf(wish, last) {
  const text = JSON.stringify(wish);
  return last?.wish === text ? last : { wish: text, key: randomKey() };
}

/** Works on pages over plain HTTP too, which have no `randomUUID`. */
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
