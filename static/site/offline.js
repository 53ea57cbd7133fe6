// The page shown without a connection: loads the wanted page once there is one.

window.addEventListener("online", () => location.reload());
