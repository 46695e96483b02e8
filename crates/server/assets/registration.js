// The page of one registration: follows it while it moves, and helps with the code.

import './times.js';
import { Ledger, askBank, pause, read, say, watch } from './ledger.js';

const root = document.getElementById('registration');
const { id, status } = root.dataset;
const heading = document.getElementById('heading');

if (status === 'running' || status === 'undoing') {
  const ledger = new Ledger(root.querySelector('.ledger'));
  watch(id, {
    onStep: (step) => ledger.update(step),
    onStatus: (now) => { if (now === 'undoing') heading.textContent = say('progress-undoing'); },
    onEnd: async (registration) => {
      ledger.show(registration.steps);
      await ledger.settled();
      await pause(500);
      location.reload();
    },
    onLost: () => { heading.nextElementSibling.textContent = say('progress-lost'); },
  });
}

const confirm = document.getElementById('confirm');
const busy = (button) => button?.getAttribute('aria-busy') === 'true';

// The link may be opened on another device, the bank may answer in another tab: look now and then. Less
// often where a look may have the service ask Stripe, and not while the bank's own question is open.
const look_every_ms = confirm ? 15_000 : 4_000;
const cannotAsk = document.getElementById('look-again') !== null;
if (status === 'awaiting_verification' || status === 'awaiting_action') {
  const look = async () => {
    if (!document.hidden && !busy(confirm)) {
      try {
        const now = await read(id);
        if (now.status !== status || (cannotAsk && now.client_secret)) return location.reload();
      } catch (error) {
        if ([401, 403, 404].includes(error.status)) return;
      }
    }
    setTimeout(look, look_every_ms);
  };
  setTimeout(look, look_every_ms);
}

confirm?.addEventListener('click', async () => {
  if (busy(confirm)) return;
  confirm.setAttribute('aria-busy', 'true');
  const message = document.getElementById('confirm-error');
  message.textContent = '';
  const { problem } = await askBank(id, confirm.dataset.scriptUrl);
  if (!problem) return location.reload();
  confirm.removeAttribute('aria-busy');
  message.textContent = problem;
  confirm.focus();
});

const form = document.querySelector('.code-form');
if (form) {
  const code = form.elements.code;
  const message = document.getElementById('code-error');
  const show = (text) => {
    message.textContent = text;
    if (text) code.setAttribute('aria-invalid', 'true');
    else code.removeAttribute('aria-invalid');
  };
  code.addEventListener('input', () => {
    show('');
    const bare = code.value.replace(/[\s-]/g, '');
    if (bare !== code.value) code.value = bare;
  });
  form.addEventListener('submit', (event) => {
    const button = form.querySelector('button');
    const length = Number(code.dataset.length);
    if (code.value.length !== length) {
      event.preventDefault();
      show(say('code-missing', { length }));
      code.focus();
    } else if (button.getAttribute('aria-busy') === 'true') {
      event.preventDefault();
    } else {
      button.setAttribute('aria-busy', 'true');
    }
  });
  if (code.getAttribute('aria-invalid') === 'true') code.focus();

  const resend = document.getElementById('resend');
  const label = resend.querySelector('[data-words]');
  const from = performance.now();
  const tick = () => {
    const left = Number(resend.dataset.seconds) - Math.floor((performance.now() - from) / 1000);
    if (left <= 0) {
      resend.removeAttribute('aria-disabled');
      label.textContent = say('resend-mail');
      return;
    }
    resend.setAttribute('aria-disabled', 'true');
    label.textContent = say('resend-mail-later', { seconds: left });
    setTimeout(tick, 250);
  };
  tick();
  resend.form.addEventListener('submit', (event) => {
    if (resend.getAttribute('aria-disabled') === 'true' || resend.getAttribute('aria-busy') === 'true') event.preventDefault();
    else resend.setAttribute('aria-busy', 'true');
  });
}

addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy');
});
