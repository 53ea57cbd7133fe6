// On the page that is shown without a connection: open what was wanted as soon as there is one.

window.addEventListener("online", () => location.reload());
