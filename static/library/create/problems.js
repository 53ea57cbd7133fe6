// Shows the errors of a submitted form: each at its field, the rest above the form.

import { UNREACHED } from "../api.js";
import { byId, setText } from "../dom.js";

const IS_KEPT = "Your text is saved.";

/** Show the errors and focus the first invalid field. */
export function showProblems(error, fields, alert) {
  const unplaced = [];
  for (const [name, sentences] of Object.entries(error.fields ?? {})) {
    if (!fields.blame(name, sentences)) unplaced.push(...sentences);
  }
  const { firstBad } = fields;
  const words = unplaced.join(" ") || error.message;
  if (!firstBad || unplaced.length) setText(alert, error.message === UNREACHED ? `${words} ${IS_KEPT}` : words);
  if (firstBad?.closest("details")) firstBad.closest("details").open = true;
  (firstBad?.closest("[data-field]") ?? alert).scrollIntoView({ block: "nearest" });
  if (firstBad?.closest("[hidden]")) byId("lyric-blocks").querySelector("textarea")?.focus({ preventScroll: true });
  else firstBad?.focus({ preventScroll: true });
}
