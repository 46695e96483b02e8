// The sign-up form: checks fields on leaving, sends once, shows the ledger, and comes back with
// everything kept when it was undone, but for the card, and for the password where it is asked for in the
// same step.

import {
  $, AddressFields, CardFields, CheckedForm, EmailField, PasswordField, Payment, nameChecks,
} from './fields.js';
import { Ledger, askBank, pause, say, watch } from './ledger.js';

const form = $('form');
const fields = form.elements;
const button = $('submit');

// The card is entered in Stripe's form, in a step of its own, or in fields of ours.
const { scriptUrl } = form.dataset;
const payment = scriptUrl && new Payment(form, {
  isBusy: () => busy,
  onStep: () => showPlan(),
  onChange: () => markSections(),
  onOther: () => { if (keyIsUsed) newKey(); },
  onProblem: (text, detail) => showNotice(text, detail),
});
const card = scriptUrl ? undefined : new CardFields(form, {
  onFilled: (names) => {
    for (const name of names) checked.mark(name, checked.problem(name));
    $('submit-status').textContent = say('card-filled-in');
  },
});
const email = new EmailField(form);
const password = new PasswordField(form, { onVerdict: () => recheck(['password']) });
const address = new AddressFields(form, { onChange: recheck });

// ---- checking -------------------------------------------------------------------------------

const checked = new CheckedForm(form, {
  ...email.checks, ...password.checks, ...nameChecks, ...address.checks, ...card?.checks,
}, {
  onInput: () => markSections(),
  // What is wrong is in view before it is talked about.
  onErrors: (errors) => {
    if (payment?.isShown && errors.some(({ name }) => checked.names.includes(name))) payment.back();
  },
});

function recheck(names) {
  checked.recheck(names);
  markSections();
}

function markSections() {
  let complete = true;
  for (const section of form.querySelectorAll('[data-section]')) {
    if (section.disabled) continue;
    complete &&= checked.names.every((name) => !section.contains(fields[name]) || checked.problem(name) === null);
    if (payment && section === cardSection) complete &&= payment.isComplete;
    section.querySelector('legend').dataset.state = complete ? 'done' : 'waiting';
  }
}

// ---- the key: one attempt, however often it is sent -------------------------------------------

let keyIsUsed = false;
function newKey() {
  fields.idempotency_key.value = crypto.randomUUID?.()
    ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  keyIsUsed = false;
}
form.addEventListener('input', () => { if (keyIsUsed) newKey(); });

// ---- the plan -----------------------------------------------------------------------------

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
const paymentIsNext = () => payment !== undefined && !payment.isShown && !cardSection.disabled;
for (const plan of form.querySelectorAll('[name=plan]')) {
  plan.addEventListener('change', () => { showPlan(); markSections(); });
}

// ---- messages -----------------------------------------------------------------------------------

function showNotice(text, detail) {
  const notice = document.createElement('div');
  notice.className = 'notice';
  notice.dataset.kind = 'error';
  notice.tabIndex = -1;
  const word = Object.assign(document.createElement('span'), { className: 'visually-hidden', textContent: `${say('notice-error')} ` });
  const head = Object.assign(document.createElement('p'), { className: 'notice-title' });
  head.append(word, text);
  notice.append(head);
  if (detail) notice.append(Object.assign(document.createElement('p'), { className: 'notice-text', textContent: detail }));
  $('notice').replaceChildren(notice);
  checked.prefixTitle();
  notice.focus();
}

function clearMessages() {
  $('notice').replaceChildren();
  $('attempt-ledger').hidden = true;
  checked.clear();
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
  const errors = checked.check();
  clearMessages();
  if (errors.length > 0) return checked.show(errors);
  if (paymentIsNext()) return payment.show();
  setBusy(true);
  password.reveal(false);
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
    showNotice(say('sign-up-no-answer'), say('sign-up-no-answer-remedy'));
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
    return checked.show(body.errors.flatMap(({ field, message }) => {
      const name = /^expiry_(month|year)$/.test(field) ? 'expiry' : field;
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ name: $(`${name}-error`) ? name : null, message }];
    }));
  }
  if (body.registration?.steps) return follow({ failure: body, ...body.registration });
  if (answer.status === 402) forgetSecrets();
  showNotice(body.title, body.detail);
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
  checked.forget(['password', ...card.names]);
  password.forget();
  newKey();
  markSections();
}

// ---- following --------------------------------------------------------------------------------------

const heading = $('progress-title');
function head(text, lead) {
  heading.textContent = text;
  if (lead) $('progress-lead').textContent = lead;
  document.title = checked.title.replace(/^.*( – )/, `${text}$1`);
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
  showNotice(failure?.title ?? say('sign-up-was-undone'), failure?.detail);
}

addEventListener('pageshow', (event) => { if (event.persisted) setBusy(false); });

showPlan();
markSections();
if ($('error-summary').hidden) document.querySelector('#notice .notice')?.focus();
