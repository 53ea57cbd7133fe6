// Reloads in full when a page of another version would be swapped into this one, so that scripts and styles
// match. The player continues where it was, as after any reload.

export function loadWholeAfterUpgrade(root) {
  const own = root.querySelector("script[data-app]").getAttribute("src");
  const isOfAnother = (text) => !text.includes(`src="${own}"`);

  root.addEventListener("htmx:beforeSwap", (event) => {
    const { boosted, isError, pathInfo, requestConfig, serverResponse, target, xhr } = event.detail;
    if (!boosted || isError || target.id !== "main" || requestConfig.verb !== "get") return;
    if (!isOfAnother(serverResponse)) return;
    event.detail.shouldSwap = false;
    location.assign(`${xhr.responseURL}${pathInfo.anchor ? `#${pathInfo.anchor}` : ""}`);
  });
  root.addEventListener("htmx:historyCacheMissLoad", ({ detail }) => {
    if (isOfAnother(detail.response)) location.reload();
  });
}
