// The sign-up form: checks fields on leaving, sends once, shows the ledger, and comes back with
// everything kept when it was undone, but for the card, and for the password where it is asked for in the
// same step.

import { CardFields, Fields, Payment } from './fields.js';
import { Ledger, askBank, pause, say, watch } from './ledger.js';

const $ = (id) => document.getElementById(id);
const form = $('form');
const inputs = form.elements;
const button = $('submit');

// The card is entered in Stripe's form, in a step of its own, or in fields of ours.
const { scriptUrl } = form.dataset;
const payment = scriptUrl && new Payment(form, {
  isBusy: () => busy,
  onStep: () => showPlan(),
  onChange: () => fields.markSections(),
  onOther: () => { if (keyIsUsed) newKey(); },
  onProblem: (text, detail) => fields.showNotice(text, detail),
});
const card = scriptUrl ? undefined : new CardFields(form, {
  onFilled: (names) => {
    for (const name of names) fields.mark(name, fields.problem(name));
    $('submit-status').textContent = say('card-filled-in');
  },
});
const fields = new Fields(form, {
  checks: card?.checks,
  isComplete: (section) => !payment || section !== cardSection || payment.isComplete,
});

// ---- the key: one attempt, however often it is sent -------------------------------------------

let keyIsUsed = false;
function newKey() {
  inputs.idempotency_key.value = crypto.randomUUID?.()
    ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  keyIsUsed = false;
}
form.addEventListener('input', () => { if (keyIsUsed) newKey(); });

// ---- plan, password -----------------------------------------------------------------------------

const cardSection = form.querySelector('.card-section');
function showPlan() {
  const plan = form.querySelector('[name=plan]:checked');
  const { title: name, price, action, today, nextCharge, free } = plan?.dataset ?? { free: '', action: say('sign-up-action') };
  if (plan) {
    $('receipt-plan').textContent = say('receipt-plan', { title: name });
    $('receipt-price').textContent = price;
    $('receipt-next').textContent = nextCharge;
    $('receipt-today').textContent = today;
  }
  // A card that is not asked for is not sent either.
  cardSection.disabled = free !== undefined && form.dataset.freeNeedsCard === 'false';
  $('submit-words').textContent = paymentIsNext() ? say('sign-up-continue') : action;
}
const paymentIsNext = () => payment && !payment.isShown && !cardSection.disabled;
for (const plan of form.querySelectorAll('[name=plan]')) {
  plan.addEventListener('change', () => { showPlan(); fields.markSections(); });
}

// ---- messages -----------------------------------------------------------------------------------

function showErrors(errors) {
  // What is wrong is in view before it is talked about.
  if (payment?.isShown && errors.some(({ name }) => fields.has(name))) payment.back();
  fields.showErrors(errors);
}

// ---- sending --------------------------------------------------------------------------------------

let busy = false;
function setBusy(now) {
  busy = now;
  if (now) button.setAttribute('aria-busy', 'true');
  else button.removeAttribute('aria-busy');
  $('submit-status').textContent = now ? say('sign-up-sending') : '';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (busy) return;
  const errors = fields.check();
  fields.clearMessages();
  $('attempt-ledger').hidden = true;
  if (errors.length > 0) return showErrors(errors);
  if (paymentIsNext()) return payment.show();
  setBusy(true);
  fields.hidePassword();
  try {
    if (payment && !cardSection.disabled && !await payment.ready()) return;
    await take(await fetch('/', {
      method: 'POST',
      headers: { Accept: 'application/json', Prefer: 'respond-async' },
      body: new URLSearchParams(new FormData(form)),
      credentials: 'same-origin',
    }));
  } catch {
    keyIsUsed = true;
    fields.showNotice(say('sign-up-no-answer'), say('sign-up-no-answer-remedy'));
  } finally {
    setBusy(false);
  }
});

async function take(answer) {
  const body = await answer.json();
  if (answer.ok) return follow(body.registration);
  keyIsUsed = true;
  if (answer.status === 422 && body.errors?.length > 0) {
    const seen = new Set();
    return showErrors(body.errors.flatMap(({ field, message }) => {
      const name = /^expiry_(month|year)$/.test(field) ? 'expiry' : field;
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ name: $(`${name}-error`) ? name : null, message }];
    }));
  }
  if (body.registration?.steps) return follow({ failure: body, ...body.registration });
  if (answer.status === 402) forgetSecrets();
  fields.showNotice(body.title, body.detail);
}

/** What is entered anew for another attempt: the card; and the password, which is not kept in a page
    that asks for the card in the same step. */
function forgetSecrets() {
  if (payment) {
    newKey();
    payment.renew();
    return;
  }
  card.forget();
  fields.forget(['password', ...card.names]);
  newKey();
  fields.markSections();
}

// ---- following --------------------------------------------------------------------------------------

const heading = $('progress-title');
function head(text, lead) {
  heading.textContent = text;
  if (lead) $('progress-lead').textContent = lead;
  document.title = fields.title.replace(/^.*( – )/, `${text}$1`);
}

const ledger = new Ledger($('progress-ledger').querySelector('.ledger'));

let following = null;
function follow(registration) {
  const { id } = registration;
  // Come back from the bank, the ledger goes on where it was.
  if (following !== id) ledger.clear();
  following = id;
  $('progress-ledger').append(ledger.element);
  $('progress-action').hidden = true;
  $('progress').dataset.status = registration.status;
  $('sign-up').hidden = true;
  $('progress').hidden = false;
  scrollTo(0, 0);
  head(say('progress-running'), say('progress-running-lead'));
  heading.focus();
  // A reload shows the running registration instead of an empty form.
  history.replaceState(null, '', `/registrations/${id}`);
  ledger.show(registration.steps);
  if (!['running', 'undoing', 'pending'].includes(registration.status)) return end(registration);
  watch(id, {
    onStep: (step) => ledger.update(step),
    onStatus: (status) => { if (status === 'undoing') undoing(); },
    onEnd: end,
    onLost: () => location.replace(`/registrations/${id}`),
  });
}

const undoing = () => head(say('progress-undoing'), say('progress-undoing-lead'));

async function end(registration) {
  const { id, status, action_url: action, failure } = registration;
  if (status === 'undone') undoing();
  $('progress').dataset.status = status;
  ledger.show(registration.steps);
  await ledger.settled();
  if (status === 'awaiting_action' && action) {
    head(say('progress-bank'), say('progress-bank-page-lead'));
    $('progress-action-link').href = action;
    $('progress-action').hidden = false;
    $('progress-action-link').focus();
  } else if (status === 'awaiting_action' && payment) {
    head(say('progress-bank'), say('progress-bank-script-lead'));
    $('progress-action').hidden = false;
    $('progress-confirm').focus();
  } else if (status === 'undone') {
    if (registration.closing) ledger.close(registration.closing);
    await pause(1100);
    comeBack(failure);
  } else {
    await pause(300);
    location.replace(`/registrations/${id}`);
  }
}

$('progress-confirm')?.addEventListener('click', async ({ currentTarget: confirm }) => {
  if (confirm.getAttribute('aria-busy') === 'true') return;
  confirm.setAttribute('aria-busy', 'true');
  $('progress-error').textContent = '';
  const { registration, problem: sentence } = await askBank(following, scriptUrl);
  confirm.removeAttribute('aria-busy');
  if (sentence) {
    $('progress-error').textContent = sentence;
    confirm.focus();
  } else {
    follow(registration);
  }
});

function comeBack(failure) {
  forgetSecrets();
  history.replaceState(null, '', '/');
  $('progress').hidden = true;
  $('sign-up').hidden = false;
  $('attempt-ledger').replaceChildren(ledger.element);
  $('attempt-ledger').hidden = false;
  scrollTo(0, 0);
  fields.showNotice(failure?.title ?? say('sign-up-was-undone'), failure?.detail);
}

// Where the form is not shown any more, changing the language leaves it alone.
document.querySelector('.languages').addEventListener('click', (event) => {
  if (!$('sign-up').hidden || event.target.name !== 'language') return;
  event.preventDefault();
  location.assign(event.target.getAttribute('formaction'));
});

addEventListener('pageshow', (event) => { if (event.persisted) setBusy(false); });

showPlan();
fields.markSections();
fields.focusMessage();
