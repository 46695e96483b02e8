// A step of the journey that is nothing but fields: the address, and names with the billing address.

import { Fields } from './fields.js';

export function start({ root }) {
  const form = root.querySelector('form');
  const fields = new Fields(form);
  form.addEventListener('submit', (event) => {
    const errors = fields.check();
    fields.clearMessages();
    if (errors.length === 0) return;
    event.preventDefault();
    fields.showErrors(errors);
  });
  // What the server found has the first word; a single field is the place to go.
  const wrong = form.querySelector('[aria-invalid=true]');
  if (wrong && !document.getElementById('error-summary')) wrong.focus();
}
