// Writes a picture of each page, as a phone and a desktop show it, light and dark; where PART is named
// (steps, sandbox, stripe), of its pages only:
//     node screenshots.mjs FOLDER [LANGUAGE [COLOUR [PART]]]

import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { launch, sizes } from './support/browser.mjs';
import {
  DECLINED_WHEN_CHARGED, GOOD_CARD, PASSWORD, THREE_D_SECURE_CARD,
  answerBank, checkYourMail, enterCard, fillIn, fillInDetails, fillInSecrets, pay, submit,
} from './support/person.mjs';
import * as steps from './support/three-steps.mjs';
import { startService } from './support/service.mjs';
import { startServiceWithStripe } from './support/stripe.mjs';

const [folder, language = 'en', colour, part] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node screenshots.mjs FOLDER [LANGUAGE [COLOUR [PART]]]');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const browser = await launch();

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark']) {
    const look = { viewport, colorScheme, reducedMotion: 'reduce', locale: language };
    const visitor = await browser.newContext(look);
    for (const [name, start, walk] of [
      ['steps', startService, walkInSteps],
      ['sandbox', startService, walkWithSandbox],
      ['stripe', startServiceWithStripe, walkWithStripe],
    ]) {
      if (part && part !== name) continue;
      const service = await start({ ENLIST_GATEWAY__ATTEMPTS: '1', ...(colour && { ENLIST_BRAND__COLOR: colour }) });
      const page = await visitor.newPage();
      let number = 0;
      const take = (what, of = page) => of.screenshot({
        fullPage: true,
        path: path.join(folder, `${name}-${viewport.width}-${colorScheme}-${String(++number).padStart(2, '0')}-${what}.png`),
      });
      await walk(page, service, take, look);
      await page.close();
      await service.stop();
      console.log(`${name}, ${size}, ${colorScheme}: ${number} pages`);
    }
    await visitor.close();
  }
}
await browser.close();

/** The journey in three steps: first what becomes of its mail, then the steps, and what goes wrong at the last. */
async function walkInSteps(page, service, take, look) {
  await page.goto(`${service.url}/join`);
  await take('email');
  await page.locator('#email').fill('ada');
  await steps.submit(page);
  await page.locator('#email[aria-invalid=true]').waitFor();
  await take('email-error');
  await page.locator('#email').fill('ada@gmial.com');
  await page.locator('.suggested').waitFor();
  await take('email-suggestion');
  await steps.setOut(page, service);
  await take('check-mail');
  await steps.typeCode(page, '000000');
  await page.locator('#code[aria-invalid=true]').waitFor();
  await take('wrong-code');
  const mail = await steps.mailTo(service);
  await page.goto(mail.link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')));
  await take('unknown-link');
  const other = await browser.newContext(look);
  const reader = await other.newPage();
  await reader.goto(mail.link);
  await take('is-this-your-address', reader);
  await reader.locator('main form button').click();
  await steps.arrive(reader, 'profile');
  await page.goto(mail.link);
  await page.locator('main form button').click();
  await take('used-link');
  await page.goto(reader.url());
  await steps.arriveElsewhere(page);
  await take('confirmed-elsewhere');
  await steps.typeCode(page, mail.code);
  await steps.arrive(page, 'profile');
  await take('profile');
  await page.locator('#country').selectOption('IE');
  await take('profile-in-ireland');
  await steps.submit(page);
  await page.locator('#first_name[aria-invalid=true]').waitFor();
  await take('profile-errors');
  await steps.giveProfile(page);
  await take('payment');
  for (const [strength, password] of Object.entries({ refused: 'walrus99', strong: PASSWORD })) {
    await page.locator('#password').fill(password);
    await page.locator(`#password-strength[data-strength=${strength}]`).waitFor();
    await take(`password-${strength}`);
  }
  await page.locator('#password').fill('');
  await steps.submit(page);
  await page.locator('#password[aria-invalid=true]').waitFor();
  await take('payment-errors');
  await steps.fillInPayment(page, { card: DECLINED_WHEN_CHARGED });
  await steps.submit(page);
  await steps.notice(page);
  await take('declined');
  await service.fail({ step: 'create_customer', kind: 'refuse', count: 1 });
  await steps.fillInPayment(page);
  await steps.submit(page);
  await steps.notice(page);
  await take('gateway-away');
  await steps.fillInPayment(page, { card: null, password: 'password1' });
  await steps.submit(page);
  await page.locator('#password[aria-invalid=true]').waitFor();
  await take('card-taken');
  // Somebody else, with the same address.
  await other.clearCookies();
  await steps.upToPayment(reader, service, steps.ADDRESS, 2);
  await steps.fillInPayment(page, { card: null });
  await steps.submit(page);
  await steps.registered(page);
  await take('done');
  await steps.fillInPayment(reader);
  await steps.submit(reader);
  await reader.locator('main:not(:has(#password))').waitFor();
  await take('account-already', reader);
  await steps.upToPayment(reader, service, 'grace@example.com');
  await steps.fillInPayment(reader, { card: THREE_D_SECURE_CARD });
  await steps.submit(reader);
  await reader.locator('#registration[data-status=awaiting_action]').waitFor();
  await take('bank-asks', reader);
  await other.close();
  await walkSlowly(page, take);
}

/** What is seen only where time passes. */
async function walkSlowly(page, take) {
  const service = await startService({
    ENLIST_GATEWAY__SANDBOX__LATENCY: '900ms', ENLIST_SERVER__WAIT: '1s',
    ENLIST_VERIFICATION__DEADLINE: '10s', ENLIST_REGISTRATION__SWEEP_INTERVAL: '100ms',
  });
  await steps.upToPayment(page, service);
  await steps.fillInPayment(page);
  await steps.submit(page);
  await page.locator('#registration[data-status=running]').waitFor();
  await take('running');
  await steps.registered(page);
  await steps.setOut(page, service, 'grace@example.com');
  const address = page.url();
  const { link } = await steps.mailTo(service, 'grace@example.com');
  await page.waitForTimeout(11_000);
  await page.goto(link);
  await take('expired-link');
  await page.goto(address);
  await take('expired-journey');
  await service.stop();
}

async function walkWithStripe(page, service, take) {
  await service.options({ asks_again_after_setup: true });
  await page.goto(service.url);
  await take('details');
  await submit(page);
  await take('details-errors');
  await fillInDetails(page, { password: 'password1' });
  await page.locator('#password-strength[data-strength=refused]').waitFor();
  await submit(page);
  await page.locator('#password[aria-invalid=true]').waitFor();
  await take('weak-password');
  await page.locator('#password').fill(PASSWORD);
  const script = `${service.stripe}/endive/stripe.js`;
  await page.route(script, (route) => route.abort());
  await submit(page);
  await page.locator('#payment-retry').waitFor();
  await take('card-form-not-loaded');
  await page.unroute(script);
  await page.locator('#payment-retry').click();
  await page.locator('#payment_method[data-state=open]').waitFor();
  await take('payment');
  await pay(page);
  await page.locator('#payment_method-error:not(:empty)').waitFor();
  await take('payment-incomplete');
  await enterCard(page, DECLINED_WHEN_CHARGED);
  const refuse = (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback());
  await page.route(`${service.url}/`, refuse);
  await pay(page);
  await page.locator('#payment_method[data-state=chosen]').waitFor();
  await page.locator('#notice .notice').waitFor();
  await take('card-chosen');
  await page.unroute(`${service.url}/`, refuse);
  await pay(page);
  await page.locator('#payment_method[data-state=open]').waitFor();
  await take('declined');
  await enterCard(page, THREE_D_SECURE_CARD);
  await pay(page);
  await page.locator('iframe[title="3D Secure"]').waitFor();
  await take('bank-checks-card');
  await answerBank(page, 'Complete');
  await page.locator('#progress-confirm').waitFor();
  await take('awaiting-the-bank');
  await page.reload();
  await page.locator('#confirm').click();
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
  await page.locator('main form button').click();
  await take('confirmed');
  await page.goto(service.url);
  await fillIn(page, { card: THREE_D_SECURE_CARD, email: 'grace@example.com' });
  await submit(page);
  await page.locator('#progress-action-link').waitFor();
  await take('awaiting-the-bank');
  await page.locator('#progress-action-link').click();
  await take('bank');
  await page.locator('button[value=refuse]').click();
  await page.locator('#registration[data-status=undone]').waitFor();
  await take('failed');
  await service.fail({ step: 'create_customer', kind: 'lose_reply', count: 3 });
  await page.goto(`${service.url}/sandbox`);
  await take('sandbox');
  for (const [name, route] of [['docs', '/docs'], ['problem', '/problems/card-declined'], ['not-found', '/nowhere']]) {
    await page.goto(service.url + route);
    await take(name);
  }
}
