// ---- a form ---------------------------------------------------------------------------------------

const errorPrefix = say('page-title-error', { title: '' });

/** A form's fields: checked on leaving, cleared while they are being fixed, and everything that is wrong in one
    list above. Address of a mailbox, password and postal address come with what helps to fill them in. */
export class Fields {
  #form; #fields; #checks; #isLive; #isComplete; #password;
  #touched = new Set();
  #title = document.title.startsWith(errorPrefix) ? document.title.slice(errorPrefix.length) : document.title;

  /** `checks` of further fields: each takes a field's value and returns what is wrong with it, or null. `isLive`
      says of a field whether it is sent and counts, `isComplete` of a section whether something else is missing
      there. `signal` says that the form is left. */
  constructor(form, { checks = {}, isLive = () => true, isComplete = () => true, signal } = {}) {
    this.#form = form;
    this.#fields = form.elements;
    this.#isLive = isLive;
    this.#isComplete = isComplete;
    const parts = this.#parts(signal);
    const all = Object.assign({}, ...parts.map((part) => part.checks), nameChecks, checks);
    // In the order of the page.
    const names = Array.from(this.#fields, ({ name }) => name).filter((name) => Object.hasOwn(all, name));
    this.#checks = Object.fromEntries(names.map((name) => [name, all[name]]));
    // Sent in order to be written in another language, a form need not be in order: that is the browser's alone.
    form.addEventListener('submit', (event) => { if (isForLanguage(event)) event.stopImmediatePropagation(); });
    form.addEventListener('focusout', ({ target }) => {
      if (this.#checks[target.name] && this.#touched.has(target.name)) this.mark(target.name, this.problem(target.name));
    });
    form.addEventListener('input', ({ target }) => {
      if (!target.name) return;
      this.#touched.add(target.name);
      if ($(`${target.name}-error`)?.textContent) this.mark(target.name, null);
      this.markSections();
    });
    this.#leadToFields();
  }

  /** The fields that have a part of their own in this script, as far as the form has them. */
  #parts(signal) {
    const { email, password, country } = this.#fields;
    const recheck = (names) => {
      if (signal?.aborted) return;
      this.recheck(names);
      this.markSections();
    };
    this.#password = password && new PasswordField(this.#form, { onVerdict: () => recheck(['password']) });
    return [
      email && new EmailField(this.#form),
      this.#password,
      country && new AddressFields(this.#form, { onChange: recheck, signal }),
    ].filter(Boolean);
  }

  /** The page's title without what is wrong. */
  get title() { return this.#title; }

  /** Whether a field of that name is checked here. */
  has(name) { return name in this.#checks; }

  /** What is wrong with a field, or null. */
  problem(name) {
    const field = this.#fields[name];
    return field.matches(':disabled') || !this.#isLive(field) ? null : this.#checks[name](field.value);
  }

  mark(name, message) {
    const input = name === 'plan' ? $('plan').closest('fieldset') : this.#fields[name];
    $(`${name}-error`).textContent = message ?? '';
    if (message) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  }

  /** Checks fields anew whose rule has changed, but not one that is being filled in. */
  recheck(names) {
    for (const name of names) {
      const isSaid = this.#touched.has(name) || $(`${name}-error`).textContent !== '';
      if (isSaid && document.activeElement !== this.#fields[name]) this.mark(name, this.problem(name));
    }
  }

  /** Empties fields, as if nothing had been typed there. */
  forget(names) {
    for (const name of names) {
      this.#fields[name].value = '';
      this.#touched.delete(name);
      this.mark(name, null);
    }
    if (names.includes('password')) this.#password.forget();
  }

  /** Everything that is wrong, marked where it is. */
  check() {
    return Object.keys(this.#checks).flatMap((name) => {
      const message = this.problem(name);
      if ($(`${name}-error`)) this.mark(name, message);
      return message ? [{ name, message }] : [];
    });
  }

  /** A section is done when it and all before it are. */
  markSections() {
    let complete = true;
    for (const section of this.#form.querySelectorAll('[data-section]')) {
      if (section.disabled) continue;
      complete &&= Object.keys(this.#checks)
        .every((name) => !section.contains(this.#fields[name]) || this.problem(name) === null);
      complete &&= this.#isComplete(section);
      section.querySelector('legend').dataset.state = complete ? 'done' : 'waiting';
    }
  }

  // ---- messages ---------------------------------------------------------------------------------

  /** Lists what is wrong, each with the way there; a form without a list has one field, which is gone to. */
  showErrors(errors) {
    document.title = errorPrefix + this.#title;
    for (const { name, message } of errors) if (name) this.mark(name, message);
    if (!$('error-summary')) return this.#fields[errors[0].name].focus();
    $('error-list').replaceChildren(...errors.map(({ name, message }) => {
      const item = document.createElement('li');
      if (name) {
        const link = document.createElement('a');
        link.href = `#${name}`;
        link.textContent = message;
        item.append(link);
      } else {
        item.textContent = message;
      }
      return item;
    }));
    $('error-summary').hidden = false;
    $('error-summary').focus();
  }

  /** Says what happened and what to do, above the form. */
  showNotice(text, detail) {
    document.title = errorPrefix + this.#title;
    showNotice(text, detail);
  }

  clearMessages() {
    $('notice')?.replaceChildren();
    if ($('error-summary')) $('error-summary').hidden = true;
    document.title = this.#title;
  }

  /** To what the page says first: what is wrong. */
  focusMessage() {
    const summary = $('error-summary');
    if (summary && !summary.hidden) summary.focus();
    else document.querySelector('#notice .notice')?.focus();
  }

  // A fragment alone does not reach an input in every browser.
  #leadToFields() {
    $('error-list')?.addEventListener('click', (event) => {
      const link = event.target.closest('a');
      if (!link) return;
      event.preventDefault();
      const target = $(link.hash.slice(1));
      (target.id === 'plan' ? target.querySelector(':checked') ?? target.querySelector('input') : target).focus();
    });
  }

  hidePassword() { this.#password.reveal(false); }
}

/** A step of the journey that is nothing but fields: the address, and names with the billing address. */
export function start({ root, signal }) {
  const form = root.querySelector('form');
  const fields = new Fields(form, { signal });
  form.addEventListener('submit', (event) => {
    const errors = fields.check();
    fields.clearMessages();
    if (errors.length === 0) return;
    event.preventDefault();
    fields.showErrors(errors);
  });
  // What the server found has the first word; a single field is the place to go.
  const wrong = form.querySelector('[aria-invalid=true]');
  if (wrong && !$('error-summary')) wrong.focus();
}
