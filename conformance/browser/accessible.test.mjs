// Every page of managed login in every state meets WCAG 2.2 AA, as far as axe can tell.
import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visit } from './chromium.mjs';
import { eachPage, gallery } from './gallery.mjs';

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

for (const lang of ['en', 'ar']) {
  test(`accessible: WCAG 2.2 AA, light and dark, ${lang}`, async (t) => {
    const page = await visit(t, gallery, { reducedMotion: 'reduce' }); // or axe might see a button between its colours of both schemes
    const wrong = [];
    await eachPage(page, lang, async (name) => {
      const axe = () => new AxeBuilder({ page }).setLegacyMode();
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await axe().withTags(wcag).analyze();
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await axe().withRules('color-contrast').analyze(); // nothing else differs
      for (const [scheme, found] of Object.entries({ light, dark })) {
        assert.ok(found.passes.some(({ id }) => id === 'color-contrast'), `${name} was not looked at`);
        wrong.push(...found.violations.map((v) => `${name}, ${scheme}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`));
      }
    });
    assert.deepEqual(wrong, []);
  });
}
