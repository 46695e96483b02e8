// ---- the payment step ---------------------------------------------------------------------------

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

/** Stripe's card form, opened once the visitor gets there. */
export class Payment {
  #form; #fields; #options;
  #card = null;
  #opening = null;
  #complete = false;
  /** With which address the chosen card was checked: with another one it is to be checked anew. */
  #checkedFor = null;

  /** `isBusy` while the form is being sent, `onChange` when how far the card is changes, `onOther` when another
      card takes its place. */
  constructor(form, options) {
    this.#form = form;
    this.#fields = form.elements;
    this.#options = options;
    // What is being checked and sent stays as it is until it is known what came of it.
    const onClick = (id, act) => $(id).addEventListener('click', () => { if (!options.isBusy()) act(); });
    onClick('payment-back', () => this.back());
    onClick('payment-retry', () => this.#open());
    onClick('payment-other', () => this.renew());
  }

  get isShown() { return this.#form.dataset.step === 'payment'; }

  get isComplete() { return this.#complete || this.#fields.payment_method.value !== ''; }

  /** From the details to the card. */
  show() {
    const { email, first_name: first, last_name: last, address, city } = this.#fields;
    $('payment-who').textContent = email.value.trim();
    $('payment-where').textContent = [
      `${first.value.trim()} ${last.value.trim()}`, address.value.trim(), city.value.trim(),
    ].filter((text) => text !== '').join(', ');
    this.#form.dataset.step = 'payment';
    this.#options.onStep();
    scrollTo(0, 0);
    $('payment-title').focus();
    if (this.#checkedFor !== null && this.#checkedFor !== JSON.stringify(this.#billing().address)) this.renew();
    else if (this.#card === null && this.#checkedFor === null) this.#open();
  }

  /** Back to the details. The card form stays as it is. */
  back() {
    this.#form.dataset.step = 'details';
    this.#options.onStep();
    scrollTo(0, 0);
    this.#fields.email.focus();
  }

  /** An empty card form, at once or when it is come to: a token that was used cannot be used again. */
  renew() {
    this.#close();
    this.#fields.payment_method.value = '';
    this.#checkedFor = null;
    this.#complete = false;
    this.#options.onOther();
    this.#options.onChange();
    if (this.isShown) this.#open();
  }

  /** Has the card checked by Stripe. False: it was not, and the person was told why. */
  async ready() {
    if (this.#fields.payment_method.value !== '') return true;
    if (this.#card === null) {
      const waiting = $('payment-failed').hidden ? $('payment-title') : $('payment-failed-title');
      waiting.focus();
      return false;
    }
    const billing = this.#billing();
    const { token, error } = await this.#card.confirm(billing).catch(() => ({ error: {} }));
    if (error) return this.#tell(told(error));
    this.#fields.payment_method.value = token;
    this.#checkedFor = JSON.stringify(billing.address);
    this.#close();
    this.#say('chosen');
    return true;
  }

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

  #open() {
    this.#opening ??= this.#openCard().finally(() => { this.#opening = null; });
    return this.#opening;
  }

  async #openCard() {
    this.#say('loading');
    try {
      const { CardForm } = await import('./stripe.js');
      this.#card = await CardForm.open(this.#form.dataset.scriptUrl, $('payment-element'), (complete) => {
        this.#complete = complete;
        $('payment_method-error').textContent = '';
        this.#options.onChange();
      });
      this.#say('open');
    } catch (error) {
      const { title, text } = error.title ? error : unreachable;
      $('payment-failed-title').textContent = title;
      $('payment-failed-text').textContent = text;
      this.#say('failed');
      if (this.isShown) $('payment-failed-title').focus();
    }
  }

  #close() {
    this.#card?.close();
    this.#card = null;
    $('payment-element').replaceChildren();
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
