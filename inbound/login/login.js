// What pages do beyond HTML. Everything works without this but passkeys.
for (const button of document.querySelectorAll("[data-show]")) {
  const input = document.getElementById(button.dataset.show);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    [button.textContent, button.dataset.text] = [button.dataset.text, button.textContent];
    const label = button.getAttribute("aria-label");
    button.setAttribute("aria-label", button.dataset.label);
    button.dataset.label = label;
    input.focus();
  });
}

for (const list of document.querySelectorAll("[data-rules]")) {
  const input = document.getElementById(list.dataset.rules);
  const check = () => {
    for (const rule of list.children) {
      const met = new RegExp(rule.dataset.pattern, "u").test(input.value);
      rule.classList.toggle("met", met);
      rule.querySelector("[data-met]").hidden = !met;
    }
  };
  input.addEventListener("input", check);
  check();
}

for (const input of document.querySelectorAll("input.code")) {
  input.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text").replace(/[\s-]/g, "");
    event.preventDefault();
    input.setRangeText(pasted, input.selectionStart, input.selectionEnd, "end");
  });
}

for (const button of document.querySelectorAll("[data-wait]")) {
  const label = button.textContent;
  let left = Number(button.dataset.wait);
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.waiting.replace("{seconds}", left) : label;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}

// A passkey's form is posted with what the passkey has signed, or with nothing where that did not work.
const asked = document.querySelector("[data-passkey]");
asked?.addEventListener("submit", async (event) => {
  if (asked.dataset.asked) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  asked.dataset.asked = "yes";
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(asked.dataset.passkey));
    asked.elements.credential.value = JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
  } catch {
    asked.elements.credential.value = "";
  }
  asked.submit();
});

// A form is posted once, however often its button is pressed; a page that comes out of the browser's memory starts anew.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.busy) return event.preventDefault();
    form.dataset.busy = "yes";
    for (const button of form.querySelectorAll("button:not([type])")) button.setAttribute("aria-disabled", "true");
  });
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.busy;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// What another site is to have is posted as soon as the page is there, by the button, so that it is posted once.
document.querySelector("form[data-posts] button")?.click();

document.querySelector("[aria-invalid]")?.focus();
