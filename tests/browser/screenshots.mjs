// Writes a picture of each page, as a phone and a desktop show it, light and dark:
//     node screenshots.mjs FOLDER

import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { launch, sizes } from './support/browser.mjs';
import {
  DECLINED_WHEN_CHARGED, GOOD_CARD, THREE_D_SECURE_CARD,
  checkYourMail, fillIn, fillInSecrets, submit,
} from './support/person.mjs';
import { startService } from './support/service.mjs';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node screenshots.mjs FOLDER');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const browser = await launch();

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark']) {
    const service = await startService();
    const visitor = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    const page = await visitor.newPage();
    let number = 0;
    const take = (name) => page.screenshot({
      fullPage: true,
      path: path.join(folder, `${viewport.width}-${colorScheme}-${String(++number).padStart(2, '0')}-${name}.png`),
    });
    await walk(page, service, take);
    await visitor.close();
    await service.stop();
    console.log(`${size}, ${colorScheme}: ${number} pages`);
  }
}
await browser.close();

async function walk(page, service, take) {
  await page.goto(service.url);
  await take('form');
  await submit(page);
  await take('form-errors');
  await fillIn(page, { card: DECLINED_WHEN_CHARGED });
  await submit(page);
  await page.locator('#notice .notice').waitFor();
  await take('declined');
  await fillInSecrets(page, GOOD_CARD);
  await submit(page);
  await checkYourMail(page);
  await take('check-your-mail');
  await page.goto(`${service.url}/mailbox`);
  await take('mailbox');
  await page.locator('.mail-subject').first().click();
  await take('mail');
  await page.locator('.mail-body a').first().click();
  await take('is-this-your-address');
  await page.getByRole('button', { name: 'Confirm my e-mail address' }).click();
  await take('confirmed');
  await page.goto(service.url);
  await fillIn(page, { card: THREE_D_SECURE_CARD, email: 'grace@example.com' });
  await submit(page);
  await page.getByRole('link', { name: 'Confirm with your bank' }).waitFor();
  await take('awaiting-the-bank');
  await page.getByRole('link', { name: 'Confirm with your bank' }).click();
  await take('bank');
  await page.getByRole('button', { name: 'Refuse' }).click();
  await page.getByRole('link', { name: 'Start again' }).waitFor();
  await take('failed');
  await service.fail({ step: 'create_customer', kind: 'lose_reply', count: 3 });
  await page.goto(`${service.url}/sandbox`);
  await take('sandbox');
  for (const [name, route] of [['docs', '/docs'], ['problem', '/problems/card-declined'], ['not-found', '/nowhere']]) {
    await page.goto(service.url + route);
    await take(name);
  }
}
