// ---- a form that is checked ---------------------------------------------------------------------

const errorPrefix = say('page-title-error', { title: '' });

/** Checks a form's fields when they are left, clears what is said while it is being put right, and lists what is
    wrong on top. A check takes a field's value and returns what is wrong with it, or null. */
export class CheckedForm {
  #form; #checks; #options;
  #touched = new Set();
  #summary = $('error-summary');
  title = document.title.startsWith(errorPrefix) ? document.title.slice(errorPrefix.length) : document.title;

  /** `onInput` when something was typed or chosen, `onErrors` with what is wrong before it is shown. */
  constructor(form, checks, options = {}) {
    this.#form = form;
    this.#checks = checks;
    this.#options = options;
    form.addEventListener('focusout', ({ target: { name } }) => {
      if (this.#touched.has(name) && checks[name]) this.mark(name, this.problem(name));
    });
    form.addEventListener('input', ({ target: { name } }) => {
      if (!name) return;
      this.#touched.add(name);
      if ($(`${name}-error`)?.textContent) this.mark(name, null);
      options.onInput?.();
    });
    // A fragment alone does not reach an input in every browser.
    $('error-list').addEventListener('click', (event) => {
      const link = event.target.closest('a');
      if (!link) return;
      event.preventDefault();
      const target = $(link.hash.slice(1));
      (target.querySelector(':checked') ?? target).focus();
    });
    if (!this.#summary.hidden) this.#summary.focus();
  }

  /** The names of the fields with a check. */
  get names() { return Object.keys(this.#checks); }

  /** What is wrong with a field, or null; a field that is not asked for is in order. */
  problem(name) {
    const field = this.#form.elements[name];
    return field && !field.matches(':disabled') ? this.#checks[name](field.value) : null;
  }

  /** Says what is wrong with a field beside it, or that nothing is. */
  mark(name, message) {
    const field = this.#form.elements[name];
    $(`${name}-error`).textContent = message ?? '';
    if (!(field instanceof Element)) return;
    if (message) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  }

  /** Checks fields anew whose value or rule has changed, but not one that is being filled in. */
  recheck(names) {
    for (const name of names) {
      const isSaid = this.#touched.has(name) || $(`${name}-error`).textContent !== '';
      if (isSaid && document.activeElement !== this.#form.elements[name]) this.mark(name, this.problem(name));
    }
  }

  /** Empties fields, as if nobody had been there. */
  forget(names) {
    for (const name of names) {
      this.#form.elements[name].value = '';
      this.#touched.delete(name);
      this.mark(name, null);
    }
  }

  /** Checks every field and marks it. What is wrong: name and message of each. */
  check() {
    return this.names.flatMap((name) => {
      const message = this.problem(name);
      if ($(`${name}-error`)) this.mark(name, message);
      return message ? [{ name, message }] : [];
    });
  }

  /** Lists what is wrong on top, with a link to each field, and takes the focus there. A name of null is a
      field that the form does not have. */
  show(errors) {
    this.#options.onErrors?.(errors);
    $('error-list').replaceChildren(...errors.map(({ name, message }) => {
      const item = document.createElement('li');
      if (name) this.mark(name, message);
      item.append(name ? Object.assign(document.createElement('a'), { href: `#${name}`, textContent: message }) : message);
      return item;
    }));
    this.#summary.hidden = false;
    this.prefixTitle();
    this.#summary.focus();
  }

  prefixTitle() { document.title = errorPrefix + this.title; }

  /** Takes the list on top away. */
  clear() {
    this.#summary.hidden = true;
    document.title = this.title;
  }
}
