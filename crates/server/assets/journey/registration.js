// ---- one registration -----------------------------------------------------------------------------

const isPressed = (button) => button?.getAttribute('aria-busy') === 'true';

/** Follows it while it moves, and asks the bank. `again` shows the page as it is now; `signal` says that it is
    left. */
function startRegistration({ root, signal, again }) {
  const { id, status } = root.dataset;
  const confirm = $('confirm');
  if (status === 'running' || status === 'undoing') follow(root, { signal, again });
  if (status === 'awaiting_verification' || status === 'awaiting_action') look({ id, status, confirm, signal, again });
  confirm?.addEventListener('click', () => ask(id, confirm, again));
  startCode(signal);
}

function follow(root, { signal, again }) {
  const heading = $('heading');
  const ledger = new Ledger(root.querySelector('.ledger'));
  watch(root.dataset.id, {
    signal,
    onStep: (step) => ledger.update(step),
    onStatus: (now) => { if (now === 'undoing') heading.textContent = say('progress-undoing'); },
    onEnd: async (registration) => {
      ledger.show(registration.steps);
      await ledger.settled();
      if (registration.closing) ledger.close(registration.closing);
      await pause(registration.closing ? 1100 : 500);
      if (!signal.aborted) again();
    },
    onLost: () => { heading.nextElementSibling.textContent = say('progress-lost'); },
  });
}

// The link may be opened in another browser, the bank may answer in another tab: look now and then. Less
// often where a look may have the service ask Stripe, and not while the bank's own question is open.
function look({ id, status, confirm, signal, again }) {
  const every_ms = confirm ? 15_000 : 4_000;
  const cannotAsk = $('look-again') !== null;
  const once = async () => {
    if (signal.aborted) return;
    if (!document.hidden && !isPressed(confirm)) {
      try {
        const now = await read(id);
        if (signal.aborted) return;
        if (now.status !== status || (cannotAsk && now.client_secret)) return again();
      } catch (error) {
        if ([401, 403, 404].includes(error.status)) return;
      }
    }
    setTimeout(once, every_ms);
  };
  setTimeout(once, every_ms);
}

async function ask(id, confirm, again) {
  if (isPressed(confirm)) return;
  confirm.setAttribute('aria-busy', 'true');
  const message = $('confirm-error');
  message.textContent = '';
  const { problem } = await askBank(id, confirm.dataset.scriptUrl);
  if (!problem) return again();
  confirm.removeAttribute('aria-busy');
  message.textContent = problem;
  confirm.focus();
}
