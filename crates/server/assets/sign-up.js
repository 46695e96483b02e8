// The sign-up form: checks fields on leaving, sends once, shows the ledger, and comes back with
// everything kept (but the password and the card) when it was undone.

import { Ledger, pause, watch } from './ledger.js';
import { brand, dated, dateProblem, digits, keepSpaced, plausible } from './card.js';

const $ = (id) => document.getElementById(id);
const form = $('form');
const fields = form.elements;
const button = $('submit');
const title = document.title.replace(/^Error: /, '');
const once = ['password', 'card_number', 'expiry', 'cvv'];

// ---- checking -------------------------------------------------------------------------------

const named = (missing) => (value) => (value.trim() === '' ? missing : null);
const checks = {
  email: (value) => {
    if (value.trim() === '') return 'Enter your e-mail address.';
    return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value.trim()) ? null : 'Enter an e-mail address like name@example.com.';
  },
  password: (value) => {
    const least = Number(fields.password.dataset.minLength);
    const missing = least - [...value].length;
    if (value === '') return 'Choose a password.';
    return missing > 0 ? `Use at least ${least} characters: ${missing} more to go.` : null;
  },
  first_name: named('Enter your first name.'),
  last_name: named('Enter your last name.'),
  country: named('Choose your country.'),
  address: named('Enter your street and number.'),
  city: named('Enter your city.'),
  state: named('Enter your state or province.'),
  zip: named('Enter your ZIP or postal code.'),
  card_number: (value) => {
    if (digits(value) === '') return 'Enter the number on the front of your card.';
    return plausible(value) ? null : 'This is not a card number. Check each digit.';
  },
  expiry: (value) => dateProblem(value, new Date()),
  cvv: (value) => {
    const length = brand(fields.card_number.value).code;
    const where = length === 4 ? 'Enter the 4 digits on the front.' : 'Enter the 3 digits on the back.';
    return new RegExp(`^\\d{${length}}$`).test(value.trim()) ? null : where;
  },
};

const live = (name) => fields[name] && !fields[name].matches(':disabled');
const problem = (name) => (live(name) ? checks[name](fields[name].value) : null);

function mark(name, message) {
  const input = name === 'plan' ? null : fields[name];
  $(`${name}-error`).textContent = message ?? '';
  if (message) input?.setAttribute('aria-invalid', 'true');
  else input?.removeAttribute('aria-invalid');
}

function markSections() {
  let complete = true;
  for (const section of form.querySelectorAll('[data-section]')) {
    if (section.disabled) continue;
    complete &&= Object.keys(checks).every((name) => !section.contains(fields[name]) || problem(name) === null);
    section.querySelector('legend').dataset.state = complete ? 'done' : 'waiting';
  }
}

const touched = new Set();
form.addEventListener('focusout', ({ target }) => {
  if (target.name === 'expiry') target.value = dated(target.value, true);
  if (checks[target.name] && touched.has(target.name)) mark(target.name, problem(target.name));
});
form.addEventListener('input', ({ target }) => {
  if (!target.name) return;
  touched.add(target.name);
  if ($(`${target.name}-error`)?.textContent) mark(target.name, null);
  markSections();
});

// ---- the key: one attempt, however often it is sent -------------------------------------------

let keyIsUsed = false;
function newKey() {
  fields.idempotency_key.value = crypto.randomUUID?.()
    ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  keyIsUsed = false;
}
form.addEventListener('input', () => { if (keyIsUsed) newKey(); });

// ---- plan, password, card -----------------------------------------------------------------------

const cardSection = form.querySelector('.card-section');
function showPlan() {
  const plan = form.querySelector('[name=plan]:checked');
  if (!plan) return;
  const { title: name, price, action, today, nextCharge, free } = plan.dataset;
  $('receipt-plan').textContent = `${name} plan`;
  $('receipt-price').textContent = price;
  $('receipt-next').textContent = nextCharge;
  $('receipt-today').textContent = today;
  $('submit-words').textContent = action;
  // A card that is not asked for is not sent either.
  cardSection.disabled = free !== undefined && form.dataset.freeNeedsCard === 'false';
}
for (const plan of form.querySelectorAll('[name=plan]')) {
  plan.addEventListener('change', () => { showPlan(); markSections(); });
}

const toggle = $('password-toggle');
function showPassword(shown) {
  fields.password.type = shown ? 'text' : 'password';
  toggle.setAttribute('aria-pressed', String(shown));
  toggle.querySelector('[data-word]').textContent = shown ? 'Hide' : 'Show';
}
toggle.addEventListener('click', () => showPassword(fields.password.type === 'password'));

keepSpaced(fields.card_number, () => {
  const { name, code } = brand(fields.card_number.value);
  $('card-brand').textContent = name;
  $('cvv-hint').textContent = code === 4 ? '4 digits on the front' : '3 digits on the back';
});
fields.expiry.addEventListener('input', (event) => {
  fields.expiry.value = dated(fields.expiry.value, event.inputType?.startsWith('delete'));
});

for (const use of form.querySelectorAll('[data-fill-card]')) {
  use.addEventListener('click', () => {
    const values = {
      card_number: use.dataset.fillCard, expiry: `12 / ${(new Date().getFullYear() + 2) % 100}`, cvv: '123',
    };
    for (const [name, value] of Object.entries(values)) {
      fields[name].value = value;
      fields[name].dispatchEvent(new Event('input', { bubbles: true }));
      mark(name, problem(name));
    }
    $('submit-status').textContent = 'The card is filled in.';
  });
}

// ---- messages -----------------------------------------------------------------------------------

const summary = $('error-summary');
function showErrors(errors) {
  $('error-list').replaceChildren(...errors.map(({ name, message }) => {
    const item = document.createElement('li');
    if (name) {
      mark(name, message);
      const link = document.createElement('a');
      link.href = `#${name}`;
      link.textContent = message;
      item.append(link);
    } else {
      item.textContent = message;
    }
    return item;
  }));
  summary.hidden = false;
  document.title = `Error: ${title}`;
  summary.focus();
}
// A fragment alone does not reach an input in every browser.
$('error-list').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (!link) return;
  event.preventDefault();
  const target = $(link.hash.slice(1));
  (target.id === 'plan' ? target.querySelector(':checked') ?? target : target).focus();
});

function showNotice(text, detail) {
  const notice = document.createElement('div');
  notice.className = 'notice';
  notice.dataset.kind = 'error';
  notice.tabIndex = -1;
  const word = Object.assign(document.createElement('span'), { className: 'visually-hidden', textContent: 'Error: ' });
  const head = Object.assign(document.createElement('p'), { className: 'notice-title' });
  head.append(word, text);
  notice.append(head);
  if (detail) notice.append(Object.assign(document.createElement('p'), { className: 'notice-text', textContent: detail }));
  $('notice').replaceChildren(notice);
  document.title = `Error: ${title}`;
  notice.focus();
}

function clearMessages() {
  $('notice').replaceChildren();
  $('attempt-ledger').hidden = true;
  summary.hidden = true;
  document.title = title;
}

// ---- sending --------------------------------------------------------------------------------------

let busy = false;
function setBusy(now) {
  busy = now;
  if (now) button.setAttribute('aria-busy', 'true');
  else button.removeAttribute('aria-busy');
  $('submit-status').textContent = now ? 'Sending.' : '';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (busy) return;
  const errors = Object.keys(checks).flatMap((name) => {
    const message = problem(name);
    if ($(`${name}-error`)) mark(name, message);
    return message ? [{ name, message }] : [];
  });
  clearMessages();
  if (errors.length > 0) return showErrors(errors);
  setBusy(true);
  showPassword(false);
  try {
    await take(await fetch('/', {
      method: 'POST',
      headers: { Accept: 'application/json', Prefer: 'respond-async' },
      body: new URLSearchParams(new FormData(form)),
      credentials: 'same-origin',
    }));
  } catch {
    keyIsUsed = true;
    showNotice(
      'No answer came from the server.',
      'The sign-up may have arrived all the same. Check your connection and press the button again: sent twice, it is still carried out once.',
    );
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
  showNotice(body.title, body.detail);
}

function forgetSecrets() {
  for (const name of once) {
    fields[name].value = '';
    touched.delete(name);
    mark(name, null);
  }
  $('card-brand').textContent = '';
  newKey();
  markSections();
}

// ---- following --------------------------------------------------------------------------------------

const heading = $('progress-title');
function say(text, lead) {
  heading.textContent = text;
  if (lead) $('progress-lead').textContent = lead;
  document.title = title.replace(/^.*( – )/, `${text}$1`);
}

const ledger = new Ledger($('progress-ledger').querySelector('.ledger'));

function follow(registration) {
  const { id } = registration;
  ledger.clear();
  $('progress-ledger').append(ledger.element);
  $('progress-action').hidden = true;
  $('sign-up').hidden = true;
  $('progress').hidden = false;
  scrollTo(0, 0);
  say('Creating your account', 'You can close this page: it goes on, and ends one way or the other.');
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

const undoing = () => say('Taking everything back', 'A step failed, so each step before it is undone.');

async function end(registration) {
  const { id, status, action_url: action, failure } = registration;
  if (status === 'undone') undoing();
  $('progress').dataset.status = status;
  ledger.show(registration.steps);
  await ledger.settled();
  if (status === 'awaiting_action' && action) {
    say('Your bank wants to know it is you', 'It asks you to confirm this payment on its own page. Nothing is charged until you do.');
    $('progress-action-link').href = action;
    $('progress-action').hidden = false;
    $('progress-action-link').focus();
  } else if (status === 'undone') {
    if (registration.closing) ledger.close(registration.closing);
    await pause(1100);
    comeBack(failure);
  } else {
    await pause(300);
    location.replace(`/registrations/${id}`);
  }
}

function comeBack(failure) {
  forgetSecrets();
  history.replaceState(null, '', '/');
  $('progress').hidden = true;
  $('sign-up').hidden = false;
  $('attempt-ledger').replaceChildren(ledger.element);
  $('attempt-ledger').hidden = false;
  scrollTo(0, 0);
  showNotice(failure?.title ?? 'The sign-up was undone.', failure?.detail);
}

addEventListener('pageshow', (event) => { if (event.persisted) setBusy(false); });

showPlan();
markSections();
if (!summary.hidden) summary.focus();
else document.querySelector('#notice .notice')?.focus();
