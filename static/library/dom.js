// Small hands for the document. Data only ever becomes text or attributes, never markup.

export function byId(id) {
  return document.getElementById(id);
}

export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

export function action(root, name) {
  return root.querySelector(`[data-action="${name}"]`);
}

/** Every element that matches, `root` itself included. */
export function all(root, selector) {
  const inside = [...root.querySelectorAll(selector)];
  return root.matches?.(selector) ? [root, ...inside] : inside;
}

/** new Once([["canvas", open], …]): opens each element that matches, but none twice. */
export class Once {
  constructor(table) {
    this.table = table;
    this.opened = new WeakSet();
  }

  open(root) {
    for (const [selector, handler] of this.table) {
      for (const found of all(root, selector)) {
        if (this.opened.has(found)) continue;
        this.opened.add(found);
        handler(found);
      }
    }
  }
}

/** element("a", { href: "/x", className: "y" }, "text", child) */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function svg(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function setIcon(button, name) {
  button.querySelector("use").setAttribute("href", `#icon-${name}`);
}

/** Text into an element; an empty one is taken out of sight. */
export function setText(target, text) {
  target.textContent = text;
  target.hidden = !text;
}

/** Says something to screen readers without moving anything. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** The address of a page of ours, which may lie under a prefix: siteUrl("create") */
export const siteUrl = (path) => `${document.body.dataset.home}${path}`;

/** Goes to a page of ours as a click on a link would: the player stays. */
export function visit(path) {
  const link = element("a", { href: path, hidden: true });
  document.body.append(link);
  window.htmx.process(link);
  link.addEventListener("htmx:afterRequest", () => link.remove()); // until then it says what to swap, and where
  link.click();
}

/** The answer's markup, which our own server made, in place of an element. */
export async function refresh(target, path) {
  const response = await fetch(path, { headers: { "HX-Request": "true" }, cache: "no-store" });
  if (!response.ok) return false;
  const markup = await response.text();
  if (target.isConnected) {
    window.htmx.swap(target, markup, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  }
  return true;
}

/** A control's value; a list learns one that it does not offer by itself, such as a key in a mode. */
export function choose(control, value, label = value) {
  if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === value)) {
    control.add(new Option(label, value));
  }
  control.value = value;
}
