// ---- the card at Stripe ---------------------------------------------------------------------------

const unreachable = {
  title: say('card-form-not-loaded'),
  text: say('card-form-not-loaded-remedy'),
};

/** What a person is told about an error of Stripe's; `field` where it is about what they typed. */
function told(error) {
  if (error.code === 'setup_intent_authentication_failure') {
    return {
      title: say('card-bank-not-told'),
      text: say('card-other-remedy'),
    };
  }
  switch (error.type) {
    case 'validation_error':
      // What it is stands beside the field, in Stripe's form.
      return { field: say('card-incomplete') };
    case 'card_error':
      return {
        title: error.message ?? say('card-declined'),
        text: say('card-other-remedy'),
      };
    case 'api_connection_error':
      return {
        title: say('payment-unreachable'),
        text: say('payment-unreachable-remedy'),
      };
    default:
      return {
        title: say('card-not-checked'),
        text: say('card-not-checked-remedy'),
        again: true,
      };
  }
}

/** Stripe's card form in its place on the page. */
export class CardElement {
  #form; #options;
  #card = null;
  #opening = null;
  #complete = false;
  /** With which address the chosen card was checked: with another one it is to be checked anew. */
  #checkedFor = null;

  /** `billing` says who pays, `isShown` whether the place is in view, `isBusy` whether the form is being sent,
      `signal` that the page is left: from then on nothing is changed any more; `onChange` when how far the card
      is changes, `onOther` when another card takes its place, `onProblem` with what the person is to be told. */
  constructor(form, options) {
    this.#form = form;
    this.#options = { isShown: () => true, onChange() {}, onOther() {}, ...options };
    options.signal?.addEventListener('abort', () => this.close());
    this.onClick('payment-retry', () => this.open());
    this.onClick('payment-other', () => this.renew());
  }

  /** What is being checked and sent stays as it is until it is known what came of it. */
  onClick(id, act) { $(id).addEventListener('click', () => { if (!this.#options.isBusy()) act(); }); }

  get #isLeft() { return this.#options.signal?.aborted === true; }

  get isComplete() { return this.#complete || this.#method.value !== ''; }

  get #method() { return this.#form.elements.payment_method; }

  /** Opens it where it is not open, and a new one where the chosen card was checked for another address. */
  ask() {
    if (this.#checkedFor !== null && this.#checkedFor !== this.#address()) this.renew();
    else if (this.#card === null && this.#checkedFor === null) this.open();
  }

  /** An empty card form, at once or when it is come to: a token that was used cannot be used again. */
  renew() {
    this.close();
    this.#method.value = '';
    this.#checkedFor = null;
    this.#complete = false;
    this.#options.onOther();
    this.#options.onChange();
    if (this.#options.isShown()) this.open();
  }

  /** Has the card checked by Stripe. False: it was not, and the person was told why, unless they have left. */
  async ready() {
    if (this.#method.value !== '') return true;
    if (this.#card === null) {
      const waiting = $('payment-failed').hidden ? $('payment-title') : $('payment-failed-title');
      waiting.focus();
      return false;
    }
    const { token, error } = await this.#card.confirm(this.#options.billing()).catch(() => ({ error: {} }));
    if (this.#isLeft) return false;
    if (error) return this.#tell(told(error));
    this.#method.value = token;
    this.#checkedFor = this.#address();
    this.close();
    this.#say('chosen');
    return true;
  }

  #address() { return JSON.stringify(this.#options.billing().address); }

  #tell({ field, title, text, again }) {
    if (field) {
      $('payment_method-error').textContent = field;
      this.#card.focus();
    } else {
      this.#options.onProblem(title, text);
      if (again) this.renew();
    }
    return false;
  }

  open() {
    this.#opening ??= this.#openCard().finally(() => { this.#opening = null; });
    return this.#opening;
  }

  async #openCard() {
    this.#say('loading');
    try {
      this.#card = await CardForm.open(this.#form.dataset.scriptUrl, $('payment-element'), (complete) => {
        if (this.#isLeft) return;
        this.#complete = complete;
        $('payment_method-error').textContent = '';
        this.#options.onChange();
      });
      if (this.#isLeft) return this.close();
      this.#say('open');
    } catch (error) {
      if (this.#isLeft) return;
      const { title, text } = error.title ? error : unreachable;
      $('payment-failed-title').textContent = title;
      $('payment-failed-text').textContent = text;
      this.#say('failed');
      if (this.#options.isShown()) $('payment-failed-title').focus();
    }
  }

  close() {
    this.#card?.close();
    this.#card = null;
    this.#form.querySelector('#payment-element').replaceChildren();
  }

  /** Of what the place of the card form can hold, one thing is shown. */
  #say(state) {
    $('payment_method').dataset.state = state;
    $('payment-loading').hidden = state !== 'loading';
    $('payment-loading').textContent = state === 'loading' ? say('card-form-loading') : '';
    $('payment-chosen').hidden = state !== 'chosen';
    $('payment-failed').hidden = state !== 'failed';
    $('payment_method-error').textContent = '';
  }
}

/** The same as a step of its own in the one form, after the details. */
export class Payment extends CardElement {
  #form; #fields; #onStep;

  /** `onStep` when the step changes. */
  constructor(form, options) {
    super(form, { ...options, billing: () => this.#billing(), isShown: () => this.isShown });
    this.#form = form;
    this.#fields = form.elements;
    this.#onStep = options.onStep;
    this.onClick('payment-back', () => this.back());
  }

  get isShown() { return this.#form.dataset.step === 'payment'; }

  /** From the details to the card. */
  show() {
    const { email, first_name: first, last_name: last, address, city } = this.#fields;
    $('payment-who').textContent = email.value.trim();
    $('payment-where').textContent = [
      `${first.value.trim()} ${last.value.trim()}`, address.value.trim(), city.value.trim(),
    ].filter((text) => text !== '').join(', ');
    this.#form.dataset.step = 'payment';
    this.#onStep();
    scrollTo(0, 0);
    $('payment-title').focus();
    this.ask();
  }

  /** Back to the details. The card form stays as it is. */
  back() {
    this.#form.dataset.step = 'details';
    this.#onStep();
    scrollTo(0, 0);
    this.#fields.email.focus();
  }

  #billing() {
    // What the country's addresses do not have is not asked for.
    const value = (name) => (this.#fields[name].disabled ? '' : this.#fields[name].value.trim());
    return {
      name: `${value('first_name')} ${value('last_name')}`,
      email: value('email'),
      address: {
        line1: value('address'),
        line2: value('address_line2'),
        city: value('city'),
        state: value('state'),
        postal_code: value('zip'),
        country: value('country'),
      },
    };
  }
}
