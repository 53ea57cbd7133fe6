// Buttons that copy an address or a key to the clipboard.

import { announce } from "./dom.js";

const SAID_MS = 1800;

export function copyOnClick(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
}

async function copy(button) {
  const field = button.parentElement.querySelector("input");
  field?.select();
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // refused, or not over https: the address stays selected, to be copied by keyboard
  }
  announce("Copied");
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = before), SAID_MS);
}
