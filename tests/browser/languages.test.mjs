// The pages in another language, and under another brand.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import {
  ADA, DECLINED_WHEN_CHARGED, GOOD_CARD, THREE_D_SECURE_CARD, checkYourMail, entries, fillIn, fillInSecrets, submit,
} from './support/person.mjs';
import { startService } from './support/service.mjs';
import { startServiceWithStripe } from './support/stripe.mjs';
import {
  PROFILE, arrive, fillInPayment, fillInProfile, mailTo, openLink, proveAddress, registered, setOut, upToPayment,
} from './support/three-steps.mjs';
import { LOGO, assertLight } from './support/weight.mjs';

/** The narrowest screen on which a page must work. */
const NARROW = { width: 320, height: 640 };

/** A colour that can be read on dark, and not on light. */
const PALE = '#ffcc00';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startService);

const languageOf = (page) => page.evaluate(() => document.documentElement.lang);
/** Changes the language on a page with a form, by the keyboard. */
async function intoGerman(page) {
  await page.getByRole('button', { name: 'Deutsch' }).focus();
  await Promise.all([page.waitForURL('**?lang=de'), page.keyboard.press('Enter')]);
  assert.equal(await languageOf(page), 'de');
}

const heading = (page) => page.locator('h1:visible').innerText();

/** Words that no German sentence has. */
const ENGLISH = /\b(the|your|with|and|card|account)\b/i;

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? '' : ' without JavaScript';
  journey(`the language is changed by the keyboard and stays${how}`, { viewport: sizes.phone, javaScriptEnabled }, async (page, service) => {
    await page.goto(`${service.url}/mailbox`);
    assert.equal(await languageOf(page), 'en');
    const german = page.getByRole('link', { name: 'Deutsch' });
    await german.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/mailbox?lang=de');
    assert.equal(await languageOf(page), 'de');
    assert.equal(await heading(page), 'Postfach');
    await page.goto(service.url);
    assert.equal(await heading(page), 'Konto anlegen');
    assert.equal(await page.getByRole('button', { name: 'Deutsch' }).getAttribute('aria-current'), 'true');
  });
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? '' : ' without JavaScript';
  const context = { viewport: sizes.desktop, javaScriptEnabled };

  journey(`what was typed into the one form is there in the other language${how}`, context, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page, { plan: 'starter', state: 'Kanagawa' });
    await page.locator('#country').selectOption('JP');
    await intoGerman(page);
    assert.equal(await heading(page), 'Konto anlegen');
    assert.equal(await page.locator('#error-summary:visible').count(), 0);
    const { idempotency_key: _key, ...kept } = await entries(page);
    assert.deepEqual(kept, {
      ...ADA, state: 'Kanagawa', country: 'JP', plan: 'starter', password: '', card_number: '', expiry: '', cvv: '',
    });
    const label = await page.locator('label[for=state]').innerText();
    assert.equal(label, javaScriptEnabled ? 'Präfektur' : 'Bundesstaat/Provinz, falls vorhanden');
    if (javaScriptEnabled) assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
    assert.equal((await service.ledger()).customers.length, 0, 'it was not sent as a sign-up');
    await fillIn(page);
    await submit(page);
    await checkYourMail(page);
    assert.equal(await heading(page), 'Prüfen Sie Ihr Postfach');
    await assertOneOfEach(service);
  });

  journey(`what was typed on a step of the journey is there in the other language${how}`, context, async (page, service) => {
    await page.goto(`${service.url}/join`);
    await page.locator('#email').fill('ada@exam');
    await intoGerman(page);
    assert.equal(await page.locator('#email').inputValue(), 'ada@exam');
    assert.equal(await page.locator('#email-error').innerText(), '');
    await page.goto(`${service.url}/?lang=en`);
    await proveAddress(page, service);
    await fillInProfile(page);
    await intoGerman(page);
    assert.deepEqual(await entries(page), { ...PROFILE, country: 'US' });
    await submit(page);
    await arrive(page, 'payment');
    await page.goto(`${page.url()}?lang=en`);
    await fillInPayment(page, { plan: 'starter' });
    await intoGerman(page);
    const { plan, password, card_number: number } = await entries(page);
    assert.deepEqual({ plan, password, number }, { plan: 'starter', password: '', number: '' });
    assert.equal((await service.ledger()).payment_methods.length, 0, 'no card was given');
    await fillInPayment(page, { plan: 'pro' });
    await submit(page);
    await registered(page);
    assert.equal(await languageOf(page), 'de');
    await assertOneOfEach(service);
  });
}

journey('after a step without a full reload, the language is changed as the page that is there needs it', { viewport: sizes.phone }, async (page, service) => {
  await setOut(page, service);
  await page.getByRole('link', { name: 'Deutsch' }).click();
  await page.waitForURL('**?lang=de');
  await arrive(page, 'check-mail');
  assert.equal(await languageOf(page), 'de');
  await openLink(page, await mailTo(service));
  await arrive(page, 'profile');
  await page.locator('#first_name').fill('Ada');
  await page.getByRole('button', { name: 'English' }).click();
  await page.waitForURL('**?lang=en');
  assert.equal(await page.locator('#first_name').inputValue(), 'Ada');
});

journey('while a registration is under way, its page is shown in the other language', { viewport: sizes.desktop, settings: { ENLIST_GATEWAY__SANDBOX__LATENCY: '1s' } }, async (page, service) => {
  await page.goto(service.url);
  await fillIn(page, { card: GOOD_CARD });
  await submit(page);
  await page.waitForURL('**/registrations/*');
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await checkYourMail(page);
  assert.equal(await languageOf(page), 'de');
  await assertOneOfEach(service);
});

for (const [size, viewport] of Object.entries({ ...sizes, 'as narrow as can be': NARROW })) {
  journey(`a whole sign-up in German, ${size}`, {
    viewport, locale: 'de-DE', settings: { ENLIST_BRAND__COLOR: PALE, ENLIST_BRAND__NAME: 'Musterwerk Rechnungen' },
  }, async (page, service) => {
    const look = async (what) => {
      await assertAccessible(page, what);
      await assertFits(page, what);
      const shown = await page.locator('main').innerText();
      assert.doesNotMatch(shown, ENGLISH, what);
      assert.doesNotMatch(shown, /\{\$|undefined|\[object/, what);
    };
    await page.goto(service.url);
    await look('the form');
    await page.locator('#email').fill('ada');
    await page.locator('#password').fill('kurz');
    await page.locator('#first_name').focus();
    assert.match(await page.locator('#password-error').innerText(), /mindestens 8 Zeichen, also noch 4 mehr/);
    await submit(page);
    await page.locator('#error-summary:visible').waitFor();
    assert.match(await page.title(), /^Fehler: Konto anlegen/);
    await look('the form with errors');

    // The server's own sentences, which come by JSON and by the stream of events.
    await fillIn(page, { email: 'ada@example.c_m' });
    await submit(page);
    await page.locator('#error-summary:visible').waitFor();
    assert.match(await page.locator('#email-error').innerText(), /kein Domainname/);
    await fillIn(page, { card: DECLINED_WHEN_CHARGED });
    await submit(page);
    await page.locator('#notice .notice').waitFor();
    const attempt = await page.locator('#attempt').innerText();
    assert.match(attempt, /Ihre Karte wurde abgelehnt/);
    assert.match(attempt, /Kunde gelöscht/);
    assert.match(attempt, /kein Konto angelegt und nichts abgebucht/);
    await look('the form after a decline');

    await fillInSecrets(page, THREE_D_SECURE_CARD);
    await submit(page);
    await page.getByRole('link', { name: 'Bei der Bank bestätigen' }).waitFor();
    await look('the bank is to be asked');
    await page.getByRole('link', { name: 'Bei der Bank bestätigen' }).click();
    await look('the bank');
    await page.getByRole('button', { name: /29,00.\$ bestätigen/ }).click();
    await checkYourMail(page);
    assert.equal(await heading(page), 'Prüfen Sie Ihr Postfach');
    await look('the registration');
    await page.locator('#code').fill('1');
    await page.getByRole('button', { name: 'Adresse bestätigen' }).click();
    assert.match(await page.locator('#code-error').innerText(), /6 Ziffern/);
    await look('half a code');
    await assertOneOfEach(service);
    await page.goto(`${service.url}/sandbox`);
    await assertAccessible(page, 'the sandbox');
    await assertFits(page, 'the sandbox');
  });
}

for (const [gateway, start] of Object.entries({ sandbox: startService, Stripe: startServiceWithStripe })) {
  journeys(() => browser, start)(`the form is light with a logo of the operator's, with ${gateway}`, {
    locale: 'de-DE', settings: { ENLIST_BRAND__LOGO: LOGO, ENLIST_BRAND__COLOR: PALE },
  }, async (page, service) => {
    await assertLight(page, service.url);
    await assertLight(page, `${service.url}/join`);
    assert.ok(await page.locator('.brand-logo').evaluate((image) => image.naturalWidth > 0));
  });
}
