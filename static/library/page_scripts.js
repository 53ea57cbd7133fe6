// Scripts of single pages. A page names its own script inside <main>, so the script also loads when the page
// is swapped in, and may run before or after app.js.

import { element, Once } from "./dom.js";

const once = new Once([]);
let parts = null; // created by app.js: { api, heard, player, playlist, poller, rows }

/** Register the initializer of a page's elements: offer("[data-mixer]", (root, { player }) => …) */
export function offer(selector, open) {
  once.table.push([selector, (root) => open(root, parts)]);
  if (parts) once.open(document.body);
}

/** Run the registered initializers, and from now on those registered later. */
export function begin(made) {
  parts = made;
}

export function openOffered(root) {
  once.open(root);
}

/** Preload the page script named by a link's `data-brings` when the link is hovered or focused. */
export function bringEarly(root) {
  const read = ({ target }) => {
    const { brings } = target.closest?.("[data-brings]")?.dataset ?? {};
    if (!brings || document.querySelector(`link[href="${brings}"]`)) return;
    document.head.append(element("link", { rel: "modulepreload", href: brings }));
  };
  for (const event of ["pointerover", "focusin"]) root.addEventListener(event, read);
}
