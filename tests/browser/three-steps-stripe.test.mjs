// The last of the three steps where the gateway is Stripe: the card in Stripe's form, the bank in the page.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import {
  DECLINED_WHEN_CHARGED, GOOD_CARD, PASSWORD, THREE_D_SECURE_CARD, answerBank, cardForm, enterCard, pay,
} from './support/person.mjs';
import { live } from './support/service.mjs';
import { startServiceWithStripe } from './support/stripe.mjs';
import { arrive, choosePlan, kept, notice, registered, submit, upToPayment } from './support/three-steps.mjs';
import { LOGO, assertLight } from './support/weight.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startServiceWithStripe);

/** Addresses outside of the service that the page has asked. */
function strangers(page, service) {
  const asked = new Set();
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== service.url) asked.add(origin);
  });
  return asked;
}

/** The last step, filled in; Stripe's form has a moment to appear. */
async function fillIn(page, card) {
  await cardForm(page).locator('#number').waitFor();
  await choosePlan(page, 'pro');
  await enterCard(page, card);
  await page.locator('#password').fill(PASSWORD);
}

for (const [size, viewport] of Object.entries(sizes)) {
  journey(`declined, then registered, in three steps, on a ${size}`, { viewport }, async (page, service) => {
    const asked = strangers(page, service);
    await upToPayment(page, service);
    await fillIn(page, DECLINED_WHEN_CHARGED);
    assert.deepEqual([...asked], [service.stripe]);
    await assertAccessible(page, 'the payment');
    await assertFits(page, 'the payment');
    await pay(page);
    assert.match(await notice(page), /card was declined/i);
    await arrive(page, 'payment');
    assert.deepEqual(live(await service.ledger()), []);
    await fillIn(page, GOOD_CARD);
    await pay(page);
    await registered(page);
    await assertOneOfEach(service);
    assert.doesNotMatch(service.log(), /4242 ?4242|pm_|seti_|_secret_/);
  });
}

const viewport = sizes.desktop;

/** In which a page would have done what it is not to do. */
const MOMENT_MS = 1_000;

journey('the last step is light, with a logo of the operator’s and without what is Stripe’s', { viewport, settings: { ENLIST_BRAND__LOGO: LOGO } }, async (page, service) => {
  await upToPayment(page, service);
  await assertLight(page, page.url(), { apart: [service.stripe, `${service.url}/api/setup-intents`] });
  await cardForm(page).locator('#number').waitFor();
});

journey('nobody else is asked before the payment step', { viewport }, async (page, service) => {
  const asked = strangers(page, service);
  const places = new Set();
  page.on('request', () => { if (asked.size > 0) places.add(new URL(page.url()).pathname.split('/').at(-1)); });
  await upToPayment(page, service);
  await cardForm(page).locator('#number').waitFor();
  assert.deepEqual([...places], ['payment'], 'where the page was when somebody else was asked');
});

journey('a bank that asks is answered, in three steps', { viewport }, async (page, service) => {
  await service.options({ asks_again_after_setup: true });
  await upToPayment(page, service);
  await fillIn(page, THREE_D_SECURE_CARD);
  await pay(page);
  await answerBank(page, 'Complete');
  await page.getByRole('button', { name: 'Confirm with your bank' }).click();
  assert.equal((await service.ledger()).charges.length, 0, 'nothing is charged before');
  await answerBank(page, 'Complete');
  await registered(page);
  await assertOneOfEach(service);
});

journey('while the card is checked no other step is gone to', { viewport }, async (page, service) => {
  await upToPayment(page, service);
  await fillIn(page, THREE_D_SECURE_CARD);
  await pay(page);
  await page.locator('iframe[title="3D Secure"]').waitFor();
  await page.locator('.steps').getByRole('link', { name: 'About you' }).evaluate((link) => link.click());
  await page.waitForTimeout(MOMENT_MS);
  await arrive(page, 'payment');
  await answerBank(page, 'Complete');
  await registered(page);
  await assertOneOfEach(service);
});

journey('a last step that was left while the card is checked sends nothing', { viewport }, async (page, service) => {
  await upToPayment(page, service);
  // To and fro within one document, in which what was begun at Stripe goes on.
  await page.locator('.steps').getByRole('link', { name: 'About you' }).click();
  await arrive(page, 'profile');
  await submit(page);
  await arrive(page, 'payment');
  await fillIn(page, THREE_D_SECURE_CARD);
  await pay(page);
  await page.locator('iframe[title="3D Secure"]').waitFor();
  const sent = [];
  page.on('request', (request) => { if (request.url().endsWith('/payment') && request.method() === 'POST') sent.push(request.url()); });
  await page.goBack();
  await arrive(page, 'profile');
  await page.goForward();
  await arrive(page, 'payment');
  await answerBank(page, 'Complete');
  await page.waitForTimeout(MOMENT_MS);
  assert.deepEqual(sent, []);
  await arrive(page, 'payment');
  assert.equal(await page.locator('#submit').getAttribute('aria-busy'), null);
  await fillIn(page, GOOD_CARD);
  await pay(page);
  await registered(page);
  await assertOneOfEach(service);
});

journey('a double click charges once, in three steps', { viewport }, async (page, service) => {
  await upToPayment(page, service);
  await fillIn(page, GOOD_CARD);
  await page.locator('#submit').scrollIntoViewIfNeeded();
  await page.locator('#submit').dblclick();
  await registered(page);
  await assertOneOfEach(service);
  assert.equal((await service.ledger()).customers.length, 1, 'and nothing was taken back');
});

journey('a weak password is said, and the card is not asked for again', { viewport }, async (page, service) => {
  await upToPayment(page, service);
  await fillIn(page, GOOD_CARD);
  await page.locator('#password').fill('password1');
  await pay(page);
  await page.locator('#password[aria-invalid=true]').waitFor();
  assert.equal(await page.locator('#password').inputValue(), '');
  // Which card it is, only Stripe knows until it is attached.
  assert.match(await page.locator('main').innerText(), /The card that you entered/);
  await page.locator('#password').fill(PASSWORD);
  await pay(page);
  await registered(page);
  await assertOneOfEach(service);
});

journey('another card that was checked and then put away is not charged', { viewport, tolerates: ['net::ERR'] }, async (page, service) => {
  await upToPayment(page, service);
  await fillIn(page, GOOD_CARD);
  await page.locator('#password').fill('password1');
  await pay(page);
  await page.locator('#kept-card').waitFor();
  await page.locator('#use-another').click();
  await fillIn(page, DECLINED_WHEN_CHARGED);
  const refuse = (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback());
  await page.route(/\/payment$/, refuse);
  await pay(page);
  assert.match(await notice(page), /No answer came from the server/);
  await page.unroute(/\/payment$/, refuse);
  assert.match((await kept(page)).payment_method, /^pm_/);
  await page.locator('#use-another').click();
  await page.waitForFunction(() => document.querySelector('[name=payment_method]').value === '');
  await pay(page);
  await registered(page);
  await assertOneOfEach(service);
});

journey('a script of Stripe’s that cannot be loaded is told, and tried again', { viewport, tolerates: ['net::ERR'] }, async (page, service) => {
  const script = `${service.stripe}/endive/stripe.js`;
  await page.route(script, (route) => route.abort());
  await upToPayment(page, service);
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await page.unroute(script);
  await page.getByRole('button', { name: 'Try again' }).click();
  await fillIn(page, GOOD_CARD);
  await pay(page);
  await registered(page);
});

journey('a card without JavaScript is said to need it', { viewport, javaScriptEnabled: false }, async (page, service) => {
  await upToPayment(page, service);
  assert.match(await page.locator('main').innerText(), /only be entered with JavaScript/);
});
