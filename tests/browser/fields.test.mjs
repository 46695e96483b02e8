// The fields of the form: addresses as countries have them, a password's strength, slips in an address of a mailbox.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import { ADA, PASSWORD, checkYourMail, entries, fillIn, submit } from './support/person.mjs';
import { startService } from './support/service.mjs';
import { arrive, fillInPayment, fillInProfile, proveAddress, registered, upToPayment } from './support/three-steps.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startService);

/** What the field is called, and whether it must be filled in; null where it is not shown. */
async function part(page, name) {
  const input = page.locator(`#${name}`);
  if (!await input.isVisible()) return null;
  const label = await page.locator(`label[for=${name}]`).innerText();
  return { label, required: await input.evaluate((it) => it.required) };
}

const choose = (page, country) => page.locator('#country').selectOption(country);
const error = (page, name) => page.locator(`#${name}-error`).innerText();

/** How one comes to the field, on either way to sign up. */
const ways = {
  'on the one form': {
    email: (page, { url }) => page.goto(url), password: (page, { url }) => page.goto(url), address: (page, { url }) => page.goto(url),
  },
  'in three steps': { email: (page, { url }) => page.goto(`${url}/join`), password: upToPayment, address: proveAddress },
};

/** Leaves the field that is being filled in. */
const leave = (page) => page.locator('#submit').focus();

for (const [size, viewport] of Object.entries(sizes)) {
  for (const [way, to] of Object.entries(ways)) {
    journey(`an address is asked for as its country has it, ${way}, on a ${size}`, { viewport }, async (page, service) => {
      await to.address(page, service);
      const order = await page.locator('form#form :is(input, select)').evaluateAll((all) => all.map(({ name }) => name));
      assert.ok(order.indexOf('country') < order.indexOf('address'), 'the country comes first');
      assert.deepEqual(await part(page, 'state'), { label: 'State', required: true });
      assert.deepEqual(await part(page, 'zip'), { label: 'ZIP code', required: true });
      await choose(page, 'DE');
      assert.equal(await part(page, 'state'), null);
      assert.deepEqual(await part(page, 'zip'), { label: 'Postal code', required: true });
      await assertAccessible(page, 'an address in Germany');
      await assertFits(page, 'an address in Germany');
      await choose(page, 'IE');
      assert.deepEqual(await part(page, 'state'), { label: 'County (optional)', required: false });
      assert.deepEqual(await part(page, 'zip'), { label: 'Eircode (optional)', required: false });
      await choose(page, 'HK');
      assert.deepEqual(await part(page, 'state'), { label: 'Area', required: true });
      assert.equal(await part(page, 'zip'), null);
      await choose(page, 'JP');
      assert.deepEqual(await part(page, 'state'), { label: 'Prefecture', required: true });
      await assertAccessible(page, 'an address in Japan');
    });

    journey(`a password is judged while it is chosen, as the server will, ${way}, on a ${size}`, { viewport }, async (page, service) => {
      await to.password(page, service);
      const words = page.locator('#password-strength-words');
      assert.match(await page.locator('#password-hint').innerText(), /at least 8 that are hard to guess/);
      assert.equal(await words.innerText(), '');
      await page.locator('#password').pressSequentially('walrus');
      assert.equal(await words.innerText(), '2 more to go.');
      await page.locator('#password').fill('walrus99');
      await page.locator('#password-strength[data-strength=refused]').waitFor();
      const refusal = await words.innerText();
      assert.match(refusal, /easy to guess/);
      await assertAccessible(page, 'a weak password');
      await assertFits(page, 'a weak password');
      await leave(page);
      assert.equal(await error(page, 'password'), refusal, 'once it is left, the verdict is an error');
      await page.locator('#password').fill('grandmotherclock');
      await page.locator('#password-strength[data-strength=good]').waitFor();
      assert.equal(await error(page, 'password'), '');
      await page.locator('#password').fill('walrus plinth okra tandem');
      await page.locator('#password-strength[data-strength=strong]').waitFor();
      await page.waitForFunction(() => /Strong/.test(document.getElementById('password-live').textContent));
      await assertAccessible(page, 'a strong password');
    });

    journey(`a slip in the address of a mailbox is asked about, and a button puts it right, ${way}, on a ${size}`, { viewport }, async (page, service) => {
      await to.email(page, service);
      // Without leaving the field: it may be the only one.
      await page.locator('#email').fill('Ada@gmial.con');
      await page.locator('.suggested').waitFor();
      const suggestion = page.locator('#email-suggestion');
      assert.equal(await suggestion.innerText(), 'Did you mean Ada@gmail.com?');
      await leave(page);
      assert.equal(await suggestion.innerText(), 'Did you mean Ada@gmail.com?');
      await assertAccessible(page, 'a suggestion');
      await assertFits(page, 'a suggestion');
      const target = await page.locator('.suggested').evaluate((it) => parseFloat(getComputedStyle(it, '::after').height));
      assert.ok(target >= 48, `${target} px`);
      await page.locator('.suggested').click();
      assert.equal(await page.locator('#email').inputValue(), 'Ada@gmail.com');
      assert.equal(await suggestion.innerText(), '');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
    });
  }
}

describe('with the desktop', () => {
  const viewport = sizes.desktop;

  journey('what another country does not have is neither asked for nor lost', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await page.locator('#state').fill('IL');
    await choose(page, 'DE');
    assert.equal((await entries(page)).state, undefined, 'it is not sent');
    await choose(page, 'US');
    assert.equal(await page.locator('#state').inputValue(), 'IL');
    await page.locator('#state').fill('');
    await page.locator('#zip').focus();
    assert.equal(await error(page, 'state'), 'Enter a state.');
    await choose(page, 'IE');
    assert.equal(await error(page, 'state'), '', 'what is not needed there is not missing');
  });

  journey('somebody in Hong Kong signs up without a postal code', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await fillIn(page, { state: 'Kowloon' });
    await choose(page, 'HK');
    await submit(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? '' : ' without JavaScript';
    journey(`somebody in Germany signs up in three steps without a state${how}`, { viewport, javaScriptEnabled }, async (page, service) => {
      await proveAddress(page, service);
      await fillInProfile(page);
      if (!javaScriptEnabled) await page.locator('#state').fill('');
      await page.locator('#zip').fill('10115');
      await choose(page, 'DE');
      await submit(page);
      await arrive(page, 'payment');
      await page.goBack();
      await arrive(page, 'profile');
      assert.equal((await entries(page)).zip, '10115');
      // Without a script another country may still be chosen.
      assert.equal(await part(page, 'state') === null, javaScriptEnabled);
      await submit(page);
      await arrive(page, 'payment');
      await fillInPayment(page);
      await submit(page);
      await registered(page);
      await assertOneOfEach(service);
    });

    journey(`what is missing of an address is named on the journey as the country names it${how}`, { viewport, javaScriptEnabled }, async (page, service) => {
      await proveAddress(page, service);
      await fillInProfile(page);
      await page.locator('#state').fill('');
      await page.locator('#zip').fill('');
      await choose(page, 'JP');
      await submit(page);
      await page.locator('#error-summary:visible').waitFor();
      const missing = ['Enter a prefecture.', 'Enter a postal code.'];
      assert.deepEqual(await page.locator('#error-list a').allInnerTexts(), missing);
      assert.deepEqual([await error(page, 'state'), await error(page, 'zip')], missing);
    });
  }

  journey('a password with a name in it that was said a step before is noticed', { viewport }, async (page, service) => {
    await upToPayment(page, service);
    await page.locator('#password').fill('okra lovelace walrus tandem');
    await page.locator('#password-strength[data-strength=refused]').waitFor();
    await leave(page);
    assert.match(await error(page, 'password'), /your name/);
  });

  for (const [locale, language, missing] of [
    ['en', 'English', ['Enter a prefecture.', 'Enter a postal code.']],
    ['de', 'German', ['Bitte geben Sie eine Präfektur ein.', 'Bitte geben Sie eine Postleitzahl ein.']],
  ]) {
    for (const javaScriptEnabled of [true, false]) {
      const how = javaScriptEnabled ? '' : ' without JavaScript';
      journey(`what is missing is named as the country names it, in ${language}${how}`, { viewport, locale, javaScriptEnabled }, async (page, service) => {
        await page.goto(service.url);
        await fillIn(page, { state: '', zip: '' });
        await choose(page, 'JP');
        await submit(page);
        await page.locator('#error-summary:visible').waitFor();
        assert.deepEqual(await page.locator('#error-list a').allInnerTexts(), missing);
        assert.deepEqual([await error(page, 'state'), await error(page, 'zip')], missing);
      });
    }
  }

  journey('without JavaScript every part is offered, and none is asked for that the country does not have', { viewport, javaScriptEnabled: false }, async (page, service) => {
    await page.goto(service.url);
    assert.equal((await part(page, 'state')).label, 'State or province, if any');
    await fillIn(page, { state: '', zip: '10115' });
    await choose(page, 'DE');
    await page.locator('#cvv').fill('');
    await submit(page);
    await page.locator('#error-summary:visible').waitFor();
    assert.deepEqual(await page.locator('#error-list a').count(), 1, 'only the code of the card');
    assert.notEqual(await part(page, 'state'), null, 'another country may still be chosen');
    await fillIn(page, { state: '', zip: '10115' });
    await choose(page, 'DE');
    await submit(page);
    await checkYourMail(page);
    await assertOneOfEach(service);
  });

  journey('a password with one’s own name in it is noticed, whichever came first', { viewport }, async (page, service) => {
    await page.goto(service.url);
    await page.locator('#password').fill('okra lovelace walrus tandem');
    await page.locator('#password-strength[data-strength=strong]').waitFor();
    await page.locator('#last_name').fill(ADA.last_name);
    await page.locator('#address').focus();
    await page.locator('#password-strength[data-strength=refused]').waitFor();
    assert.match(await error(page, 'password'), /your name/);
  });

  journey('without a verdict nothing is claimed, and the form is sent all the same', { viewport, tolerates: ['net::ERR_FAILED'] }, async (page, service) => {
    await page.route('**/password-strength', (route) => route.abort());
    await page.goto(service.url);
    const asked = page.waitForEvent('requestfailed');
    await page.locator('#password').fill(PASSWORD);
    await asked;
    await page.locator('#password-strength[data-strength=""]').waitFor();
    assert.equal(await page.locator('#password-strength-words').innerText(), '');
    await fillIn(page);
    await submit(page);
    await checkYourMail(page);
  });

  journey('a suggestion is never forced', { viewport }, async (page, service) => {
    await page.goto(service.url);
    for (const right of ['ada@gmail.com', 'ada@mail.com', 'ada@example.org', 'ada@hotmail.nl', 'ada@yahoo.se', 'ada@yahoo.com.br', 'ada@my-own-domain.dev']) {
      await page.locator('#email').fill(right);
      await page.locator('#password').focus();
      assert.equal(await page.locator('#email-suggestion').innerText(), '', right);
    }
    for (const [typed, meant] of [
      ['ada@gmal.com', 'ada@gmail.com'], ['ada@gmail.co', 'ada@gmail.com'], ['ada@hotmial.com', 'ada@hotmail.com'], ['ada@gmx.dee', 'ada@gmx.de'],
      ['ada@my-own-domain.con', 'ada@my-own-domain.com'], ['ada@yaho.co.uk', 'ada@yahoo.co.uk'],
    ]) {
      await page.locator('#email').fill(typed);
      await page.locator('#password').focus();
      assert.match(await page.locator('#email-suggestion').innerText(), new RegExp(` ${meant}\\?$`), typed);
    }
    await fillIn(page, { email: 'ada@gmial.com' });
    await submit(page);
    await checkYourMail(page);
    assert.equal((await service.mailsTo('ada@gmial.com')).length, 1);
  });
});
