// The browser: Chromium as the machine has it, with a profile of its own that goes away with it.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/** The sizes that every page is looked at in. */
export const sizes = { phone: PHONE, desktop: DESKTOP };

/** Where the browser is: named in CHROMIUM, at Debian's place, or in PATH. */
function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = ['/usr/bin/chromium', ...names.flatMap((name) => folders.map((folder) => path.join(folder, name)))];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (!found) throw new Error('no Chromium found; name one in CHROMIUM');
  return found;
}

/** Launched without a profile's folder, Playwright makes a fresh one and removes it. */
export const launch = () => chromium.launch({
  executablePath: executable(),
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
