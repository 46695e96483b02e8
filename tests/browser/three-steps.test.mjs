// The journey of a newcomer in three steps, on a phone and on a desktop, with scripts and without.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { assertAccessible, assertFits } from './support/accessibility.mjs';
import { launch, sizes } from './support/browser.mjs';
import { assertOneOfEach, journeys } from './support/journey.mjs';
import { DECLINED_CARD, DECLINED_WHEN_CHARGED, PASSWORD, THREE_D_SECURE_CARD, steps } from './support/person.mjs';
import { live, startService } from './support/service.mjs';
import {
  ADDRESS, PROFILE, arrive, arriveElsewhere, fillInPayment, fillInProfile, giveProfile, idOf, kept, mailOf, mailTo,
  notice, openLink, proveAddress, registered, setOut, submit, ticked, typeCode, upToPayment,
} from './support/three-steps.mjs';
import { LOGO, assertLight } from './support/weight.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const journey = journeys(() => browser, startService);

const desktop = { viewport: sizes.desktop };
const phone = { viewport: sizes.phone };
const still = { javaScriptEnabled: false };

/** In which a page would have done what it is not to do. */
const MOMENT_MS = 500;

/** Axe needs scripts; the same pages are looked at with them. */
async function look(page, what) {
  await assertAccessible(page, what);
  await assertFits(page, what);
}

/** Another browser of somebody who reads the same mail. */
async function elsewhere(walk, options = phone) {
  const other = await browser.newContext({ reducedMotion: 'reduce', ...options });
  try {
    return await walk(await other.newPage());
  } finally {
    await other.close();
  }
}

for (const [size, viewport] of Object.entries(sizes)) {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? '' : ' without JavaScript';
    const context = { viewport, javaScriptEnabled };
    const lookHere = (page, what) => (javaScriptEnabled ? look(page, what) : assertFits(page, what));

    journey(`by the code of the mail, on a ${size}${how}`, context, async (page, service) => {
      await page.goto(`${service.url}/join`);
      await lookHere(page, 'the e-mail step');
      await page.locator('#email').fill('ada');
      await submit(page);
      await page.locator('#email[aria-invalid=true]').waitFor();
      await lookHere(page, 'the e-mail step with an error');
      await setOut(page, service);
      assert.ok((await page.locator('main').innerText()).includes(ADDRESS));
      await lookHere(page, 'check your mail');
      const { code } = await mailTo(service);
      await typeCode(page, code === '123456' ? '654321' : '123456');
      await page.locator('#code[aria-invalid=true]').waitFor();
      await lookHere(page, 'a wrong code');
      await typeCode(page, code);
      await arrive(page, 'profile');
      assert.equal(await ticked(page), 1);
      await lookHere(page, 'the profile');
      await submit(page);
      await page.locator('#first_name[aria-invalid=true]').waitFor();
      assert.equal(await page.locator('[aria-invalid=true]').count(), 6);
      await lookHere(page, 'the profile with errors');
      await giveProfile(page);
      assert.equal(await ticked(page), 2);
      await lookHere(page, 'the payment');
      await submit(page);
      await page.locator('#password[aria-invalid=true]').waitFor();
      await lookHere(page, 'the payment with errors');
      assert.deepEqual(live(await service.ledger()), [], 'nothing exists before the last step');
      await fillInPayment(page);
      await submit(page);
      await registered(page);
      await lookHere(page, 'registered');
      assert.ok(Object.values(await steps(page)).every((state) => state === 'done'));
      await assertOneOfEach(service);
    });

    journey(`by the link, in another tab, on a ${size}${how}`, context, async (page, service) => {
      await setOut(page, service);
      const tab = await page.context().newPage();
      await tab.goto((await mailTo(service)).link);
      await lookHere(tab, 'the question whether this is the address');
      await tab.locator('main form button').click();
      await arrive(tab, 'profile');
      // The first tab goes on by itself, if there is a script.
      if (!javaScriptEnabled) await page.locator('#link-opened').click();
      await arrive(page, 'profile');
      await tab.close();
      await giveProfile(page);
      await fillInPayment(page);
      await submit(page);
      await registered(page);
      await assertOneOfEach(service);
    });

    journey(`a declined card, then another, on a ${size}${how}`, context, async (page, service) => {
      await upToPayment(page, service);
      await fillInPayment(page, { card: DECLINED_WHEN_CHARGED });
      await submit(page);
      assert.match(await notice(page), /card was declined/i);
      await arrive(page, 'payment');
      assert.match(await page.locator('main').innerText(), /Nothing was created and nothing was charged|No account was created and nothing was charged/);
      const shown = await steps(page);
      assert.deepEqual([shown.create_customer, shown.start_subscription], ['undone', 'failed']);
      assert.equal((await kept(page)).plan, 'pro');
      assert.equal(await page.locator('#password').inputValue(), '');
      assert.deepEqual(live(await service.ledger()), []);
      await lookHere(page, 'the payment after a decline');
      await fillInPayment(page);
      await submit(page);
      await registered(page);
      await assertOneOfEach(service);
      assert.doesNotMatch(service.log(), /4242 ?4242|4000 ?0000/);
    });

    journey(`a payment confirmed with the bank in three steps, on a ${size}${how}`, context, async (page, service) => {
      await upToPayment(page, service);
      await fillInPayment(page, { card: THREE_D_SECURE_CARD });
      await submit(page);
      await page.getByRole('link', { name: 'Confirm with your bank' }).click();
      await page.getByRole('button', { name: 'Confirm $29.00' }).waitFor();
      assert.equal((await service.ledger()).charges.length, 0, 'nothing is charged before');
      await page.getByRole('button', { name: 'Confirm $29.00' }).click();
      await registered(page);
      await assertOneOfEach(service);
    });

    journey(`reload, back and double click at every step, on a ${size}${how}`, {
      ...context, settings: { ENLIST_GATEWAY__SANDBOX__LATENCY: '100ms' },
    }, async (page, service) => {
      const press = () => page.locator('#submit').dblclick();
      await page.goto(`${service.url}/join`);
      await page.reload();
      await page.locator('#email').fill(ADDRESS);
      await press();
      await arrive(page, 'check-mail');
      await page.reload();
      await arrive(page, 'check-mail');
      await page.goBack();
      await arrive(page, 'email');
      await page.goForward();
      await arrive(page, 'check-mail');
      // A double click may have begun twice; what counts is the one that this browser follows.
      const id = idOf(page);
      await typeCode(page, (await mailOf(service, id)).code);
      await arrive(page, 'profile');
      await page.reload();
      await fillInProfile(page);
      await press();
      await arrive(page, 'payment');
      await page.goBack();
      await arrive(page, 'profile');
      assert.deepEqual(await kept(page), { ...PROFILE, country: 'US' });
      await press();
      await arrive(page, 'payment');
      await page.reload();
      await arrive(page, 'payment');
      await fillInPayment(page);
      await press();
      await registered(page);
      await page.reload();
      await registered(page);
      await page.goBack();
      await registered(page);
      await page.goto(`${service.url}/registrations/${id}/payment`);
      await registered(page);
      await assertOneOfEach(service);
      assert.equal((await service.ledger()).customers.length, 1, 'and nothing was taken back');
    });
  }
}

describe('the link', () => {
  journey('opened elsewhere goes on there, and where it began the code does', desktop, async (page, service) => {
    await setOut(page, service);
    const mail = await mailTo(service);
    await elsewhere(async (other) => {
      await openLink(other, mail);
      await arrive(other, 'profile');
      await giveProfile(other);
      await arriveElsewhere(page);
      await look(page, 'confirmed elsewhere');
      assert.ok(!(await page.content()).includes(PROFILE.address), 'what was said elsewhere is not shown');
      await page.goto(`${page.url().replace(/\/(profile|payment)$/, '')}/payment`);
      await arriveElsewhere(page);
      await fillInPayment(other);
      await submit(other);
      await registered(other);
    });
    await assertOneOfEach(service);
  });

  for (const context of [desktop, { ...desktop, ...still }]) {
    journey(`opened elsewhere, the code still goes on here${context === desktop ? '' : ' without JavaScript'}`, context, async (page, service) => {
      await setOut(page, service);
      const mail = await mailTo(service);
      await elsewhere(async (other) => {
        await openLink(other, mail);
        await giveProfile(other);
      });
      await page.reload();
      await arriveElsewhere(page);
      await typeCode(page, mail.code);
      await arrive(page, 'payment');
      await fillInPayment(page);
      await submit(page);
      await registered(page);
      await assertOneOfEach(service);
    });
  }

  journey('used elsewhere can be had once more where the journey began', {
    ...desktop, settings: { ENLIST_VERIFICATION__RESEND_AFTER: '0s' },
  }, async (page, service) => {
    await setOut(page, service);
    const mail = await mailTo(service);
    await elsewhere(async (other) => {
      await openLink(other, mail);
      await arrive(other, 'profile');
    });
    await openLink(page, mail);
    await page.getByRole('heading', { name: 'This link was used before' }).waitFor();
    await look(page, 'a link that was used elsewhere');
    await page.locator('#resend').click();
    await openLink(page, await mailTo(service, ADDRESS, 2));
    await arrive(page, 'profile');
  });

  journey('used before is refused elsewhere, and where it was used it leads on', desktop, async (page, service) => {
    await setOut(page, service);
    const mail = await mailTo(service);
    await openLink(page, mail);
    await giveProfile(page);
    await elsewhere(async (thief) => {
      thief.setDefaultTimeout(30_000);
      await openLink(thief, mail);
      await thief.getByRole('heading', { name: 'This link was used before' }).waitFor();
      await look(thief, 'a used link elsewhere');
      assert.deepEqual(await thief.context().cookies(), [], 'nothing is given away');
    });
    await page.goto(mail.link);
    await arrive(page, 'payment');
  });

  journey('that is unknown, or whose time is over, leads to a new beginning', {
    ...phone, settings: { ENLIST_VERIFICATION__DEADLINE: '3s', ENLIST_REGISTRATION__SWEEP_INTERVAL: '100ms' },
  }, async (page, service) => {
    await setOut(page, service);
    const address = page.url();
    const mail = await mailTo(service);
    const unknown = mail.link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    await page.goto(unknown);
    await page.getByRole('heading', { name: 'This link is not valid' }).waitFor();
    await look(page, 'an unknown link');
    await page.getByRole('link', { name: 'Go to the sign-up' }).click();
    await page.locator('#email').waitFor();
    await page.waitForTimeout(3500);
    await page.goto(mail.link);
    await page.getByRole('link', { name: 'Begin again' }).waitFor();
    await look(page, 'an expired link');
    await page.getByRole('link', { name: 'Begin again' }).click();
    await arrive(page, 'email');
    await page.goto(address);
    await page.getByRole('link', { name: 'Begin again' }).waitFor();
    await look(page, 'a journey whose time is over');
    await page.getByRole('link', { name: 'Begin again' }).click();
    await arrive(page, 'email');
  });
});

describe('with the desktop', () => {
  journey('nothing is loaded anew, the heading has the focus, and the way back is remembered', desktop, async (page, service) => {
    await page.goto(`${service.url}/join`);
    await page.evaluate(() => { window.untouched = true; });
    const untouched = () => page.evaluate(() => window.untouched === true);
    const focused = () => page.waitForFunction(() => document.activeElement.id === 'heading');
    await page.locator('#email').fill(ADDRESS);
    await submit(page);
    await arrive(page, 'check-mail');
    await focused();
    const title = await page.title();
    await typeCode(page, (await mailTo(service)).code);
    await arrive(page, 'profile');
    await focused();
    assert.notEqual(await page.title(), title);
    await fillInProfile(page);
    await submit(page);
    await arrive(page, 'payment');
    await focused();
    assert.match(page.url(), /\/payment$/);
    await page.goBack();
    await arrive(page, 'profile');
    assert.equal(await page.locator('#city').inputValue(), PROFILE.city);
    await page.goForward();
    await arrive(page, 'payment');
    assert.equal(await untouched(), true, 'one document from the first step to the last');
  });

  journey('the link that skips to the content, and the way back from it, keep what was typed', desktop, async (page, service) => {
    await proveAddress(page, service);
    await fillInProfile(page);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#content$/);
    await page.waitForTimeout(MOMENT_MS);
    assert.deepEqual(await kept(page), { ...PROFILE, country: 'US' });
    await page.goBack();
    await page.waitForURL(/profile$/);
    await page.waitForTimeout(MOMENT_MS);
    assert.deepEqual(await kept(page), { ...PROFILE, country: 'US' });
  });

  for (const [what, answer] of [
    ['a page of trouble', {
      status: 503, contentType: 'text/html',
      body: '<main><h1 id="heading">All is busy</h1><p class="lead">In a moment.</p></main>',
    }],
    ['a proxy’s page', { status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }],
    ['no page', { status: 413, contentType: 'application/json', body: '{}' }],
  ]) {
    journey(`${what} in answer to a form leaves it as it is`, {
      ...desktop, tolerates: ['a status of 5'],
    }, async (page, service) => {
      let sent = 0;
      const refuse = (route) => (route.request().method() === 'POST' ? route.fulfill(answer) : route.fallback());
      page.on('request', (request) => { if (request.method() === 'POST' && !request.url().endsWith('strength')) sent++; });
      const refused = async (press) => {
        await page.route(/\/(join|verification|profile|payment)$/, refuse);
        sent = 0;
        await press();
        const said = await notice(page);
        if (what === 'a page of trouble') assert.match(said, /All is busy\s+In a moment\./);
        else assert.match(said, /No answer came from the server/);
        await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
        await page.unroute(/\/(join|verification|profile|payment)$/, refuse);
        assert.equal(sent, 1);
        return said;
      };
      await page.goto(`${service.url}/join`);
      await page.locator('#email').fill(ADDRESS);
      assert.doesNotMatch(await refused(() => submit(page)), /twice/, 'a second mail is sent');
      assert.equal(await page.locator('#email').inputValue(), ADDRESS);
      await submit(page);
      await arrive(page, 'check-mail');
      const { code } = await mailTo(service);
      await refused(() => typeCode(page, code));
      assert.equal(await page.locator('#code').inputValue(), code);
      await page.locator('#code').press('Enter');
      await arrive(page, 'profile');
      await fillInProfile(page);
      await refused(() => submit(page));
      assert.deepEqual(await kept(page), { ...PROFILE, country: 'US' });
      await look(page, 'a form that was not answered');
      await submit(page);
      await arrive(page, 'payment');
      await fillInPayment(page);
      const before = await kept(page);
      await refused(() => submit(page));
      assert.deepEqual(await kept(page), before);
      await submit(page);
      await registered(page);
      await assertOneOfEach(service);
    });
  }

  journey('a code is sent without what stands between its digits, and not at all with letters', desktop, async (page, service) => {
    await setOut(page, service);
    const { code } = await mailTo(service);
    const sent = [];
    page.on('request', (request) => { if (request.url().endsWith('/verification')) sent.push(request.postData()); });
    /** As what fills fields in does, which need not say so. */
    const fillInSilently = (text) => page.locator('#code').evaluate((field, value) => { field.value = value; }, text);
    await fillInSilently('12345o');
    await page.locator('#code').press('Enter');
    await page.locator('#code[aria-invalid=true]').waitFor();
    assert.match(await page.locator('#code-error').innerText(), /Enter the 6 digits/);
    await fillInSilently(` ${code.slice(0, 3)}–${code.slice(3)}\u200b`);
    await page.locator('#code').press('Enter');
    await arrive(page, 'profile');
    assert.deepEqual(sent, [`code=${code}`]);
  });

  journey('what is wrong with the plan is tied to the plans until one is chosen', desktop, async (page, service) => {
    await upToPayment(page, service);
    await fillInPayment(page);
    await page.locator('[name=plan]:checked').evaluate((plan) => { plan.value = 'gone'; });
    await submit(page);
    const plans = page.getByRole('radiogroup', { name: 'Plan' });
    await page.locator('[role=radiogroup][aria-invalid=true]').waitFor();
    assert.equal(await plans.getAttribute('aria-describedby'), 'plan-error');
    assert.match(await page.locator('#plan-error').innerText(), /There is no such plan/);
    await look(page, 'a plan that is not offered');
    await page.locator('#error-list').getByRole('link').click();
    assert.equal(await page.evaluate(() => document.activeElement.name), 'plan');
    await page.locator('[name=plan]:not(:checked)').first().check({ force: true });
    assert.equal(await plans.getAttribute('aria-invalid'), null);
    assert.equal(await page.locator('#plan-error').innerText(), '');
  });

  journey('a code that cannot be sent for want of a connection is still there', {
    ...desktop, tolerates: ['net::ERR'],
  }, async (page, service) => {
    await setOut(page, service);
    const { code } = await mailTo(service);
    // Nothing but this page is loaded.
    await page.reload();
    await arrive(page, 'check-mail');
    await page.context().setOffline(true);
    await typeCode(page, code);
    assert.match(await notice(page), /No answer came from the server/);
    assert.equal(await page.locator('#code').inputValue(), code);
    await page.context().setOffline(false);
    await page.locator('#code').press('Enter');
    await arrive(page, 'profile');
  });

  journey('a step that was done is reached by its name and keeps what was said', desktop, async (page, service) => {
    await upToPayment(page, service);
    await page.locator('.steps').getByRole('link', { name: 'About you' }).click();
    await arrive(page, 'profile');
    assert.deepEqual(await kept(page), { ...PROFILE, country: 'US' });
    await page.locator('#city').fill('Chicago');
    await submit(page);
    await arrive(page, 'payment');
    await page.locator('.steps').getByRole('link', { name: 'About you' }).click();
    await arrive(page, 'profile');
    assert.equal(await page.locator('#city').inputValue(), 'Chicago');
  });

  journey('another address is a new beginning with the old one filled in', desktop, async (page, service) => {
    await setOut(page, service, 'ada@example.cmo');
    await page.locator('#change-address').click();
    await arrive(page, 'email');
    assert.equal(await page.locator('#email').inputValue(), 'ada@example.cmo');
    await page.locator('#email').fill(ADDRESS);
    await submit(page);
    await arrive(page, 'check-mail');
    await typeCode(page, (await mailTo(service)).code);
    await arrive(page, 'profile');
  });

  for (const context of [desktop, { ...desktop, ...still }]) {
    const how = context === desktop ? '' : ' without JavaScript';
    journey(`the mail is sent again after a while, and only its code counts${how}`, {
      ...context, settings: { ENLIST_VERIFICATION__RESEND_AFTER: '2s' },
    }, async (page, service) => {
      await setOut(page, service);
      const first = await mailTo(service);
      const resend = page.locator('#resend');
      if (context === desktop) {
        await page.locator('#resend[aria-disabled=true]').waitFor();
        assert.match(await resend.innerText(), /\d s/);
        await page.locator('#resend:not([aria-disabled=true])').waitFor();
      } else {
        await resend.click();
        await page.locator('.notice').waitFor();
        assert.equal((await service.mailsTo(ADDRESS)).length, 1, 'too soon');
        await page.waitForTimeout(2000);
      }
      await resend.click();
      const second = await mailTo(service, ADDRESS, 2);
      await arrive(page, 'check-mail');
      if (first.code !== second.code) {
        await typeCode(page, first.code);
        await page.locator('#code[aria-invalid=true]').waitFor();
      }
      await typeCode(page, second.code);
      await arrive(page, 'profile');
    });
  }

  for (const context of [desktop, { ...desktop, ...still }]) {
    journey(`an address that has an account by the end is told${context === desktop ? '' : ' without JavaScript'}`, context, async (page, service) => {
      await upToPayment(page, service);
      await elsewhere(async (other) => {
        await upToPayment(other, service, ADDRESS, 2);
        await fillInPayment(other);
        await submit(other);
        await registered(other);
      });
      await fillInPayment(page);
      await submit(page);
      await page.getByRole('heading', { name: 'This address is in use already' }).waitFor();
      if (context === desktop) await look(page, 'an account already');
      await assertOneOfEach(service);
    });
  }

  journey('a gateway that is away is told, nothing is lost, and later it goes on', {
    ...desktop, tolerates: ['a status of 5'], settings: { ENLIST_GATEWAY__ATTEMPTS: '1' },
  }, async (page, service) => {
    await upToPayment(page, service);
    await service.fail({ step: 'create_customer', kind: 'refuse', count: 1 });
    await fillInPayment(page);
    await submit(page);
    await notice(page);
    await arrive(page, 'payment');
    await look(page, 'the gateway is away');
    assert.deepEqual(live(await service.ledger()), []);
    await fillInPayment(page, { card: null });
    await submit(page);
    await registered(page);
    await assertOneOfEach(service);
  });

  journey('a card that was taken is not asked for again', desktop, async (page, service) => {
    await upToPayment(page, service);
    await fillInPayment(page, { password: 'password1' });
    await submit(page);
    await page.locator('#password[aria-invalid=true]').waitFor();
    assert.match(await page.locator('main').innerText(), /4242/);
    assert.equal(await page.locator('[name=card_number]:visible').count(), 0);
    await look(page, 'a card that was taken');
    await page.reload();
    await arrive(page, 'payment');
    assert.equal(await page.locator('[name=card_number]:visible').count(), 0);
    await page.locator('#password').fill(PASSWORD);
    await submit(page);
    await registered(page);
    await assertOneOfEach(service);
  });

  for (const context of [desktop, { ...desktop, ...still }]) {
    journey(`a decline that takes its time leads back to the payment${context === desktop ? '' : ' without JavaScript'}`, {
      ...context, settings: { ENLIST_GATEWAY__SANDBOX__LATENCY: '700ms', ENLIST_SERVER__WAIT: '1s' },
    }, async (page, service) => {
      await upToPayment(page, service);
      await fillInPayment(page, { card: DECLINED_WHEN_CHARGED });
      await submit(page);
      await page.locator('#registration[data-status=running], #registration[data-status=undoing]').waitFor();
      await arrive(page, 'payment');
      assert.match(await notice(page), /card was declined/i);
      assert.deepEqual(live(await service.ledger()), []);
    });
  }

  journey('a card that is refused at once is said at the card', desktop, async (page, service) => {
    await upToPayment(page, service);
    await fillInPayment(page, { card: DECLINED_CARD });
    await submit(page);
    assert.match(await notice(page), /declined/i);
    await arrive(page, 'payment');
    assert.deepEqual(live(await service.ledger()), []);
  });

  journey('the keyboard is enough for three steps', desktop, async (page, service) => {
    const type = async (text) => { await page.keyboard.type(text); await page.keyboard.press('Tab'); };
    /** Tabs until an element has the focus. */
    const tabTo = async (selector) => {
      for (let presses = 0; presses < 40; presses++) {
        if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`the keyboard does not get to ${selector}`);
    };
    await page.goto(`${service.url}/join`);
    await tabTo('#email');
    await page.keyboard.type(ADDRESS);
    await page.keyboard.press('Enter');
    await arrive(page, 'check-mail');
    const { code } = await mailTo(service);
    await tabTo('#code');
    await page.keyboard.type(code);
    await page.keyboard.press('Enter');
    await arrive(page, 'profile');
    await tabTo('#first_name');
    await type(PROFILE.first_name);
    await type(PROFILE.last_name);
    await tabTo('#address');
    for (const name of ['address', 'address_line2', 'city', 'state']) await type(PROFILE[name]);
    await page.keyboard.type(PROFILE.zip);
    await tabTo('#submit');
    await page.keyboard.press('Enter');
    await arrive(page, 'payment');
    await tabTo('[name=plan]');
    const chosen = () => page.locator('[name=plan]:checked').getAttribute('value');
    for (let presses = 0; presses < 4 && await chosen() !== 'pro'; presses++) await page.keyboard.press('ArrowDown');
    await tabTo('#card_number');
    await type('4242424242424242');
    await type('12 / 40');
    await type('123');
    await tabTo('#password');
    await page.keyboard.type(PASSWORD);
    await tabTo('#submit');
    await page.keyboard.press('Enter');
    await registered(page);
    await assertOneOfEach(service);
  });

  journey('each page is light, also with a logo of the operator’s', { ...desktop, settings: { ENLIST_BRAND__LOGO: LOGO } }, async (page, service) => {
    await assertLight(page, `${service.url}/join`);
    await setOut(page, service);
    await assertLight(page, page.url());
    const mail = await mailTo(service);
    await assertLight(page, mail.link);
    await openLink(page, mail);
    await arrive(page, 'profile');
    await assertLight(page, page.url());
    await giveProfile(page);
    await assertLight(page, page.url());
    await fillInPayment(page);
    await submit(page);
    await registered(page);
    await assertLight(page, page.url());
  });

  journey('whoever has no cookie of a journey is told how to go on', desktop, async (page, service) => {
    await setOut(page, service);
    const id = idOf(page);
    await elsewhere(async (other) => {
      for (const route of ['', '/profile', '/payment']) {
        await other.goto(`${service.url}/registrations/${id}${route}`);
        await other.getByRole('link', { name: 'Begin again' }).waitFor();
      }
      await look(other, 'a journey of somebody else');
    });
  });

  journey('where the address comes first, the first page asks for it alone', {
    ...desktop, settings: { ENLIST_VERIFICATION__MODE: 'first' },
  }, async (page, service) => {
    await page.goto(service.url);
    await arrive(page, 'email');
    await page.locator('#email').fill(ADDRESS);
    await submit(page);
    await arrive(page, 'check-mail');
  });

  journey('one page and three steps lead to each other', phone, async (page, service) => {
    await page.goto(service.url);
    await page.locator('main a[href="/join"]').click();
    await arrive(page, 'email');
    await page.locator('main a[href="/"]').click();
    await page.locator('[name=card_number]').waitFor();
  });
});

describe('in German', () => {
  for (const [size, viewport] of Object.entries({ phone: sizes.phone, narrow: { width: 320, height: 640 } })) {
    journey(`the journey in three steps, ${size}`, { viewport, locale: 'de-DE' }, async (page, service) => {
      const lookAt = async (what) => {
        await look(page, what);
        const shown = await page.locator('main').innerText();
        assert.doesNotMatch(shown, /\b(the|your|with|and|card|account)\b/i, what);
        assert.doesNotMatch(shown, /\{\$|undefined|\[object/, what);
      };
      await page.goto(`${service.url}/join`);
      await lookAt('the e-mail step');
      await setOut(page, service);
      await lookAt('check your mail');
      const mail = await mailTo(service);
      assert.match(mail.text, /Code/);
      assert.match(mail.text, /Adresse/, 'the mail is in German too');
      await typeCode(page, mail.code);
      await arrive(page, 'profile');
      await submit(page);
      await page.locator('#first_name[aria-invalid=true]').waitFor();
      await lookAt('the profile with errors');
      await giveProfile(page);
      await page.locator('#password').fill('7 Zeich');
      await page.getByText('Noch 1 Zeichen.', { exact: true }).and(page.locator('#password-strength-words')).waitFor();
      await lookAt('the payment');
      await fillInPayment(page, { card: DECLINED_WHEN_CHARGED });
      await submit(page);
      assert.match(await notice(page), /abgelehnt/);
      await lookAt('the payment after a decline');
      await fillInPayment(page);
      await submit(page);
      await registered(page);
      await lookAt('registered');
      await assertOneOfEach(service);
    });
  }
});
