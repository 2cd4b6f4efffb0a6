// Forms that a passkey fills: the browser asks the device, the form carries its answer.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (window.PublicKeyCredential && navigator.credentials) form.hidden = false;
}

document.addEventListener("submit", async (sending) => {
  const form = sending.target;
  if (!form.matches("[data-passkey]")) return;
  sending.preventDefault();
  const button = sending.submitter;
  tell(form, "");
  if (button) button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await ask(form));
    form.submit();
  } catch (error) {
    tell(form, words(error));
    if (button) button.disabled = false;
  }
});

async function ask(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRF-Token": form.elements.csrf_token.value },
  });
  if (!answer.ok) throw new Error("options");
  const options = await answer.json();
  options.challenge = bytes(options.challenge);
  for (const each of options.excludeCredentials || options.allowCredentials || []) each.id = bytes(each.id);
  if (form.dataset.passkey === "create") {
    options.user.id = bytes(options.user.id);
    return told(await navigator.credentials.create({ publicKey: options }));
  }
  return told(await navigator.credentials.get({ publicKey: options }));
}

// The parts of an answer, each as text.
function told(credential) {
  const given = credential.response;
  const response = { clientDataJSON: text(given.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = text(given[name]);
  }
  if (given.getTransports) response.transports = given.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

function words(error) {
  if (error.message === "options") return "This page is out of date. Open it again.";
  if (error.name === "InvalidStateError") return "This device has a passkey for this account already.";
  if (error.name === "NotAllowedError") return "No passkey was used. It was cancelled, took too long, or there is none here.";
  return "This browser could not use a passkey.";
}

function tell(form, said) {
  form.querySelector("[data-told]").textContent = said;
}
