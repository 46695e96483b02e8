// What a person does on the pages, one function per action.

export const GOOD_CARD = '4242 4242 4242 4242';
export const DECLINED_CARD = '4000 0000 0000 0002';
export const DECLINED_WHEN_CHARGED = '4000 0000 0000 0341';
export const THREE_D_SECURE_CARD = '4000 0025 0000 3155';
export const PASSWORD = 'a sentence only I know';

/** Everything but password and card: what a second attempt must find again. */
export const ADA = {
  email: 'ada@example.com',
  first_name: 'Ada',
  last_name: 'Lovelace',
  address: '12 Main Street',
  address_line2: 'Flat 3',
  city: 'Springfield',
  state: 'IL',
  zip: '62701',
};

/** Fills the whole form in. */
export async function fillIn(page, { card = GOOD_CARD, plan = 'pro', ...others } = {}) {
  for (const [name, value] of Object.entries({ ...ADA, ...others })) {
    await page.locator(`[name=${name}]`).fill(value);
  }
  await page.locator('[name=country]').selectOption('US');
  await page.locator(`[name=plan][value=${plan}]`).check({ force: true });
  await fillInSecrets(page, card);
}

/** The details, without a card: what comes before the payment step. */
export async function fillInDetails(page, { plan = 'pro', ...others } = {}) {
  for (const [name, value] of Object.entries({ ...ADA, password: PASSWORD, ...others })) {
    await page.locator(`[name=${name}]`).fill(value);
  }
  await page.locator('[name=country]').selectOption('US');
  await page.locator(`[name=plan][value=${plan}]`).check({ force: true });
}

/** Stripe's card form, in its frame. */
export const cardForm = (page) => page.frameLocator('#payment-element iframe');

/** Goes on to the payment step and waits for the card form. */
export async function continueToPayment(page) {
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await cardForm(page).locator('#number').waitFor();
  await page.locator('#payment_method[data-state=open]').waitFor();
}

/** Types a card into Stripe's form. */
export async function enterCard(page, card = GOOD_CARD) {
  await cardForm(page).locator('#number').fill(card);
  await cardForm(page).locator('#expiry').fill('12 / 40');
  await cardForm(page).locator('#cvc').fill('123');
}

/** Answers the bank's question, which is asked in a frame over the page. */
export const answerBank = (page, answer) =>
  page.frameLocator('iframe[title="3D Secure"]').getByRole('button', { name: answer }).click();

/** Fills in what is never kept. */
export async function fillInSecrets(page, card) {
  await page.locator('[name=password]').fill(PASSWORD);
  await page.locator('[name=card_number]').fill(card);
  await page.locator('[name=expiry]').fill('12 / 40');
  await page.locator('[name=cvv]').fill('123');
}

export const submit = (page) => page.locator('#submit').click();

/** The same by the keyboard: right after scrolling past another origin's frame, a browser without a screen
    still gives a click to that frame. The focus, too, takes a moment to come back from there. */
export async function pay(page) {
  await page.locator('#submit').focus();
  await page.waitForFunction(() => document.activeElement.id === 'submit' && document.hasFocus());
  await page.keyboard.press('Enter');
}

/** What the form holds now. */
export const entries = (page) => page.locator('form#form').evaluate((form) =>
  Object.fromEntries(new FormData(form)));

/** The steps of the ledger that is shown, with the state of each. */
export const steps = (page) => page.locator('.ledger-line:visible').evaluateAll((lines) =>
  Object.fromEntries(lines.map((line) => [line.dataset.step, line.dataset.state])));

/** Waits for the page that asks to look for the mail. */
export const checkYourMail = (page) => page.locator('#registration[data-status=awaiting_verification]').waitFor();

/** Opens the newest mail in the mailbox, follows its link, and presses the button. */
export async function confirmByMail(page, url) {
  await page.goto(`${url}/mailbox`);
  await page.locator('.mail-subject').first().click();
  await page.locator('.mail-body a').first().click();
  await page.getByRole('button', { name: 'Confirm my e-mail address' }).click();
  await page.locator('.verdict[data-state=done]').waitFor();
}
