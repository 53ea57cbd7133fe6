// Scripts of single pages: a page names its script inside <main>, so it is also loaded when the page is swapped in,
// whether before or after app.js has started.

import { element, Once } from "./dom.js";

const once = new Once([]);
let parts = null; // what app.js has made: { api, heard, player, playlist, poller, rows }

/** Registers a function for a page's elements: offer("[data-mixer]", (root, { player }) => …) */
export function offer(selector, open) {
  once.table.push([selector, (root) => open(root, parts)]);
  if (parts) once.open(document.body);
}

/** From now on, runs what is offered. */
export function begin(made) {
  parts = made;
}

export function openOffered(root) {
  once.open(root);
}

/** Loads the script of a link's page (`data-brings`) when the pointer is over the link. */
export function bringEarly(root) {
  const read = ({ target }) => {
    const { brings } = target.closest?.("[data-brings]")?.dataset ?? {};
    if (!brings || document.querySelector(`link[href="${brings}"]`)) return;
    document.head.append(element("link", { rel: "modulepreload", href: brings }));
  };
  for (const event of ["pointerover", "focusin"]) root.addEventListener(event, read);
}
