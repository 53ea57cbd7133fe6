// Uploads the user's audio files, chosen or dropped, one after another, each with its progress or its error.
// The server lists the uploaded files.

import { announce, byId, element, part, refresh } from "./dom.js";
import { offer } from "./page_scripts.js";
import { toast } from "./toast.js";

const AGAIN = [0, 429]; // statuses to retry, besides server errors

export class Uploads {
  constructor(root, api) {
    this.root = root;
    this.api = api;
    this.list = part(root, "sending");
    this.drop = part(root, "drop");
    this.waiting = [];
    this.isSending = false;
    const files = part(root, "files");
    files.addEventListener("change", () => {
      this.add(files.files);
      files.value = ""; // allows choosing the same file again
    });
    this.leaving = new AbortController();
    root.addEventListener("htmx:beforeCleanupElement", ({ target }) => target === root && this.leaving.abort());
    this.listenForDrops({ signal: this.leaving.signal });
  }

  /** Accept drops anywhere on the page: else the browser opens a file that misses the drop zone. */
  listenForDrops(options) {
    const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
    const mark = (isOver) => this.drop.classList.toggle("is-over", isOver);
    const over = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(true);
    };
    document.addEventListener("dragover", over, options);
    document.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(false), options);
    document.addEventListener(
      "drop",
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        mark(false);
        this.add(event.dataTransfer.files);
      },
      options,
    );
    // Closing the page would abort the upload.
    window.addEventListener("beforeunload", (event) => this.isSending && event.preventDefault(), options);
  }

  add(files) {
    for (const file of files) {
      const row = new SendingRow(file, { again: () => this.enqueue(row), gone: () => this.tidy() });
      this.list.append(row.root);
      if (file.size > Number(this.root.dataset.maxBytes)) {
        row.refuse(`This file is too large: the limit is ${this.root.dataset.maxSize}.`);
      } else {
        this.enqueue(row);
      }
    }
    this.tidy();
  }

  enqueue(row) {
    row.wait();
    this.waiting.push(row);
    this.sendAll();
  }

  async sendAll() {
    if (this.isSending) return;
    this.isSending = true;
    for (let row = this.waiting.shift(); row; row = this.waiting.shift()) {
      if (!row.isGone) await this.send(row);
    }
    this.isSending = false;
  }

  async send(row) {
    const { name } = row.file;
    try {
      await this.api.upload("/uploads", row.file, { onProgress: (share) => row.show(share), signal: row.signal });
      row.remove();
      await this.sent(name);
    } catch (error) {
      if (row.isGone) return;
      const sentence = Object.values(error.fields ?? {}).flat()[0] ?? error.message;
      row.refuse(sentence, AGAIN.includes(error.status) || error.status >= 500);
      if (!this.root.isConnected) toast(`${name}: ${sentence}`);
    }
  }

  async sent(name) {
    const sentence = `${name} was added to your audio.`;
    if (!this.root.isConnected) {
      toast(sentence);
      return;
    }
    announce(sentence);
    await refresh(byId("uploads"), this.root.dataset.list);
  }

  tidy() {
    this.list.hidden = this.list.children.length === 0;
  }
}

/** The row of a file that is being uploaded. */
class SendingRow {
  constructor(file, { again, gone }) {
    this.file = file;
    this.gone = gone;
    this.bar = element("progress", { max: 1, ariaLabel: `Upload progress of ${file.name}` });
    this.words = element("small");
    this.error = element("p", { className: "field-errors", role: "alert", hidden: true });
    this.againButton = button("Try again", again);
    this.endButton = button("", () => this.remove());
    const actions = element("div", { className: "upload-actions" }, this.againButton, this.endButton);
    const name = element("p", { className: "upload-name" }, element("span", { dir: "auto", textContent: file.name }), this.words);
    this.root = element("li", { className: "upload" });
    this.root.append(element("div", { className: "upload-line" }, name, actions), this.bar, this.error);
  }

  get signal() {
    this.stopping = new AbortController();
    return this.stopping.signal;
  }

  wait() {
    this.bar.hidden = false;
    this.bar.value = 0;
    this.error.hidden = true;
    this.againButton.hidden = true;
    this.endButton.textContent = "Stop";
    this.endButton.ariaLabel = `Stop the upload of ${this.file.name}`;
    this.words.textContent = "Waiting";
  }

  show(share) {
    this.bar.value = share;
    this.words.textContent = share < 1 ? `${Math.floor(share * 100)} %` : "Processing";
  }

  refuse(sentence, mayTryAgain = false) {
    this.bar.hidden = true;
    this.words.textContent = "";
    this.error.textContent = sentence;
    this.error.hidden = false;
    this.againButton.hidden = !mayTryAgain;
    this.againButton.ariaLabel = `Send ${this.file.name} again`;
    this.endButton.textContent = "Close";
    this.endButton.ariaLabel = `Close the message about ${this.file.name}`;
  }

  remove() {
    const hadFocus = this.root.contains(document.activeElement);
    this.isGone = true;
    this.stopping?.abort();
    this.root.remove();
    this.gone();
    if (hadFocus) byId("upload-files")?.focus();
  }
}

function button(textContent, act) {
  const made = element("button", { type: "button", className: "button button-quiet button-small", textContent });
  made.addEventListener("click", act);
  return made;
}

offer("[data-uploads]", (root, { api }) => new Uploads(root, api));
