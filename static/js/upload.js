// Upload with progress, by choice or by drop. Without this file the same form is posted plainly.
"use strict";

(() => {
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const file = form.querySelector("input[type=file]");
  const zone = form.querySelector("[data-drop]");
  const line = form.querySelector("[data-progress]");
  const bar = line.querySelector("progress");
  const text = line.querySelector("[data-progress-text]");
  const refused = form.querySelector("[data-refused]");
  const button = form.querySelector("button");
  const mega = (bytes) => (bytes / 1048576).toLocaleString("en", { maximumFractionDigits: 1 });

  zone.querySelector("[data-drop-hint]").hidden = false;
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      const stays = name === "dragleave" && zone.contains(event.relatedTarget);
      zone.toggleAttribute("data-over", name.startsWith("drage") || name === "dragover" || stays);
    });
  }
  zone.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // The server refuses it too, but only after all of it has travelled.
  file.addEventListener("change", () => {
    const chosen = file.files[0];
    const large = chosen && chosen.size > Number(file.dataset.limit);
    refuse(
      large
        ? `The file has ${mega(chosen.size)} MB, and at most ${mega(Number(file.dataset.limit))} MB can be uploaded. Pack it with gzip, or import it on the server.`
        : "",
    );
  });

  function refuse(words) {
    refused.textContent = "";
    if (!words) return;
    const note = document.createElement("p");
    note.className = "notice notice-error";
    note.textContent = words;
    refused.append(note);
  }

  function show(words, value) {
    line.hidden = !words;
    text.textContent = words;
    if (value === undefined) bar.removeAttribute("value");
    else bar.value = value;
  }

  function end(words) {
    button.disabled = false;
    show("");
    refuse(words);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (refused.textContent && file.files[0].size > Number(file.dataset.limit)) return;
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (at) => {
      if (!at.lengthComputable) return;
      const percent = Math.floor((100 * at.loaded) / at.total);
      if (percent < 100) show(`${mega(at.loaded)} of ${mega(at.total)} MB sent`, percent);
      else show("Sent. The server keeps it…");
    });
    request.addEventListener("load", () => {
      const next = request.getResponseHeader("HX-Redirect");
      if (next) {
        window.location.assign(next);
        return;
      }
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      const why = answer.querySelector(".notice-body");
      end(why ? why.innerText.trim().replace(/\s+/g, " ") : `The server refused it (${request.status}).`);
    });
    request.addEventListener("error", () => end("The connection broke. Nothing is lost: send the file again."));
    refuse("");
    button.disabled = true;
    show("Sending…");
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true"); // answers with an address, or with a notice
    request.send(new FormData(form));
  });
})();
