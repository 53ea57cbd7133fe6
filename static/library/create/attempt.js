// The key by which the server knows a wish that is sent a second time.

/** The same key for the same wish as at the last attempt: a repeat after a lost answer makes no second song. */
export function attemptOf(wish, last) {
  const text = JSON.stringify(wish);
  return last?.wish === text ? last : { wish: text, key: randomKey() };
}

/** Also where a page over plain HTTP has no `randomUUID`. */
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
