// What single pages bring with them: a page names its own script inside <main>, so it comes with the page also
// where that is swapped in, and before or after app.js has begun.

import { element, Once } from "./dom.js";

const once = new Once([]);
let parts = null; // what app.js has made: { api, heard, player, playlist, poller, rows }

/** A page's script says what opens its elements: offer("[data-mixer]", (root, { player }) => …) */
export function offer(selector, open) {
  once.table.push([selector, (root) => open(root, parts)]);
  if (parts) once.open(document.body);
}

/** From here on what is offered is opened. */
export function begin(made) {
  parts = made;
}

export function openOffered(root) {
  once.open(root);
}

/** A link with `data-brings` has the script of its page read as soon as it is pointed at. */
export function bringEarly(root) {
  const read = ({ target }) => {
    const { brings } = target.closest?.("[data-brings]")?.dataset ?? {};
    if (!brings || document.querySelector(`link[href="${brings}"]`)) return;
    document.head.append(element("link", { rel: "modulepreload", href: brings }));
  };
  for (const event of ["pointerover", "focusin"]) root.addEventListener(event, read);
}
