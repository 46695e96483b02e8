// ---- the password -------------------------------------------------------------------------------

/** How long nobody has typed before the server is asked, and before a screen reader is told. */
const JUDGED_AFTER_MS = 350;
const TOLD_AFTER_MS = 1000;

/** One password, shown and hidden by a button, with its strength while it is chosen. The verdict is the
    server's own, by the rule by which it will accept or refuse: this script only counts characters. */
class PasswordField {
  #form; #input; #meter = $('password-strength'); #words = $('password-strength-words'); #live = $('password-live');
  #least; #toggle = $('password-toggle'); #onVerdict;
  /** What was judged, and how: `{ strength, message }`. */
  #judged = null;
  #verdict = null;
  #timer; #telling; #asking;

  /** `onVerdict` when the server has judged what stands in the field. */
  constructor(form, { onVerdict }) {
    this.#form = form;
    this.#input = form.elements.password;
    this.#least = Number(this.#input.dataset.minLength);
    this.#onVerdict = onVerdict;
    this.#toggle.addEventListener('click', () => this.reveal(this.#input.type === 'password'));
    this.#input.addEventListener('input', () => this.#later());
    // A password with one's name in it is refused, whichever was typed first.
    form.addEventListener('focusout', ({ target: { name } }) => { if (name in this.#about()) this.#later(); });
    this.#later();
  }

  checks = {
    password: (value) => {
      const missing = this.#missing(value);
      if (value === '') return say('missing-password');
      if (missing > 0) return say('short-password', { least: this.#least, missing });
      return this.#judged === this.#question() && this.#verdict.strength === 'refused' ? this.#verdict.message : null;
    },
  };

  /** Shows or hides what was typed. */
  reveal(shown) {
    this.#input.type = shown ? 'text' : 'password';
    this.#toggle.setAttribute('aria-pressed', String(shown));
    this.#toggle.querySelector('[data-word]').textContent = shown ? say('password-hide') : say('password-show');
  }

  /** Nothing is said of a field that was emptied. */
  forget() {
    this.#judged = null;
    this.#later();
  }

  #missing(value) { return this.#least - [...value].length; }

  /** What must not be in the password: what the form asks for, or what was said before. */
  #about() {
    const { dataset, elements } = this.#form;
    if (dataset.about) return JSON.parse(dataset.about);
    return Object.fromEntries(['email', 'first_name', 'last_name'].map((name) => [name, elements[name].value]));
  }

  #question() { return new URLSearchParams({ password: this.#input.value, ...this.#about() }).toString(); }

  #later() {
    clearTimeout(this.#timer);
    const { value } = this.#input;
    const missing = this.#missing(value);
    if (value === '') return this.#show('', '');
    if (missing > 0) return this.#show('short', say('password-missing', { missing }));
    if (this.#judged === this.#question()) return this.#show(this.#verdict.strength, this.#verdict.words);
    this.#show('judging', '');
    this.#timer = setTimeout(() => this.#judge(), JUDGED_AFTER_MS);
  }

  async #judge() {
    const question = this.#question();
    this.#asking?.abort();
    this.#asking = new AbortController();
    let verdict = null;
    try {
      const answer = await fetch('/password-strength', {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
        body: question,
        signal: this.#asking.signal,
      });
      if (answer.ok) verdict = await answer.json();
    } catch {
      // Out of reach, or something else was typed meanwhile: without a verdict nothing is claimed.
    }
    if (question !== this.#question()) return;
    if (verdict === null) return this.#show('', '');
    const words = { good: say('password-good'), strong: say('password-strong'), refused: verdict.message };
    this.#judged = question;
    this.#verdict = { ...verdict, words: words[verdict.strength] };
    this.#show(verdict.strength, this.#verdict.words);
    this.#onVerdict();
  }

  #show(strength, words) {
    this.#meter.dataset.strength = strength;
    this.#words.textContent = words;
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => {
      if (this.#live.textContent !== words) this.#live.textContent = words;
    }, TOLD_AFTER_MS);
  }
}
