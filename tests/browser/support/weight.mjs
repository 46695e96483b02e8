// How much a page makes a browser load.

import assert from 'node:assert/strict';

// Of a page on which somebody decides whether to sign up. The icon, which no page waits for, is not seen.
const MOST_REQUESTS = 6;
const MOST_BYTES = 100_000;

/** Opens the page with nothing kept of it, and counts what comes over the wire until it is whole. What is asked
    for once more, as a logo is that is the icon too, comes from the browser's cache. */
export async function assertLight(page, url) {
  const sizes = new Map();
  page.on('requestfinished', (request) => {
    if (!sizes.has(request.url())) sizes.set(request.url(), request.sizes());
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  const asked = (await Promise.all(sizes.values())).map(({ responseHeadersSize, responseBodySize }) =>
    responseHeadersSize + responseBodySize);
  const bytes = asked.reduce((sum, size) => sum + size, 0);
  assert.ok(asked.length <= MOST_REQUESTS && bytes <= MOST_BYTES, `${asked.length} requests, ${bytes} bytes`);
}
