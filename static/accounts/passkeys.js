// Passkeys: on submit, ask the device first and send its answer with the form.

const FORMS = "form[data-passkey]";

for (const form of document.querySelectorAll(FORMS)) {
  if (window.PublicKeyCredential) form.hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.elements.namedItem(form.dataset.field).value) return;
    event.preventDefault();
    ask(form);
  });
}
if (!window.PublicKeyCredential) {
  for (const words of document.querySelectorAll("[data-passkey-missing]")) words.hidden = false;
}

async function ask(form) {
  const button = form.querySelector("button");
  const refusal = form.querySelector("[data-passkey-refusal]");
  button.disabled = true;
  refusal.hidden = true;
  try {
    const options = await optionsOf(form);
    const answer =
      form.dataset.passkey === "create"
        ? created(await navigator.credentials.create({ publicKey: options }))
        : used(await navigator.credentials.get({ publicKey: options }));
    form.elements.namedItem(form.dataset.field).value = JSON.stringify(answer);
    form.submit();
  } catch (error) {
    refusal.textContent =
      error.name === "InvalidStateError"
        ? "This device already has a passkey for your account."
        : "The device did not create a passkey. Please try again.";
    refusal.hidden = false;
    button.disabled = false;
  }
}

async function optionsOf(form) {
  const token = form.elements.namedItem("csrfmiddlewaretoken").value;
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": token, Accept: "application/json" },
  });
  if (!answer.ok) throw new Error(`The server returned an error (${answer.status}).`);
  const { publicKey } = await answer.json();
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    for (const credential of publicKey[list] ?? []) credential.id = bytes(credential.id);
  }
  return publicKey;
}

function created({ id, rawId, type, response }) {
  const { clientDataJSON, attestationObject } = response;
  const inside = { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
  return { id, rawId: text(rawId), type, response: inside };
}

function used({ id, rawId, type, response }) {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const inside = {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
  };
  if (userHandle) inside.userHandle = text(userHandle);
  return { id, rawId: text(rawId), type, response: inside };
}

/** Convert base64url to bytes; `text` does the reverse. */
function bytes(encoded) {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
