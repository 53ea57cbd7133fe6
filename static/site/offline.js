// On the offline page: open the requested page as soon as there is a connection.

window.addEventListener("online", () => location.reload());
