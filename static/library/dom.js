// DOM helpers. Data only ever becomes text or attributes, never markup.

export function byId(id) {
  return document.getElementById(id);
}

export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

export function action(root, name) {
  return root.querySelector(`[data-action="${name}"]`);
}

/** Return all elements that match, including `root` itself. */
export function all(root, selector) {
  const inside = [...root.querySelectorAll(selector)];
  return root.matches?.(selector) ? [root, ...inside] : inside;
}

/** new Once([["canvas", open], …]): calls `open` once for each matching element. */
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

/** Set an element's text, and hide the element if the text is empty. */
export function setText(target, text) {
  target.textContent = text;
  target.hidden = !text;
}

/** Announce a text to screen readers without moving the focus. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** The URL of a page of this site, which may be served under a prefix: siteUrl("create") */
export const siteUrl = (path) => `${document.body.dataset.home}${path}`;

/** Go to a page of this site as a link would, without interrupting the player. */
export function visit(path) {
  const link = element("a", { href: path, hidden: true });
  document.body.append(link);
  window.htmx.process(link);
  link.addEventListener("htmx:afterRequest", () => link.remove()); // htmx reads its swap until then
  link.click();
}

/** Replace an element by the response's markup, which comes from our own server. */
export async function refresh(target, path) {
  const response = await fetch(path, { headers: { "HX-Request": "true" }, cache: "no-store" });
  if (!response.ok) return false;
  const markup = await response.text();
  if (target.isConnected) {
    window.htmx.swap(target, markup, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  }
  return true;
}

/** Set a control's value; a <select> gains an option that it does not have yet, such as a key in a mode. */
export function choose(control, value, label = value) {
  if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === value)) {
    control.add(new Option(label, value));
  }
  control.value = value;
}
