// The card's fields. What is typed here goes to the fake and to nobody else.
(() => {
  'use strict';

  const { answer, post, tell } = window.fake;
  const form = document.getElementById('card');
  const [number, expiry, cvc] = ['number', 'expiry', 'cvc'].map((id) => document.getElementById(id));
  const error = document.getElementById('error');

  const digits = (field) => field.value.replace(/\D/g, '');

  /** Month and year, where there are both: `12/34`, `12 / 2034`, `1234`. */
  const expires = () => {
    const match = /^\s*(\d{1,2})\s*\/?\s*(\d{2}|\d{4})\s*$/.exec(expiry.value);
    if (!match) return null;
    const [, month, year] = match.map(Number);
    return { month, year: year < 100 ? 2000 + year : year };
  };

  /** What is still missing, in Stripe's words; nothing if the card is complete. */
  const missing = () => {
    const say = (code, message) => ({ type: 'validation_error', code, message });
    if (digits(number).length < 12) return say('incomplete_number', 'Your card number is incomplete.');
    if (!expires()) return say('incomplete_expiry', "Your card's expiration date is incomplete.");
    if (digits(cvc).length < 3) return say('incomplete_cvc', "Your card's security code is incomplete.");
    return null;
  };

  const show = (fault) => {
    error.textContent = fault?.message ?? '';
    tellSize();
  };

  const tellSize = () => tell('size', { height: Math.ceil(document.documentElement.scrollHeight) });

  const tellChange = () => tell('change', {
    complete: !missing(),
    empty: [number, expiry, cvc].every((field) => field.value === ''),
    collapsed: false,
    value: { type: 'card' },
  });

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => { show(null); tellChange(); });
  form.addEventListener('focusin', () => tell('focus'));
  form.addEventListener('focusout', () => tell('blur'));

  answer({
    validate: () => {
      const fault = missing();
      show(fault);
      return fault ? { error: fault } : {};
    },
    confirm: async ({ clientSecret }) => {
      const fault = missing();
      show(fault);
      if (fault) return { error: fault };
      const { month, year } = expires();
      const id = clientSecret.split('_secret_')[0];
      const confirmed = await post(`/_client/setup_intents/${id}/confirm`, {
        client_secret: clientSecret,
        number: digits(number),
        exp_month: month,
        exp_year: year,
        cvc: digits(cvc),
      });
      show(confirmed.error);
      return confirmed;
    },
    style: (variables) => {
      for (const [name, value] of Object.entries(variables)) {
        document.documentElement.style.setProperty(`--${name}`, value);
      }
      return {};
    },
    focus: () => { number.focus(); return {}; },
    clear: () => { form.reset(); tellChange(); return {}; },
  });

  tellSize();
  tell('ready');
})();
