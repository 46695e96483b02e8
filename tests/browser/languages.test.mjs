// The pages in another language, and under another brand.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import {
  DECLINED_WHEN_CHARGED, THREE_D_SECURE_CARD, checkYourMail, fillIn, fillInSecrets, submit,
} from './support/person.mjs';
import { startService } from './support/service.mjs';
import { startServiceWithStripe } from './support/stripe.mjs';
import { assertLight } from './support/weight.mjs';

/** The narrowest screen on which a page must work. */
const NARROW = { width: 320, height: 640 };

/** A picture that is there. */
const LOGO = path.resolve(import.meta.dirname, '../../crates/server/assets/favicon.svg');

/** A colour that can be read on dark, and not on light. */
const PALE = '#ffcc00';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startService);

const languageOf = (page) => page.evaluate(() => document.documentElement.lang);
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
    assert.match(await page.locator('#password-error').innerText(), /mindestens 8 Zeichen, es fehlen noch 4/);
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
    assert.ok(await page.locator('.brand-logo').evaluate((image) => image.naturalWidth > 0));
  });
}
