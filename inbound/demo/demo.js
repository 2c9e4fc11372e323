// The whole of the app: OpenID Connect's authorization code flow for a client without a secret (RFC 7636).
const { client, domain, home } = document.querySelector("main").dataset;
const show = (id) => document.getElementById(id);

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const fresh = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function signIn() {
  const [verifier, state, nonce] = [fresh(), fresh(), fresh()];
  sessionStorage.setItem("signing-in", JSON.stringify({ verifier, state, nonce }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  location.assign(`${domain}/oauth2/authorize?` + new URLSearchParams({
    response_type: "code", client_id: client, redirect_uri: home, scope: "openid email", state, nonce,
    code_challenge: base64url(digest), code_challenge_method: "S256",
  }));
}

async function redeem(query) {
  const begun = JSON.parse(sessionStorage.getItem("signing-in") ?? "{}");
  sessionStorage.removeItem("signing-in");
  if (query.get("error")) throw new Error(query.get("error_description") ?? query.get("error"));
  if (!begun.state || query.get("state") !== begun.state) throw new Error("This sign-in was not begun here. Sign in again.");
  const answer = await fetch(`${domain}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code", client_id: client, redirect_uri: home, code: query.get("code"), code_verifier: begun.verifier,
    }),
  });
  const tokens = await answer.json();
  if (!answer.ok) throw new Error(`The token endpoint answers ${tokens.error}.`);
  if (claims(tokens.id_token).nonce !== begun.nonce) throw new Error("The ID token is for another sign-in.");
  return tokens;
}

// claims reads a token for people to look at; an app verifies its signature first.
function claims(token) {
  const bytes = Uint8Array.from(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

show("sign-in").addEventListener("click", signIn);
show("sign-out").addEventListener("click", () => {
  location.assign(`${domain}/logout?` + new URLSearchParams({ client_id: client, logout_uri: home }));
});

const query = new URLSearchParams(location.search);
if (query.has("code") || query.has("error")) {
  history.replaceState(null, "", home);
  redeem(query).then((tokens) => {
    const identity = claims(tokens.id_token);
    show("name").textContent = identity.email ?? identity["cognito:username"];
    show("id-token").textContent = JSON.stringify(identity, null, 2);
    show("access-token").textContent = JSON.stringify(claims(tokens.access_token), null, 2);
    show("refresh-token").textContent = tokens.refresh_token;
    show("out").hidden = true;
    show("in").hidden = false;
  }, (problem) => {
    show("problem").textContent = problem.message;
    show("problem").hidden = false;
  });
}
