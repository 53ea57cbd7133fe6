// Client for the JSON API, authenticated by the browser's session.

import { plainly } from "./plain.js";

export const UNREACHED = "The server cannot be reached. Is it running?";

export class ApiError extends Error {
  constructor(status, body, retryAfterS) {
    super(plainly(body.detail || `The server returned an error (${status}).`));
    this.status = status;
    const errors = Object.entries(body.errors ?? {});
    this.fields = Object.fromEntries(errors.map(([name, sentences]) => [name, sentences.map(plainly)]));
    this.retryAfterS = retryAfterS;
  }
}

export class Api {
  constructor({ root, csrfToken, signInUrl }) {
    this.root = root;
    this.csrfToken = csrfToken;
    this.signInUrl = signInUrl;
  }

  async get(path) {
    return (await this.send("GET", path)).json();
  }

  async post(path, body = {}) {
    return (await this.send("POST", path, { body })).json();
  }

  async patch(path, body) {
    return (await this.send("PATCH", path, { body })).json();
  }

  async remove(path) {
    await this.send("DELETE", path, { keepalive: true }); // still sent while the page unloads
  }

  /** Fetch the job with its user's opinion, and its ETag. The job is null if it still matches `etag`. */
  async jobStatus(id, etag) {
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await this.send("GET", `/jobs/${id}/status?include_interactions=true`, { headers });
    const job = response.status === 304 ? null : await response.json();
    return { job, etag: response.headers.get("ETag") ?? etag };
  }

  async send(method, path, { body, headers = {}, keepalive = false } = {}) {
    const request = { method, headers: { Accept: "application/json", ...headers }, cache: "no-store", keepalive };
    if (method !== "GET") request.headers["X-CSRFToken"] = this.csrfToken;
    if (body) {
      request.headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    let response = await reach(this.root + path, request);
    if (method !== "GET" && (await isStaleToken(response)) && (await this.renewToken())) {
      request.headers["X-CSRFToken"] = this.csrfToken;
      response = await reach(this.root + path, request);
    }
    if (response.status === 401) this.signInAgain();
    if (!response.ok && response.status !== 304) throw await errorOf(response);
    return response;
  }

  /** Upload a file, calling `onProgress(share of 1)`. By XMLHttpRequest: fetch reports no upload progress. */
  upload(path, file, { onProgress, signal }) {
    const form = new FormData();
    form.append("file", file);
    const call = new XMLHttpRequest();
    call.open("POST", this.root + path);
    call.responseType = "json";
    call.setRequestHeader("Accept", "application/json");
    call.setRequestHeader("X-CSRFToken", this.csrfToken);
    call.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / (total || 1)));
    signal.addEventListener("abort", () => call.abort());
    return new Promise((resolve, reject) => {
      const fail = (body) => reject(new ApiError(call.status, body, Number(call.getResponseHeader("Retry-After")) || undefined));
      call.addEventListener("load", () => {
        if (call.status === 401) this.signInAgain();
        if (call.status === 201) resolve(call.response);
        else fail(call.response ?? {});
      });
      for (const name of ["error", "abort"]) call.addEventListener(name, () => fail({ detail: UNREACHED }));
      call.send(form);
    });
  }

  /** Replace this page's token, which became stale when somebody signed in again in another tab. If that was
   * another user, reload to show their page and return false: nothing of this one is sent in their name. */
  async renewToken() {
    const page = await reach(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    const { csrf, user } = new DOMParser().parseFromString(await page.text(), "text/html").body.dataset;
    if (!csrf || user !== document.body.dataset.user) {
      location.reload();
      return false;
    }
    this.csrfToken = csrf;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": csrf }));
    return true;
  }

  signInAgain() {
    const next = encodeURIComponent(location.pathname + location.search);
    location.assign(`${this.signInUrl}?next=${next}`);
  }
}

async function reach(url, request) {
  try {
    return await fetch(url, request);
  } catch {
    throw new ApiError(0, { detail: UNREACHED });
  }
}

/** Whether Django refused the request because its token does not match the session. */
async function isStaleToken(response) {
  if (response.status !== 403) return false;
  const { detail } = await response.clone().json().catch(() => ({}));
  return String(detail).startsWith("CSRF");
}

async function errorOf(response) {
  const body = await response.json().catch(() => ({}));
  return new ApiError(response.status, body, Number(response.headers.get("Retry-After")) || undefined);
}
