// From step to step without a full reload: forms and links of the journey are fetched, and what comes is put
// in the place of what is there. Whatever is unexpected is left to the browser, which can do all of it too.

import { localise, say } from './ledger.js';

const $ = (id) => document.getElementById(id);

/** What each page has of its own; loaded once it is there. */
const parts = {
  email: () => import('./fields.js'),
  'check-mail': () => import('./journey-mail.js'),
  profile: () => import('./fields.js'),
  payment: async () => ({ start: startPayment }),
  registration: () => import('./registration.js'),
};

/** Paths that lead from one page of the journey to another. */
const path = /^\/(?:join|registrations\/[^/]+(?:\/(?:profile|payment))?)$/;

// A page on which Stripe's script runs has a policy that allows it, and a policy is a document's: it is loaded
// as one, unless this document has it.
const hasOwnPolicy = document.querySelector('[data-own-policy]') !== null;

const announcer = Object.assign(document.createElement('p'), { className: 'visually-hidden' });
announcer.setAttribute('role', 'status');
document.body.append(announcer);

let page = new AbortController();
let busy = null;

async function start() {
  const { signal } = page;
  const root = document.querySelector('#journey, #registration');
  const part = parts[root?.dataset.step ?? root?.id];
  if (!part) return;
  localise();
  const { start: startPart } = await part();
  if (!signal.aborted) startPart({ root, signal, again, send, isBusy: () => busy !== null });
}

/** The last step: plan, card and password, and one press that is sent once. */
async function startPayment({ root, signal, send, isBusy }) {
  const { Fields } = await import('./fields.js');
  const form = root.querySelector('form');
  const cardSection = form.querySelector('.card-section');
  const other = $('other-card');
  const { scriptUrl, billing } = form.dataset;
  const { CardElement } = scriptUrl ? await import('./payment.js') : {};
  const { CardFields } = scriptUrl ? {} : await import('./card-fields.js');
  if (signal.aborted) return;

  let checking = false;
  // Beside a card that is kept, another one is entered where somebody opens the place for it.
  const isAsked = () => !cardSection.disabled && (other === null || other.open);
  const element = CardElement && new CardElement(form, {
    billing: () => JSON.parse(billing),
    isShown: isAsked,
    isBusy: () => checking || isBusy(),
    onChange: () => fields.markSections(),
    onProblem: (text, detail) => fields.showNotice(text, detail),
  });
  const card = CardFields && new CardFields(form, {
    onFilled: (names) => {
      for (const name of names) fields.mark(name, fields.problem(name));
      $('submit-status').textContent = say('card-filled-in');
    },
  });
  const isTyped = () => card.names.some((name) => form.elements[name].value.trim() !== '');
  const isCard = (field) => card?.names.includes(field.name);
  const fields = new Fields(form, {
    checks: card?.checks,
    isLive: (field) => !isCard(field) || (isAsked() && (other === null || isTyped())),
    isComplete: (section) => !element || section !== cardSection || !isAsked() || element.isComplete,
  });

  // A card that is not asked for is not sent either.
  const showPlan = () => {
    const plan = form.querySelector('[name=plan]:checked');
    const free = plan === null || plan.dataset.free !== undefined;
    cardSection.disabled = free && form.dataset.freeNeedsCard === 'false';
    if (element && isAsked()) element.ask();
    fields.markSections();
  };
  for (const plan of form.querySelectorAll('[name=plan]')) plan.addEventListener('change', showPlan);
  other?.addEventListener('toggle', () => {
    // What was begun and closed again is not meant.
    if (!other.open) card?.forget();
    if (element && isAsked()) element.ask();
    fields.markSections();
  });

  // Stripe may ask the bank, and the bank the person.
  const check = async () => {
    checking = true;
    $('submit').setAttribute('aria-busy', 'true');
    try {
      return await element.ready();
    } finally {
      checking = false;
      $('submit')?.removeAttribute('aria-busy');
    }
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (checking || isBusy()) return;
    const errors = fields.check();
    fields.clearMessages();
    $('attempt-ledger')?.remove();
    if (errors.length > 0) return fields.showErrors(errors);
    fields.showPassword(false);
    if (element && isAsked() && !await check()) return;
    await send(form);
  });
  signal.addEventListener('abort', () => element?.close());

  showPlan();
}

/** The page as it is now. */
const again = () => go(location.href, { replace: true });

/** Goes to a page. */
async function go(url, { replace = false } = {}) {
  const { signal } = page;
  try {
    const answer = await fetch(url, { headers: { Accept: 'text/html' }, credentials: 'same-origin', cache: 'no-store', signal });
    await show(answer, { replace });
  } catch {
    if (!signal.aborted) leave(url);
  }
}

/** Sends a form, once however often it is pressed, and shows what comes of it. */
async function send(form) {
  if (busy) return;
  const { signal } = page;
  setBusy(form.querySelector('button[type=submit]'));
  let answer;
  try {
    answer = await fetch(form.action, {
      method: 'POST',
      headers: { Accept: 'text/html', Prefer: 'respond-async' },
      body: new URLSearchParams(new FormData(form)),
      credentials: 'same-origin',
      signal,
    });
  } catch {
    setBusy(null);
    if (!signal.aborted) noAnswer();
    return;
  }
  try {
    await show(answer, {});
  } catch {
    leave(answer.redirected ? answer.url : location.href);
  }
}

/** Puts a page in the place of this one; or loads it, where it is not one that fits in there. */
async function show(answer, { replace }) {
  const kind = answer.headers.get('content-type') ?? '';
  const next = new DOMParser().parseFromString(kind.startsWith('text/html') ? await answer.text() : '', 'text/html');
  const main = next.querySelector('main');
  const sheet = (of) => of.querySelector('link[rel=stylesheet]')?.getAttribute('href');
  const fits = main && next.documentElement.lang === document.documentElement.lang
    && sheet(next) === sheet(document)
    && (hasOwnPolicy || !main.querySelector('[data-own-policy]'));
  // What a form was answered with, other than by a redirect, has no address.
  const url = answer.redirected || path.test(new URL(answer.url).pathname) ? answer.url : location.href;
  if (!fits) return leave(url);
  page.abort();
  page = new AbortController();
  setBusy(null);
  document.title = next.title;
  document.body.className = next.body.className;
  // Read without scripts, what is for browsers without them has become part of the page.
  for (const unneeded of main.querySelectorAll('noscript')) unneeded.remove();
  document.querySelector('main').replaceChildren(...main.childNodes);
  if (url !== location.href) history[replace ? 'replaceState' : 'pushState'](null, '', url);
  scrollTo(0, 0);
  announce();
  await start();
}

/** To where the eye should be: what is wrong, else the heading. */
function announce() {
  const wrong = document.querySelector('main .notice:not([hidden])');
  (wrong ?? document.getElementById('heading') ?? document.querySelector('main')).focus();
  announcer.textContent = document.title;
}

const leave = (url) => location.assign(url);

function setBusy(button) {
  busy?.removeAttribute('aria-busy');
  busy = button;
  busy?.setAttribute('aria-busy', 'true');
  announcer.textContent = button ? say('sign-up-sending') : '';
}

async function noAnswer() {
  const { showNotice } = await import('./fields.js');
  let place = document.getElementById('notice');
  if (!place) {
    place = Object.assign(document.createElement('div'), { id: 'notice' });
    document.getElementById('heading').before(place);
  }
  showNotice(say('sign-up-no-answer'), say('sign-up-no-answer-remedy'));
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || !form.closest('#journey, #registration')) return;
  event.preventDefault();
  send(form);
});

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('main a[href]');
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (event.defaultPrevented || !isPlain || !link || link.target || link.origin !== location.origin) return;
  if (!path.test(link.pathname)) return;
  event.preventDefault();
  if (!busy) go(link.href);
});

addEventListener('popstate', () => go(location.href, { replace: true }));

addEventListener('pageshow', (event) => { if (event.persisted) setBusy(null); });

start();
