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
      rule.classList.toggle("passwordCheck-valid-customizable", met);
      rule.classList.toggle("passwordCheck-notValid-customizable", !met);
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

for (const time of document.querySelectorAll("time")) {
  time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}

// sign asks for a passkey, by the options of the page.
const sign = async (options, more) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return JSON.stringify((await navigator.credentials.get({ publicKey, ...more })).toJSON());
};

// A passkey's form is posted with what the passkey has signed, or with nothing where that did not work.
const answered = (form, work) => form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.asked) return;
  form.dataset.asked = "yes";
  try {
    form.elements.credential.value = await work();
  } catch (error) {
    form.elements.credential.value = "";
    if (form.elements.problem) form.elements.problem.value = error.name;
  }
  form.submit();
});
const asked = document.querySelector("[data-passkey]");
answered(asked, () => sign(asked.dataset.passkey));

// The options by which a passkey is made are only fetched once it is wanted: they last for minutes.
const enrolled = document.querySelector("[data-enroll]");
answered(enrolled, async () => {
  const body = new URLSearchParams(new FormData(enrolled));
  body.set("start", "yes");
  const options = await (await fetch(location.href, { method: "POST", body })).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return JSON.stringify((await navigator.credentials.create({ publicKey })).toJSON());
});

// Passkeys are offered beside the name: among what the browser suggests there, as long as nobody has asked for one by the button.
const offer = document.querySelector("[data-offer]");
if (offer && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  const life = offer.dataset.renew * 1000;
  const { credential, ceremony } = offer.elements;
  let suggesting, asking, made = Date.now();
  const answer = async (more) => {
    const own = ceremony.value;
    const signed = await sign(offer.dataset.offer, more);
    [credential.value, ceremony.value] = [signed, own];
    offer.submit();
  };
  const suggest = async () => {
    suggesting?.abort();
    if (asking || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    suggesting = new AbortController();
    answer({ mediation: "conditional", signal: suggesting.signal }).catch(() => {});
  };
  const renew = async () => {
    if (Date.now() - made < life) return;
    made = Date.now();
    const text = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-offer]");
    if (!fresh) return;
    offer.dataset.offer = fresh.dataset.offer;
    ceremony.value = fresh.elements.ceremony.value;
    suggest();
  };
  for (const part of document.querySelectorAll("[data-offered]")) part.hidden = false;
  document.querySelector("button.offer").addEventListener("click", async () => {
    if (asking) return;
    asking = true;
    suggesting?.abort();
    await answer().catch(() => {});
    asking = false;
    suggest();
  });
  setInterval(() => renew().catch(() => {}), 1000);
  addEventListener("pageshow", suggest);
}

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

for (const button of document.querySelectorAll("[data-back]")) {
  button.hidden = history.length < 2;
  button.addEventListener("click", () => history.back());
}

document.querySelector("[aria-invalid]")?.focus();
