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

/** The first element of a <template>, as a fresh copy. */
export function clone(templateId) {
  return byId(templateId).content.firstElementChild.cloneNode(true);
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
