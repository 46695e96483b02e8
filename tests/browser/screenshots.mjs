// Writes a picture of each page, as a phone and a desktop show it, light and dark:
//     node screenshots.mjs FOLDER

import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { launch, sizes } from './support/browser.mjs';
import {
  DECLINED_WHEN_CHARGED, GOOD_CARD, PASSWORD, THREE_D_SECURE_CARD,
  answerBank, checkYourMail, continueToPayment, enterCard, fillIn, fillInDetails, fillInSecrets, pay, submit,
} from './support/person.mjs';
import { startService } from './support/service.mjs';
import { startServiceWithStripe } from './support/stripe.mjs';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node screenshots.mjs FOLDER');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const browser = await launch();

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark']) {
    const visitor = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    for (const [gateway, start, walk] of [
      ['sandbox', startService, walkWithSandbox], ['stripe', startServiceWithStripe, walkWithStripe],
    ]) {
      const service = await start();
      const page = await visitor.newPage();
      let number = 0;
      const take = (name) => page.screenshot({
        fullPage: true,
        path: path.join(folder, `${gateway}-${viewport.width}-${colorScheme}-${String(++number).padStart(2, '0')}-${name}.png`),
      });
      await walk(page, service, take);
      await page.close();
      await service.stop();
      console.log(`${gateway}, ${size}, ${colorScheme}: ${number} pages`);
    }
    await visitor.close();
  }
}
await browser.close();

async function walkWithStripe(page, service, take) {
  await service.options({ asks_again_after_setup: true });
  await page.goto(service.url);
  await take('details');
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await take('details-errors');
  const script = `${service.stripe}/endive/stripe.js`;
  await page.route(script, (route) => route.abort());
  await fillInDetails(page, { password: 'password1' });
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await take('card-form-not-loaded');
  await page.unroute(script);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('#payment_method[data-state=open]').waitFor();
  await take('payment');
  await pay(page);
  await page.locator('#payment_method-error:not(:empty)').waitFor();
  await take('payment-incomplete');
  await enterCard(page, DECLINED_WHEN_CHARGED);
  await pay(page);
  await page.locator('#error-summary:visible').waitFor();
  await take('weak-password');
  await page.locator('#password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await page.locator('#payment_method[data-state=chosen]').waitFor();
  await take('card-chosen');
  await pay(page);
  await page.locator('#notice .notice').waitFor();
  await page.locator('#payment_method[data-state=open]').waitFor();
  await take('declined');
  await enterCard(page, THREE_D_SECURE_CARD);
  await pay(page);
  await page.locator('iframe[title="3D Secure"]').waitFor();
  await take('bank-checks-card');
  await answerBank(page, 'Complete');
  await page.getByRole('button', { name: 'Confirm with your bank' }).waitFor();
  await take('awaiting-the-bank');
  await page.reload();
  await page.getByRole('button', { name: 'Confirm with your bank' }).click();
  await page.locator('iframe[title="3D Secure"]').waitFor();
  await take('bank');
  await answerBank(page, 'Complete');
  await checkYourMail(page);
  await take('check-your-mail');
}

async function walkWithSandbox(page, service, take) {
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
