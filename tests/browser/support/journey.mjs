// One test with a service and a page of its own; what the browser complains of in its console is a failure.

import assert from 'node:assert/strict';
import { test } from 'node:test';

// The browser reports answers as failed resources, though they are answers, and what a test has cut off.
const expected = ['the server responded with a status of 4'];

/** A function that declares such tests, each with what `start` starts. */
export const journeys = (browser, start) =>
  function journey(name, { settings, tolerates = [], ...context }, walk) {
    test(name, async () => {
      const service = await start(settings);
      const visitor = await browser().newContext({ reducedMotion: 'reduce', ...context });
      try {
        const page = await visitor.newPage();
        page.setDefaultTimeout(30_000);
        const errors = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => {
          const text = message.text();
          const tolerated = [...expected, ...tolerates].some((part) => text.includes(part));
          if (message.type() === 'error' && !tolerated) errors.push(text);
        });
        await walk(page, service);
        assert.deepEqual(errors, [], 'errors in the console');
      } finally {
        await visitor.close();
        await service.stop();
      }
    });
  };

/** Of each thing that binds somebody there is one, for 29 dollars. */
export async function assertOneOfEach(service) {
  const ledger = await service.ledger();
  const count = (kind) => ledger[kind].filter((entry) => entry.live).length;
  assert.deepEqual(['customers', 'subscriptions', 'charges'].map(count), [1, 1, 1]);
  assert.equal(ledger.refunds.length, 0);
  assert.equal(ledger.charges.find((charge) => charge.live).amount_minor, 2900);
}
