// The journey of a newcomer, on a phone and on a desktop.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import {
  ADA, DECLINED_CARD, DECLINED_WHEN_CHARGED, GOOD_CARD, THREE_D_SECURE_CARD,
  checkYourMail, confirmByMail, entries, fillIn, fillInSecrets, steps, submit,
} from './support/person.mjs';
import { live, startService } from './support/service.mjs';
import { assertLight } from './support/weight.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startService);

/** What was typed is there, what is secret is not. */
async function assertKept(page) {
  const { idempotency_key: _key, ...now } = await entries(page);
  assert.deepEqual(now, {
    ...ADA, country: 'US', plan: 'pro', password: '', card_number: '', expiry: '', cvv: '',
  });
}

for (const [size, viewport] of Object.entries(sizes)) {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? '' : ' without JavaScript';
    journey(`declined, then registered, then confirmed, on a ${size}${how}`, { viewport, javaScriptEnabled }, async (page, service) => {
      // Without scripts axe cannot run either; the same pages are looked at with them.
      const look = async (what) => {
        if (!javaScriptEnabled) return;
        await assertAccessible(page, what);
        await assertFits(page, what);
      };
      await page.goto(service.url);
      await look('the form');
      await fillIn(page, { card: DECLINED_CARD });
      await submit(page);
      const notice = page.locator('#notice .notice');
      await notice.waitFor();
      assert.match(await notice.innerText(), /card was declined/i);
      assert.match(await page.locator('#attempt').innerText(), /No account was created and nothing was charged/);
      await assertKept(page);
      assert.deepEqual(live(await service.ledger()), []);
      await look('the form after a decline');

      await fillInSecrets(page, GOOD_CARD);
      await submit(page);
      await checkYourMail(page);
      assert.match(await page.locator('h1').innerText(), /Check your mail/);
      const { verify_email: waiting, finish, ...done } = await steps(page);
      assert.deepEqual([waiting, finish], ['doing', 'waiting']);
      assert.deepEqual(new Set(Object.values(done)), new Set(['done']));
      await assertOneOfEach(service);
      await look('the registration');

      await page.goto(`${service.url}/mailbox`);
      await look('the mailbox');
      await page.locator('.mail-subject').first().click();
      await look('the mail');
      await page.locator('.mail-body a').first().click();
      await look('the question whether this is the address');
      await page.getByRole('button', { name: 'Confirm my e-mail address' }).click();
      await page.locator('.verdict[data-state=done]').waitFor();
      await look('the confirmation');
      await page.goto(`${service.url}/sandbox`);
      await look('the sandbox');
      await assertOneOfEach(service);
    });
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? '' : ' without JavaScript';
    journey(`a payment confirmed with the bank, on a ${size}${how}`, { viewport, javaScriptEnabled }, async (page, service) => {
      await page.goto(service.url);
      await fillIn(page, { card: THREE_D_SECURE_CARD });
      await submit(page);
      await page.getByRole('link', { name: 'Confirm with your bank' }).click();
      if (javaScriptEnabled) {
        await assertAccessible(page, 'the bank');
        await assertFits(page, 'the bank');
      }
      assert.equal((await service.ledger()).charges.length, 0, 'nothing is charged before');
      await page.getByRole('button', { name: 'Confirm $29.00' }).click();
      await checkYourMail(page);
      await assertOneOfEach(service);
      await confirmByMail(page, service.url);
    });
  }
}

describe('with the desktop', () => {
  const viewport = sizes.desktop;

  journey('the form is light', { viewport }, (page, service) => assertLight(page, service.url));

  journey('what is wrong with the plan is tied to the plans', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page);
    await page.locator('[name=plan]:checked').evaluate((plan) => { plan.value = 'gone'; });
    await submit(page);
    await page.locator('#error-summary:visible').waitFor();
    const plans = page.getByRole('radiogroup', { name: 'Plan' });
    assert.equal(await plans.getAttribute('aria-describedby'), 'plan-error');
    assert.equal(await plans.getAttribute('aria-invalid'), 'true');
    await assertAccessible(page, 'a plan that is not offered');
    await page.locator('[name=plan]:not(:checked)').first().check({ force: true });
    assert.equal(await plans.getAttribute('aria-invalid'), null);
  });

  journey('a payment that the bank refused leaves nothing behind', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page, { card: THREE_D_SECURE_CARD });
    await submit(page);
    await page.getByRole('link', { name: 'Confirm with your bank' }).click();
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.getByRole('link', { name: 'Start again' }).waitFor();
    await assertAccessible(page, 'the failed registration');
    assert.deepEqual(live(await service.ledger()), []);
  });

  journey('a card that fails when charged is taken back in view', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page, { card: DECLINED_WHEN_CHARGED });
    await submit(page);
    await page.locator('#notice .notice').waitFor();
    const shown = await steps(page);
    assert.equal(shown.create_customer, 'undone');
    assert.equal(shown.start_subscription, 'failed');
    await assertKept(page);
    assert.deepEqual(live(await service.ledger()), []);
  });

  journey('a double click charges once', { viewport, settings: { ENLIST_GATEWAY__SANDBOX__LATENCY: '100ms' } }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page);
    await page.locator('#submit').dblclick();
    await checkYourMail(page);
    await assertOneOfEach(service);
    const { customers } = await service.ledger();
    assert.equal(customers.length, 1, 'and nothing was taken back');
  });

  journey('a double click without JavaScript charges once', { viewport, javaScriptEnabled: false, settings: { ENLIST_GATEWAY__SANDBOX__LATENCY: '100ms' } }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page);
    await page.locator('#submit').dblclick();
    await checkYourMail(page);
    await assertOneOfEach(service);
    const { customers } = await service.ledger();
    assert.equal(customers.length, 1, 'and nothing was taken back');
  });

  journey('going back and sending the form again says that the address is taken', { viewport, javaScriptEnabled: false }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page);
    await submit(page);
    await checkYourMail(page);
    await page.goBack();
    await fillIn(page);
    await submit(page);
    const notice = page.locator('#notice .notice');
    await notice.waitFor();
    assert.match(await notice.innerText(), /address is taken/);
    await assertKept(page);
    await assertOneOfEach(service);
  });

  journey('a reload while it runs shows the running registration', { viewport, settings: { ENLIST_GATEWAY__SANDBOX__LATENCY: '1s' } }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page);
    await submit(page);
    await page.waitForURL('**/registrations/*');
    await page.reload();
    await page.locator('#registration[data-status=running]').waitFor();
    await assertAccessible(page, 'the running registration');
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('the code of the mail confirms too, and a wrong one says so', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page);
    await submit(page);
    await checkYourMail(page);
    await page.goto(`${service.url}/mailbox`);
    await page.locator('.mail-subject').first().click();
    const code = /\b\d{6}\b/.exec(await page.locator('.mail-body').innerText())[0];
    await page.goBack();
    await page.goBack();
    const wrong = code === '123456' ? '654321' : '123456';
    await page.locator('#code').fill(wrong);
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.locator('#code[aria-invalid=true]').waitFor();
    await assertAccessible(page, 'a wrong code');
    await page.locator('#code').fill(code);
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.locator('#registration[data-status=registered]').waitFor();
    await assertAccessible(page, 'registered');
  });

  journey('fields that are not in order are named, all of them', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await submit(page);
    await page.locator('#error-summary:visible').waitFor();
    assert.equal(await page.locator('#error-list a').count(), 11);
    await assertAccessible(page, 'the form with errors');
    assert.deepEqual(live(await service.ledger()), []);
  });

  journey('the pages of help have no violations', { viewport }, async (page, service) => {
    for (const route of ['/docs', '/problems/card-declined', '/nowhere']) {
      await page.goto(service.url + route);
      await assertAccessible(page, route);
      await assertFits(page, route);
    }
  });
});
