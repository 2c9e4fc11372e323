// A browser without scripts, as far as signing in at the pages of a domain takes one.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#34': '"', '#39': "'", '#43': '+', '#61': '=' };
const plain = (text) => text.replace(/&(#?\w+);/g, (whole, name) => entities[name] ?? whole);

// attributes of the elements with a tag.
const elements = (page, tag) =>
  [...page.matchAll(new RegExp(`<${tag}\\b([^>]*)>`, 'g'))].map(([, inside]) =>
    Object.fromEntries([...inside.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, plain(value)])),
  );

export class Visitor {
  #jar = new Map();

  // visit opens an address and follows redirects on its host. It gives the address of another that it is sent to, or null.
  async visit(address, form) {
    const { host } = new URL(address);
    for (let next = new URL(address); ; form = undefined) {
      if (next.host !== host) return next;
      const answer = await fetch(next, {
        method: form ? 'POST' : 'GET',
        body: form && new URLSearchParams(form),
        redirect: 'manual',
        headers: { cookie: [...this.#jar].map((pair) => pair.join('=')).join('; '), 'sec-fetch-site': 'same-origin' },
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
        this.#jar.set(name, value);
      }
      this.page = await answer.text();
      this.address = next;
      if (!answer.headers.has('location')) return null;
      next = new URL(answer.headers.get('location'), next);
    }
  }

  // submit sends the page's form with what it holds and what is typed.
  submit(typed) {
    const [form] = elements(this.page, 'form');
    assert(form, `there is no form on ${this.address}: ${this.page}`);
    const hidden = elements(this.page, 'input').filter((input) => input.type === 'hidden');
    const held = Object.fromEntries(hidden.map((input) => [input.name, input.value ?? '']));
    return this.visit(new URL(form.action ?? '', this.address), { ...held, ...typed });
  }
}

// tokensFrom signs a user in at the pages of the domain at base, for an app, and redeems the code by PKCE.
export async function tokensFrom(base, { client, callback, scope, ...typed }) {
  const code_verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: callback,
    response_type: 'code',
    scope,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const visitor = new Visitor();
  assert.equal(await visitor.visit(`${base}/oauth2/authorize?${query}`), null);
  const back = await visitor.submit(typed);
  assert(back, visitor.page);
  const form = { grant_type: 'authorization_code', client_id: client, redirect_uri: callback, code: back.searchParams.get('code'), code_verifier };
  const answer = await fetch(`${base}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  assert.equal(answer.status, 200);
  return answer.json();
}
