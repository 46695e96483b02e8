// ---- the address --------------------------------------------------------------------------------

/** In the order in which the table of forms has them. */
const addressParts = ['city', 'state', 'zip'];

/** City, state and postal code as the chosen country has them: what it does not have is not asked for, and each
    is called what it is called there. What was typed into one is still there when it is asked for again. */
class AddressFields {
  #form; #forms; #names; #onChange;
  #missing = {};

  /** `onChange` with the names of the parts when another country asks for others; `signal` says that the form is
      left. */
  constructor(form, { onChange, signal }) {
    this.#form = form;
    ({ forms: this.#forms, names: this.#names } = JSON.parse($('address-forms').textContent));
    this.#onChange = onChange;
    const { country } = form.elements;
    const showOther = () => { this.#show(); this.#onChange(addressParts); };
    country.addEventListener('change', showOther);
    // Browsers fill forms in again after a reload, and some after going back.
    addEventListener('pageshow', showOther, { signal });
    this.#show();
  }

  checks = {
    country: filled(say('missing-country')),
    address: filled(say('missing-address')),
    city: (value) => this.#check('city', value),
    state: (value) => this.#check('state', value),
    zip: (value) => this.#check('zip', value),
  };

  #check(part, value) { return isEmpty(value) ? this.#missing[part] ?? null : null; }

  #show() {
    const chosen = this.#form.elements.country.value;
    const [, ...names] = this.#forms.find(([countries]) => countries.split(' ').includes(chosen));
    addressParts.forEach((part, at) => this.#showPart(part, names[at]));
  }

  /** `name` as in "state-county!": with the mark it must be given; without a name there is none. */
  #showPart(part, name) {
    const input = this.#form.elements[part];
    const field = input.closest('.field');
    const required = name.endsWith('!');
    const { label, missing } = this.#names[name.replace('!', '')] ?? {};
    this.#missing[part] = required ? missing : undefined;
    field.hidden = name === '';
    delete field.dataset.absent;
    input.disabled = name === '';
    input.required = required;
    if (label) field.querySelector('[data-label]').textContent = required ? label : say('field-optional', { label });
  }
}
