// A message at the bottom of the page, with at most one button.

import { byId, element } from "./dom.js";

const SHOWN_MS = 6000;

/** toast("Deleted.", { label: "Undo", act }): calls `onEnd` if it closes without a click. */
export function toast(text, { label, act, onEnd, shownMs = SHOWN_MS } = {}) {
  const root = element("div", { className: "toast" }, element("p", { dir: "auto", textContent: text }));
  let isOver = false;
  const end = (handler) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    root.remove();
    handler?.();
  };
  const timer = setTimeout(() => end(onEnd), shownMs);
  if (label) {
    const button = element("button", { type: "button", className: "button button-small", textContent: label });
    button.addEventListener("click", () => end(act));
    root.append(button);
  }
  byId("toasts").append(root);
  return { finish: () => end(onEnd) };
}
