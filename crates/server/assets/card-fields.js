// The card in fields of our own form: spaced and checked while it is typed.

import { brand, dated, dateProblem, digits, keepSpaced, plausible } from './card.js';

const $ = (id) => document.getElementById(id);

export class CardFields {
  #fields;

  /** `onFilled` when a test card was filled in: its fields are to be checked. */
  constructor(form, { onFilled }) {
    this.#fields = form.elements;
    const { card_number: number, expiry } = this.#fields;
    keepSpaced(number, () => {
      const { name, code } = brand(number.value);
      $('card-brand').textContent = name;
      $('cvv-hint').textContent = code === 4 ? '4 digits on the front' : '3 digits on the back';
    });
    expiry.addEventListener('input', (event) => {
      expiry.value = dated(expiry.value, event.inputType?.startsWith('delete'));
    });
    expiry.addEventListener('focusout', () => { expiry.value = dated(expiry.value, true); });
    for (const use of form.querySelectorAll('[data-fill-card]')) {
      use.addEventListener('click', () => { this.#fill(use.dataset.fillCard); onFilled(this.names); });
    }
  }

  names = ['card_number', 'expiry', 'cvv'];

  checks = {
    card_number: (value) => {
      if (digits(value) === '') return 'Enter the number on the front of your card.';
      return plausible(value) ? null : 'This is not a card number. Check each digit.';
    },
    expiry: (value) => dateProblem(value, new Date()),
    cvv: (value) => {
      const length = brand(this.#fields.card_number.value).code;
      const where = length === 4 ? 'Enter the 4 digits on the front.' : 'Enter the 3 digits on the back.';
      return new RegExp(`^\\d{${length}}$`).test(value.trim()) ? null : where;
    },
  };

  forget() {
    for (const name of this.names) this.#fields[name].value = '';
    $('card-brand').textContent = '';
  }

  #fill(number) {
    const values = { card_number: number, expiry: `12 / ${(new Date().getFullYear() + 2) % 100}`, cvv: '123' };
    for (const [name, value] of Object.entries(values)) {
      this.#fields[name].value = value;
      this.#fields[name].dispatchEvent(new Event('input', { bubbles: true }));
    }
  }
}
