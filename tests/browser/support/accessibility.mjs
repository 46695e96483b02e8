// axe-core on a page. Its script is evaluated by the test, not loaded by the page, whose policy would
// refuse it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const source = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** No violations, in the light colours and in the dark. Works only where scripts run. */
export async function assertAccessible(page, what) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(source);
    const { violations } = await page.evaluate(() => window.axe.run(document));
    const found = violations.map(({ id, help, nodes }) =>
      `${id}: ${help}\n    ${nodes.map((node) => `${node.html}\n      ${node.failureSummary}`).join('\n    ')}`);
    assert.deepEqual(found, [], `${what}, ${colorScheme}`);
  }
}

/** Nothing sticks out to the right. */
export async function assertFits(page, what) {
  const [needed, given] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(needed <= given, `${what}: ${needed} px wide on a screen of ${given}`);
}
