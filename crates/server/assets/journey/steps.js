// ---- from step to step ----------------------------------------------------------------------------

// Without a full reload: forms and links of the journey are fetched, and what comes is put in the place of what
// is there. Whatever is unexpected is left to the browser, which can do all of it too.

/** The fields of forms are loaded where there are any. */
const startFields = async (page) => {
  const fields = await import('./fields.js');
  if (!page.signal.aborted) fields.start(page);
};

/** What each page has of its own. */
const parts = {
  email: startFields,
  'check-mail': startMail,
  profile: startFields,
  payment: startPayment,
  registration: startRegistration,
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

/** The address but for a fragment, which is a place on the same page. */
const place = () => location.pathname + location.search;
let shown = place();

async function start() {
  const { signal } = page;
  const root = document.querySelector('#journey, #registration');
  const part = parts[root?.dataset.step ?? root?.id];
  if (!part) return;
  localise();
  await part({ root, signal, again, send, isBusy: () => busy !== null });
}

/** The page as it is now. */
const again = () => go(location.href, { replace: true });

/** Goes to a page. */
async function go(url, { replace = false } = {}) {
  const { signal } = page;
  try {
    const answer = await fetch(url, { headers: { Accept: 'text/html' }, credentials: 'same-origin', cache: 'no-store', signal });
    await show(answer, await pageOf(answer), { replace });
  } catch {
    if (!signal.aborted) leave(url);
  }
}

/** Sends a form, once however often it is pressed, and shows what comes of it. Nothing is sent where what is to
    be done `first` fails, or the page is left meanwhile. */
async function send(form, first = () => true) {
  if (busy) return;
  const { signal } = page;
  setBusy(form.querySelector('button[type=submit]'));
  let isReady = false;
  try {
    isReady = await first();
  } finally {
    if (!isReady && !signal.aborted) setBusy(null);
  }
  if (!isReady || signal.aborted) return;
  let answer;
  let next;
  try {
    answer = await fetch(form.action, {
      method: 'POST',
      headers: { Accept: 'text/html', Prefer: 'respond-async' },
      body: new URLSearchParams(new FormData(form)),
      credentials: 'same-origin',
      signal,
    });
    next = await pageOf(answer);
  } catch {
    if (!signal.aborted) keep(form);
    return;
  }
  if (!answer.ok && !takesItsPlace(answer, next)) return keep(form, next);
  try {
    await show(answer, next, {});
  } catch {
    leave(answer.redirected ? answer.url : location.href);
  }
}

/** The page that an answer has; an empty one, where it is something else. */
async function pageOf(answer) {
  const kind = answer.headers.get('content-type') ?? '';
  return new DOMParser().parseFromString(kind.startsWith('text/html') ? await answer.text() : '', 'text/html');
}

/** After these a form is sent in vain, however often: the page that comes says how to go on. */
const inVain = [401, 404, 409, 410];

/** Whether a page comes in the place of a form that was refused: the form with what is wrong, or the end of it.
    What else may come, of the service in trouble or of a proxy before it, leaves the form as it is. */
const takesItsPlace = (answer, next) => next.querySelector('#journey, #registration') !== null
  || (inVain.includes(answer.status) && next.getElementById('heading') !== null);

/** Puts a page in the place of this one; or loads it, where it is not one that fits in there. */
async function show(answer, next, { replace }) {
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
  // With a form on the page, the language is changed by sending it.
  document.querySelector('.languages').replaceWith(next.querySelector('.languages'));
  if (url !== location.href) history[replace ? 'replaceState' : 'pushState'](null, '', url);
  shown = place();
  scrollTo(0, 0);
  announce();
  await start();
}

/** To where the eye should be: what is wrong, else the heading. */
function announce() {
  const wrong = document.querySelector('main .notice:not([hidden])');
  (wrong ?? $('heading') ?? document.querySelector('main')).focus();
  announcer.textContent = document.title;
}

const leave = (url) => location.assign(url);

function setBusy(button) {
  busy?.removeAttribute('aria-busy');
  busy = button;
  busy?.setAttribute('aria-busy', 'true');
  announcer.textContent = button ? say('sign-up-sending') : '';
}

/** Leaves a form as it was filled in, and says what the page that came in its place says; or that none came. */
function keep(form, next) {
  setBusy(null);
  const said = (what) => next?.querySelector(`main ${what}`)?.textContent.trim();
  const heading = said('#heading');
  // What is sent twice is carried out once where it creates something: at the last step.
  const remedy = form.closest('[data-step=payment]') ? say('sign-up-no-answer-remedy') : say('step-no-answer-remedy');
  showNotice(heading ?? say('sign-up-no-answer'), heading ? said('.lead') : remedy);
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || isForLanguage(event) || form.method !== 'post' || !form.closest('#journey, #registration')) return;
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

addEventListener('popstate', () => { if (place() !== shown) again(); });

addEventListener('pageshow', (event) => { if (event.persisted) setBusy(null); });

start();
