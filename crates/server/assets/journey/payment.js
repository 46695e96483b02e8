// ---- the last step --------------------------------------------------------------------------------

/** The last step: plan, card and password, and one press that is sent once. */
async function startPayment({ root, signal, send, isBusy }) {
  const { CardElement, CardFields, Fields } = await import('./fields.js');
  if (signal.aborted) return;
  const form = root.querySelector('form');
  const cardSection = form.querySelector('.card-section');
  const other = $('other-card');
  const { scriptUrl, billing } = form.dataset;

  // Beside a card that is kept, another one is entered where somebody opens the place for it.
  const isAsked = () => !cardSection.disabled && (other === null || other.open);
  const element = scriptUrl && new CardElement(form, {
    billing: () => JSON.parse(billing),
    isShown: isAsked,
    isBusy,
    signal,
    onChange: () => fields.markSections(),
    onProblem: (text, detail) => fields.showNotice(text, detail),
  });
  const card = scriptUrl ? undefined : new CardFields(form, {
    onFilled: (names) => {
      for (const name of names) fields.mark(name, fields.problem(name));
      $('submit-status').textContent = say('card-filled-in');
    },
  });
  const isTyped = () => card.names.some((name) => form.elements[name].value.trim() !== '');
  const isCard = (field) => card?.names.includes(field.name);
  const fields = new Fields(form, {
    signal,
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
  // What is checked and sent stays as it is until it is known what came of it.
  $('use-another')?.addEventListener('click', (event) => { if (isBusy()) event.preventDefault(); });
  other?.addEventListener('toggle', () => {
    if (element && isAsked()) element.ask();
    if (!other.open) {
      // What was begun, or checked by Stripe, and closed again is not meant.
      card?.forget();
      element?.renew();
    }
    fields.markSections();
  });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isBusy()) return;
    const errors = fields.check();
    fields.clearMessages();
    $('attempt-ledger')?.remove();
    if (errors.length > 0) return fields.showErrors(errors);
    fields.hidePassword();
    // Stripe may ask the bank, and the bank the person.
    await send(form, () => !element || !isAsked() || element.ready());
  });

  showPlan();
}
