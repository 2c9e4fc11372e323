// The gallery: every page of managed login in every state, as `cardea pages` shows them.
import assert from 'node:assert/strict';

export const gallery = process.env.CONFORMANCE_GALLERY;
if (!gallery) throw new Error('CONFORMANCE_GALLERY is not set: run conformance/run');

// eachPage opens the pages of the gallery one after the other.
export async function eachPage(page, lang, body) {
  await page.goto(gallery);
  const names = await page.locator('main a').allTextContents();
  assert.ok(names.length > 30, `the gallery has ${names.length} pages`);
  for (const name of names) {
    await page.goto(`${gallery}/${name}?lang=${lang}`);
    assert.equal(await page.locator('html').getAttribute('lang'), lang);
    await body(name);
  }
}
