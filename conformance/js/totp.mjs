// An authenticator app, whose codes oathtool computes.
import { execFileSync } from 'node:child_process';

const period = 30;

// Totp gives the codes of one secret. Each works once and servers take those of the neighbouring steps too, so the
// second code within a step is the next one's.
export class Totp {
  #secret;
  #last = 0;

  constructor(secret) {
    this.#secret = secret;
  }

  // code is one that has not been given before.
  code() {
    const now = Math.floor(Date.now() / 1000 / period);
    const step = Math.max(now, this.#last + 1);
    if (step > now + 1) throw new Error('a third code of one step: servers would not take it');
    this.#last = step;
    return this.#at(step);
  }

  // used is the code that was given last.
  used() {
    return this.#at(this.#last);
  }

  // wrong is a code of no step near this one.
  wrong() {
    const now = Math.floor(Date.now() / 1000 / period);
    const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((steps) => this.#at(now + steps)));
    return ['000000', '111111', '222222', '333333', '444444', '555555', '666666', '777777'].find((c) => !near.has(c));
  }

  #at(step) {
    const options = ['--totp', '--base32', '--now', `@${step * period}`];
    return execFileSync('oathtool', [...options, this.#secret], { encoding: 'utf8' }).trim();
  }
}

// otherThan is a code of the same length that is not this one.
export const otherThan = (code) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
