// Upload with progress. Without this file the same form is posted plainly.
(() => {
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const file = form.querySelector("input[type=file]");
  const zone = form.querySelector("[data-drop]");
  const line = form.querySelector("[data-progress]");
  const bar = line.querySelector("progress");
  const text = line.querySelector("[data-progress-text]");

  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", true);
    });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", false);
    });
  }
  zone.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) file.files = event.dataTransfer.files;
  });

  const say = (words, value) => {
    line.hidden = false;
    text.textContent = words;
    if (value === undefined) bar.removeAttribute("value");
    else bar.value = value;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (at) => {
      if (!at.lengthComputable) return;
      const percent = Math.round((100 * at.loaded) / at.total);
      say(percent < 100 ? `Uploaded ${percent} %` : "Uploaded; taking it in…", percent);
    });
    request.addEventListener("load", () => {
      button.disabled = false;
      if (request.status < 400) {
        window.location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const why = page.querySelector(".notice-error, [role=alert]");
      say(why ? why.textContent.trim().replace(/\s+/g, " ") : `The server refused it (${request.status}).`, 0);
    });
    request.addEventListener("error", () => {
      button.disabled = false;
      say("The connection broke. Nothing is lost: send the file again.", 0);
    });
    button.disabled = true;
    say("Uploading…");
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
})();
