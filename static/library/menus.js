// Menus that close when the user clicks or focuses elsewhere, panels that fold on small screens, and the
// marked link of the current page.

/** Open a menu where there is room: upwards near the page's bottom or the player, rightwards at the left. */
function place(menu) {
  const list = menu.querySelector(".menu-list");
  menu.classList.remove("opens-up", "opens-right");
  if (!menu.open || !list) return;
  const box = list.getBoundingClientRect();
  const player = document.querySelector(".player:not([hidden])");
  const floor = player?.getBoundingClientRect().top ?? innerHeight;
  const head = document.querySelector(".site-header")?.getBoundingClientRect().bottom ?? 0;
  const roomAbove = menu.getBoundingClientRect().top - head;
  menu.classList.toggle("opens-up", box.bottom > floor && roomAbove > floor - box.top);
  menu.classList.toggle("opens-right", box.left < 0);
}

export function closeMenusOutside(root) {
  root.addEventListener("toggle", ({ target }) => target.matches?.("[data-menu]") && place(target), true);
  // A menu's content may load later and make it taller.
  root.addEventListener("htmx:afterSettle", ({ target }) => {
    const menu = target.closest?.("[data-menu][open]");
    if (menu) place(menu);
  });
  const close = (keep) => {
    for (const menu of root.querySelectorAll("[data-menu][open]")) if (!menu.contains(keep)) menu.open = false;
  };
  root.addEventListener("click", (event) => {
    close(event.target);
    const menu = event.target.closest(".menu-list a, .menu-list button") && event.target.closest("[data-menu]");
    if (menu) menu.open = false;
  });
  root.addEventListener("focusin", (event) => close(event.target));
  root.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

/** Make buttons with `data-fold` toggle the panel that they name, which is folded on small screens. */
export function foldOnClick(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fold]");
    if (!button) return;
    const isOpen = document.getElementById(button.dataset.fold).classList.toggle("is-open");
    button.setAttribute("aria-expanded", String(isOpen));
  });
}

/** Mark the current page's link after a page has been swapped in. */
export function markPage() {
  for (const link of document.querySelectorAll(".site-link")) {
    if (new URL(link.href).pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
