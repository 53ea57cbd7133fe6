// Limits of each field for the kind of song, and how much of them is used.

import { byId } from "../dom.js";
import { clock } from "../words.js";

const LEAST_SLIDER_S = 5;

/** `bounds`: name -> minimum and maximum. */
export function setBounds(bounds) {
  for (const [name, [low, high]] of Object.entries(bounds)) {
    const control = byId(name);
    if (!control || control.tagName === "TEXTAREA") continue;
    control.min = String(name === "duration" ? Math.max(low, LEAST_SLIDER_S) : low);
    control.max = String(high);
  }
}

/** Show a text's length and its maximum beside it. */
export function showCounter(name, kind) {
  const bounds = kind.bounds[name === "prompt" ? kind.prompt_field : name];
  const count = [...byId(name).value.trim()].length; // code points, as the API counts
  const counter = byId(`${name}-counter`);
  counter.textContent = bounds ? `${count} / ${bounds[1]}` : "";
  counter.classList.toggle("is-over", Boolean(bounds) && count > bounds[1]);
}

export function showDuration(isAuto) {
  const slider = byId("duration");
  slider.disabled = isAuto;
  slider.setAttribute("aria-valuetext", clock(slider.valueAsNumber));
  byId("duration-words").textContent = isAuto ? "as long as it needs" : clock(slider.valueAsNumber);
}
