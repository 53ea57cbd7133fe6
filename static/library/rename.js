// Renames a song in place.

import { element, part } from "./dom.js";

/** Turn the name into a field. Enter or leaving it saves the name, Escape discards it. `keep(wanted)`
 * resolves to the name from then on. */
export function editName(row, keep) {
  const name = part(row, "name");
  const button = row.querySelector('[data-do="rename"]');
  const field = element("input", { type: "text", dir: "auto", className: "rename", value: row.dataset.name, maxLength: 200 });
  field.setAttribute("aria-label", "New name");
  let isOver = false;
  const end = async (keeps, returnsFocus = true) => {
    if (isOver) return;
    isOver = true;
    const wanted = field.value.trim();
    if (keeps && wanted && wanted !== row.dataset.name) name.textContent = await keep(wanted);
    field.replaceWith(name);
    button.hidden = false;
    // On a phone the row has no room for the button: the rename came from its menu.
    const opener = button.checkVisibility() ? button : row.querySelector(".row-actions > .menu:last-child summary");
    if (returnsFocus) opener?.focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
  field.addEventListener("blur", () => end(true, false));
  name.replaceWith(field);
  button.hidden = true;
  field.select();
}
