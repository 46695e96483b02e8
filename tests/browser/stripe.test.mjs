// The journey of a newcomer where the gateway is Stripe: the card in Stripe's form, the bank in the page.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import {
  ADA, DECLINED_WHEN_CHARGED, GOOD_CARD, PASSWORD, THREE_D_SECURE_CARD,
  answerBank, cardForm, checkYourMail, confirmByMail, continueToPayment, enterCard, entries,
  fillInDetails, pay, steps,
} from './support/person.mjs';
import { live } from './support/service.mjs';
import { startServiceWithStripe } from './support/stripe.mjs';
import { assertLight } from './support/weight.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startServiceWithStripe);

/** Addresses outside of the service that the page has asked. */
function strangers(page, service) {
  const asked = [];
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== service.url) asked.push(origin);
  });
  return asked;
}

async function assertKept(page) {
  const { idempotency_key: _key, payment_method: token, ...now } = await entries(page);
  assert.deepEqual(now, { ...ADA, country: 'US', plan: 'pro', password: PASSWORD });
  return token;
}

const notice = (page) => page.locator('#notice .notice');
const bankAsks = (page) => page.getByRole('button', { name: 'Confirm with your bank' });

for (const [size, viewport] of Object.entries(sizes)) {
  journey(`declined, then registered, then confirmed, on a ${size}`, { viewport }, async (page, service) => {
    const asked = strangers(page, service);
    const look = async (what) => {
      await assertAccessible(page, what);
      await assertFits(page, what);
    };
    await page.goto(service.url);
    await fillInDetails(page);
    await look('the details');
    assert.deepEqual(asked, [], 'nobody else is asked before the payment step');

    await continueToPayment(page);
    assert.deepEqual(new Set(asked), new Set([service.stripe]));
    assert.equal(await page.locator('#payment-title').evaluate((it) => it === document.activeElement), true);
    await look('the payment');
    await enterCard(page, DECLINED_WHEN_CHARGED);
    await pay(page);
    await notice(page).waitFor();
    assert.match(await page.locator('#attempt').innerText(), /No account was created and nothing was charged/);
    const shown = await steps(page);
    assert.deepEqual([shown.create_customer, shown.start_subscription], ['undone', 'failed']);
    assert.equal(await assertKept(page), '', 'the token was used');
    assert.deepEqual(live(await service.ledger()), []);
    await page.locator('#payment_method[data-state=open]').waitFor();
    await look('the payment after a decline');

    await enterCard(page, GOOD_CARD);
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
    await look('the registration');
    assert.doesNotMatch(await page.locator('body').innerText(), /sandbox/i);
    await confirmByMail(page, service.url);
    await assertOneOfEach(service);
    assert.doesNotMatch(service.log(), /4242 ?4242|pm_|seti_|_secret_/);
  });

  journey(`a payment confirmed with the bank, on a ${size}`, { viewport }, async (page, service) => {
    await service.options({ asks_again_after_setup: true });
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page, THREE_D_SECURE_CARD);
    await pay(page);
    await answerBank(page, 'Complete');
    await bankAsks(page).click();
    await assertFits(page, 'the bank');
    assert.equal((await service.ledger()).charges.length, 0, 'nothing is charged before');
    await answerBank(page, 'Complete');
    await checkYourMail(page);
    await assertOneOfEach(service);
    await confirmByMail(page, service.url);
  });
}

describe('with the desktop', () => {
  const viewport = sizes.desktop;

  const upToTheBank = async (page, service) => {
    await service.options({ asks_again_after_setup: true });
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page, THREE_D_SECURE_CARD);
    await pay(page);
    await answerBank(page, 'Complete');
    await bankAsks(page).waitFor();
  };

  journey('the form is light, and all of it is ours', { viewport }, async (page, service) => {
    const asked = strangers(page, service);
    await assertLight(page, service.url);
    assert.deepEqual(asked, []);
  });

  journey('a bank that asks when the card is checked only asks once', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page, THREE_D_SECURE_CARD);
    await pay(page);
    await answerBank(page, 'Complete');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('whoever refuses while the card is checked has created nothing', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page, THREE_D_SECURE_CARD);
    await pay(page);
    await answerBank(page, 'Fail');
    await notice(page).waitFor();
    assert.match(await notice(page).innerText(), /not told that it is you/);
    assert.equal((await service.ledger()).customers.length, 0);
    await enterCard(page, GOOD_CARD);
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a payment that the bank refused leaves nothing behind, and another card pays', { viewport }, async (page, service) => {
    await upToTheBank(page, service);
    await assertAccessible(page, 'before the bank');
    await bankAsks(page).click();
    await answerBank(page, 'Fail');
    await notice(page).waitFor();
    assert.match(await notice(page).innerText(), /did not confirm the payment/);
    assert.deepEqual(live(await service.ledger()), []);
    await page.locator('#payment_method[data-state=open]').waitFor();
    await enterCard(page, GOOD_CARD);
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('after a reload the bank is asked on the page of the registration', { viewport, tolerates: ['net::ERR'] }, async (page, service) => {
    await upToTheBank(page, service);
    const asked = strangers(page, service);
    await page.reload();
    await page.locator('#registration[data-status=awaiting_action]').waitFor();
    await assertAccessible(page, 'the registration that waits for the bank');
    assert.deepEqual(asked, [], 'nobody else is asked before the person wants it');
    await page.route(`${service.stripe}/endive/stripe.js`, (route) => route.abort());
    await bankAsks(page).click();
    await page.locator('#confirm-error:not(:empty)').waitFor();
    await page.unroute(`${service.stripe}/endive/stripe.js`);
    await bankAsks(page).click();
    await answerBank(page, 'Complete');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a bank that cannot be asked for is said, and asked once it can be', { viewport }, async (page, service) => {
    // For the end of the ledger, for the press of the button, and once for the look that follows.
    await service.fail({ step: 'retrieve_subscription', kind: 'fail_before', count: 3 });
    await upToTheBank(page, service);
    await bankAsks(page).click();
    await page.locator('#progress-error:not(:empty)').waitFor();
    assert.match(await page.locator('#progress-error').innerText(), /cannot be asked right now/);
    assert.equal(await bankAsks(page).getAttribute('aria-busy'), null);
    await bankAsks(page).click();
    await answerBank(page, 'Complete');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a script of ours that cannot be loaded is told on either page', { viewport, tolerates: ['net::ERR'] }, async (page, service) => {
    await page.route('**/assets/bank.js*', (route) => route.abort());
    await upToTheBank(page, service);
    await bankAsks(page).click();
    await page.locator('#progress-error:not(:empty)').waitFor();
    assert.equal(await bankAsks(page).getAttribute('aria-busy'), null);
    await page.reload();
    await bankAsks(page).click();
    await page.locator('#confirm-error:not(:empty)').waitFor();
    assert.equal(await bankAsks(page).getAttribute('aria-busy'), null);
    await page.unroute('**/assets/bank.js*');
    await bankAsks(page).click();
    await answerBank(page, 'Complete');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('nothing is changed while the card is checked', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page, THREE_D_SECURE_CARD);
    await pay(page);
    await page.locator('iframe[title="3D Secure"]').waitFor();
    // The bank's frame is over the page; a keyboard gets at what is below.
    await page.locator('#payment-back').evaluate((button) => button.click());
    assert.equal(await page.locator('#form').getAttribute('data-step'), 'payment');
    await answerBank(page, 'Complete');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a script that cannot be loaded is told, and nothing is lost', { viewport, tolerates: ['net::ERR'] }, async (page, service) => {
    const script = `${service.stripe}/endive/stripe.js`;
    await page.route(script, (route) => route.abort());
    await page.goto(service.url);
    await fillInDetails(page);
    await page.getByRole('button', { name: 'Continue to payment' }).click();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    assert.match(await page.locator('#payment-failed').innerText(), /could not be loaded/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'payment-failed-title');
    await assertAccessible(page, 'the card form that could not be loaded');
    await assertKept(page);
    await page.unroute(script);
    await page.getByRole('button', { name: 'Try again' }).click();
    await enterCard(page);
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a gateway that is away is told, and nothing is lost', { viewport, tolerates: ['a status of 5'] }, async (page, service) => {
    await service.fail({ step: 'create_setup_intent', kind: 'rate_limit', count: 1 });
    await page.goto(service.url);
    await fillInDetails(page);
    await page.getByRole('button', { name: 'Continue to payment' }).click();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    assert.match(await page.locator('#payment-failed').innerText(), /cannot be reached/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await enterCard(page);
    await pay(page);
    await checkYourMail(page);
  });

  journey('a card that is incomplete is said, and the card form has the focus', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await pay(page);
    await page.locator('#payment_method-error:not(:empty)').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'IFRAME');
    assert.equal((await service.ledger()).customers.length, 0);
    await cardForm(page).locator('#number').fill('4');
    await page.locator('#payment_method-error:empty').waitFor({ state: 'attached' });
  });

  /** Up to where the service has refused the e-mail address, after the card was checked. */
  const upToABadAddress = async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page, { email: 'ada@example.c_m' });
    await continueToPayment(page);
    await enterCard(page);
    await pay(page);
    await page.locator('#error-summary:visible').waitFor();
  };

  journey('details that only the service judges lead back, and the card is not asked for again', { viewport }, async (page, service) => {
    await upToABadAddress(page, service);
    assert.equal(await page.locator('#email').isVisible(), true, 'the details are shown');
    await page.locator('#error-list a').first().click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
    await page.locator('#email').fill(ADA.email);
    await page.getByRole('button', { name: 'Continue to payment' }).click();
    await page.locator('#payment_method[data-state=chosen]').waitFor();
    await assertAccessible(page, 'a card that was chosen');
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('with another address the card is checked anew', { viewport }, async (page, service) => {
    await upToABadAddress(page, service);
    await page.locator('#email').fill(ADA.email);
    await page.locator('#zip').fill('10001');
    await continueToPayment(page);
    await enterCard(page);
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('going back keeps what was typed, the card included', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page);
    await page.getByRole('button', { name: 'Change' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
    await assertKept(page);
    await page.locator('#city').fill('Chicago');
    await continueToPayment(page);
    assert.match(await page.locator('#payment-where').innerText(), /Chicago/);
    assert.notEqual(await cardForm(page).locator('#number').inputValue(), '');
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a double click charges once', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page);
    await page.locator('#submit').dblclick();
    await checkYourMail(page);
    await assertOneOfEach(service);
    assert.equal((await service.ledger()).customers.length, 1, 'and nothing was taken back');
  });

  journey('an answer that was lost is asked for again with the same card', { viewport, tolerates: ['net::ERR'] }, async (page, service) => {
    await page.goto(service.url);
    await fillInDetails(page);
    await continueToPayment(page);
    await enterCard(page);
    let lost = 0;
    await page.route(`${service.url}/`, async (route) => {
      if (route.request().method() !== 'POST' || lost++ > 0) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await pay(page);
    await notice(page).waitFor();
    assert.match(await notice(page).innerText(), /No answer came/);
    await pay(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
    assert.equal((await service.ledger()).customers.length, 1, 'one registration');
  });

  journey('the keyboard is enough', { viewport }, async (page, service) => {
    const type = async (text) => { await page.keyboard.type(text); await page.keyboard.press('Tab'); };
    await page.goto(service.url);
    await page.locator('#email').focus();
    await type(ADA.email);
    await type(PASSWORD);
    await page.keyboard.press('Tab');
    await type(ADA.first_name);
    await type(ADA.last_name);
    await page.keyboard.press('Tab');
    for (const name of ['address', 'address_line2', 'city', 'state', 'zip']) await type(ADA[name]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#payment_method[data-state=open]').waitFor();
    await page.keyboard.press('Tab');
    await page.locator('#payment-back:focus').waitFor();
    await page.keyboard.press('Tab');
    // Keys go where the focus is, and into another origin's frame and out of it that takes a moment.
    for (const [field, text] of [['number', GOOD_CARD], ['expiry', '12 / 40'], ['cvc', '123']]) {
      await cardForm(page).locator(`#${field}:focus`).waitFor();
      await type(text);
    }
    await page.waitForFunction(() => document.activeElement.id === 'submit' && document.hasFocus());
    await page.keyboard.press('Enter');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });
});

describe('where a free plan needs no card', () => {
  const viewport = sizes.phone;
  const settings = { ENLIST_BILLING__CARD: 'paid_plans' };

  journey('it is had without anybody else being asked', { viewport, settings }, async (page, service) => {
    const asked = strangers(page, service);
    await page.goto(service.url);
    await fillInDetails(page, { plan: 'free' });
    await page.getByRole('button', { name: 'Create free account' }).click();
    await checkYourMail(page);
    assert.deepEqual(asked, []);
    const { customers, payment_methods: cards } = await service.ledger();
    assert.deepEqual([customers.length, cards.length], [1, 0]);
  });

  const impatient = { ...settings, ENLIST_GATEWAY__ATTEMPTS: '1' };
  journey('it asks nobody else for a card form after a failure either', { viewport, settings: impatient }, async (page, service) => {
    const asked = strangers(page, service);
    const forms = [];
    page.on('request', (request) => { if (request.url().endsWith('/api/setup-intents')) forms.push(request.url()); });
    await service.fail({ step: 'create_customer', kind: 'rate_limit', count: 1 });
    await page.goto(service.url);
    await fillInDetails(page, { plan: 'free' });
    const create = page.getByRole('button', { name: 'Create free account' });
    await create.click();
    await notice(page).waitFor();
    await create.click();
    await checkYourMail(page);
    assert.deepEqual([asked, forms], [[], []]);
  });

  journey('it is had without JavaScript, and a paid one says what it needs', { viewport, settings, javaScriptEnabled: false }, async (page, service) => {
    await page.goto(service.url);
    // Switched off from outside, scripts do not run, but the browser shows no <noscript> either.
    assert.match(await page.locator('noscript').textContent(), /A card can only be entered with JavaScript/);
    await fillInDetails(page);
    await pay(page);
    await page.locator('#error-summary').getByText('the card form needs JavaScript').waitFor();
    await fillInDetails(page, { plan: 'free' });
    await pay(page);
    await checkYourMail(page);
  });
});
