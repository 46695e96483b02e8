// What a person does on the journey in three steps, one function per action.

import { ADA, GOOD_CARD, PASSWORD } from './person.mjs';
import { until } from './service.mjs';

/** Names and address, as the second step asks for them. */
export const { email: ADDRESS, ...PROFILE } = ADA;

/** Waits for a state of the journey: `email`, `check-mail`, `profile`, `payment`. */
export const arrive = (page, name) => page.locator(`#journey[data-step="${name}"]:not([data-elsewhere])`).waitFor();

/** Waits to be told that the link was opened elsewhere. */
export const arriveElsewhere = (page) => page.locator('#journey[data-elsewhere]').waitFor();

/** Waits for the end of the journey. */
export const registered = (page) => page.locator('#registration[data-status=registered]').waitFor();

export const submit = (page) => page.locator('#submit').click();

/** The first step, up to the page that asks to look for the mail. */
export async function setOut(page, { url }, address = ADDRESS) {
  await page.goto(`${url}/join`);
  await page.locator('#email').fill(address);
  await submit(page);
  await arrive(page, 'check-mail');
}

/** Link and code of the newest mail to an address, once there are `count`. */
export const mailTo = (service, address = ADDRESS, count = 1) => until('the mail', async () => {
  const mails = await service.mailsTo(address);
  return mails.length < count ? null : contents(mails[0]);
});

/** The same, of the mail of one journey, whose id is in its link. */
export const mailOf = (service, id) => until('the mail', async () => {
  const mails = (await service.mailsTo(ADDRESS)).map(contents);
  return mails.find(({ link }) => link.includes(id.replaceAll('-', '')));
});

const contents = ({ text }) => ({ text, link: /\S+\/verify\/\S+/.exec(text)?.[0], code: /\b\d{6}\b/.exec(text)?.[0] });

/** The id of the journey that a page is about. */
export const idOf = (page) => /\/registrations\/([\w-]+)/.exec(page.url())[1];

/** Types a code where the page asks for one. */
export async function typeCode(page, code) {
  await page.locator('#code').fill(code);
  await page.locator('#code').press('Enter');
}

/** Opens the mailed link and presses the button. */
export async function openLink(page, { link }) {
  await page.goto(link);
  await page.locator('main form button').click();
}

/** The first step, proved by the code of the mail. */
export async function proveAddress(page, service, address = ADDRESS, mails = 1) {
  await setOut(page, service, address);
  await typeCode(page, (await mailTo(service, address, mails)).code);
  await arrive(page, 'profile');
}

/** Fills the second step in. */
export async function fillInProfile(page) {
  for (const [name, value] of Object.entries(PROFILE)) await page.locator(`[name=${name}]`).fill(value);
  await page.locator('[name=country]').selectOption('US');
}

/** The second step. */
export async function giveProfile(page) {
  await fillInProfile(page);
  await submit(page);
  await arrive(page, 'payment');
}

export const choosePlan = (page, plan) => page.locator(`[name=plan][value=${plan}]`).check({ force: true });

/** Fills a card in, in the place of one that was given before. */
export async function fillInCard(page, card) {
  const number = page.locator('[name=card_number]');
  if (!await number.isVisible()) await page.locator('#use-another').click();
  await number.fill(card);
  await page.locator('[name=expiry]').fill('12 / 40');
  await page.locator('[name=cvv]').fill('123');
}

/** Fills the third step in; without a card, the one that was given before is charged. */
export async function fillInPayment(page, { card = GOOD_CARD, plan = 'pro', password = PASSWORD } = {}) {
  await choosePlan(page, plan);
  if (card) await fillInCard(page, card);
  await page.locator('#password').fill(password);
}

/** All but the last press of the button. */
export async function upToPayment(page, service, address, mails) {
  await proveAddress(page, service, address, mails);
  await giveProfile(page);
}

/** What the fields of the step hold that is not secret. */
export const kept = (page) => page.locator('form#form').evaluate((form) =>
  Object.fromEntries(new FormData(form)));

/** The notice at the head of the step, once there is one. */
export async function notice(page) {
  const shown = page.locator('#notice .notice[data-kind=error]');
  await shown.waitFor();
  return shown.innerText();
}

/** The steps that the indicator shows as done. */
export const ticked = (page) => page.locator('.steps [data-state=done]').count();
