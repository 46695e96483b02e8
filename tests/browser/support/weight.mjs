// How much a page makes a browser load: on a slow line each request is felt.

import assert from 'node:assert/strict';
import path from 'node:path';

// Of a page on which somebody decides whether to sign up. The icon, which no page waits for, is not seen.
const MOST_REQUESTS = 6;
const MOST_BYTES = 100_000;

/** A picture for an operator's logo, which counts. */
export const LOGO = path.resolve(import.meta.dirname, '../../../crates/server/assets/favicon.svg');

/** How long nothing more must have come for a page to be whole. A stream of events never ends. */
const QUIET_MS = 500;

/** Opens the page with nothing kept of it or its files, and counts what comes over the wire until it is whole. A
    gateway's own card form is `apart`: by what addresses of it, and of what opens it, begin with. */
export async function assertLight(page, url, { apart = [] } = {}) {
  // What the page before still asks for is not this one's.
  await page.goto('about:blank');
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.clearBrowserCache');
  const loaded = [];
  let bytes = 0;
  client.on('Network.responseReceived', ({ type, response: { url, fromDiskCache } }) => {
    // A stream of events is what the page does once it is there.
    if (type === 'EventSource') return;
    // What is asked for once more, as a logo is that is the icon too, comes from the cache.
    if (apart.some((start) => url.startsWith(start))) return;
    const isNew = !url.startsWith('data:') && !fromDiskCache && !loaded.includes(url);
    if (isNew) loaded.push(url);
  });
  client.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await page.goto(url);
  for (let before = -1; before < loaded.length;) {
    before = loaded.length;
    await page.waitForTimeout(QUIET_MS);
  }
  await client.detach();
  const what = `${bytes} bytes:\n${loaded.join('\n')}`;
  assert.ok(loaded.length > 1 && loaded.length <= MOST_REQUESTS && bytes <= MOST_BYTES, what);
  return { loaded, bytes };
}
