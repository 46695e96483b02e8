// ---- Stripe.js ------------------------------------------------------------------------------------

// Loaded once somebody pays, and no sooner; what it draws looks like the rest of the page.

const script_within_ms = 20_000;
const dark = matchMedia('(prefers-color-scheme: dark)');

let loading = null;

/** The function `Stripe`, once the script is there. Where that failed, it may be asked for again. */
function load(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: url, async: true });
    const fail = () => {
      script.remove();
      loading = null;
      reject(new Error('Stripe.js could not be loaded'));
    };
    const patience = setTimeout(fail, script_within_ms);
    script.addEventListener('error', () => { clearTimeout(patience); fail(); });
    script.addEventListener('load', () => {
      clearTimeout(patience);
      if (window.Stripe) resolve(window.Stripe);
      else fail();
    });
    document.head.append(script);
  });
  return loading;
}

const opened = new Map();

/** Stripe with a publishable key: one for each, however often it is asked for. */
async function open(scriptUrl, publishableKey) {
  const stripe = await load(scriptUrl);
  if (!opened.has(publishableKey)) opened.set(publishableKey, stripe(publishableKey, { locale: document.documentElement.lang }));
  return opened.get(publishableKey);
}

/** Our colours and sizes as Stripe's Appearance API names them. */
function appearance() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const ring = `0 0 0 1px ${token('accent')}`;
  return {
    theme: dark.matches ? 'night' : 'stripe',
    variables: {
      colorPrimary: token('accent'),
      colorBackground: token('surface'),
      colorText: token('ink'),
      colorTextSecondary: token('ink-2'),
      colorTextPlaceholder: token('ink-3'),
      colorDanger: token('error'),
      colorSuccess: token('done'),
      fontFamily: token('sans'),
      fontSizeBase: '16px',
      fontSizeSm: '16px',
      borderRadius: token('corner'),
      spacingUnit: '4px',
      gridRowSpacing: '16px',
    },
    rules: {
      '.Input': { border: `1px solid ${token('edge')}`, boxShadow: 'none', padding: '11px 12px' },
      '.Input:focus': { border: `1px solid ${token('accent')}`, boxShadow: ring },
      '.Input--invalid': { border: `1px solid ${token('error')}`, boxShadow: 'none' },
      '.Label': { fontWeight: '550', color: token('ink') },
      '.Error': { fontSize: '13.33px', fontWeight: '550' },
    },
  };
}

/** Card fields of Stripe's, in its own frame: what is typed there goes to Stripe and never here. */
export class CardForm {
  #stripe; #elements; #element; #clientSecret;
  #restyle = () => this.#elements.update({ appearance: appearance() });

  /** Opens them in `place`; rejected with a `title` and a `text` for the person where that fails. */
  static async open(scriptUrl, place, onChange) {
    const answer = await fetch('/api/setup-intents', {
      method: 'POST', headers: { Accept: 'application/json' }, credentials: 'same-origin',
    });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(body.title), { title: body.title, text: body.detail });
    const stripe = await open(scriptUrl, body.publishable_key);
    return new CardForm(stripe, body.client_secret).#mount(place, onChange);
  }

  constructor(stripe, clientSecret) {
    this.#stripe = stripe;
    this.#clientSecret = clientSecret;
  }

  async #mount(place, onChange) {
    this.#elements = this.#stripe.elements({ clientSecret: this.#clientSecret, appearance: appearance() });
    // Who pays and where they live is in our form already, and is sent along.
    this.#element = this.#elements.create('payment', {
      fields: { billingDetails: { name: 'never', email: 'never', address: 'never' } },
      wallets: { applePay: 'never', googlePay: 'never' },
    });
    dark.addEventListener('change', this.#restyle);
    const ready = new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error('the card form did not open')), script_within_ms);
      const settle = (then) => (value) => { clearTimeout(patience); then(value); };
      this.#element.on('ready', settle(resolve));
      this.#element.on('loaderror', settle(({ error }) => reject(new Error(error?.message))));
    });
    this.#element.on('change', ({ complete }) => onChange(complete));
    this.#element.mount(place);
    try {
      await ready;
    } catch (error) {
      this.close();
      throw error;
    }
    return this;
  }

  focus() { this.#element.focus(); }

  close() {
    dark.removeEventListener('change', this.#restyle);
    this.#element.destroy();
  }

  /** The token of the card, `pm_…`, or Stripe's error. The bank may ask the person, in a frame. */
  async confirm(billingDetails) {
    const { error: incomplete } = await this.#elements.submit();
    if (incomplete) return { error: incomplete };
    const { error, setupIntent } = await this.#stripe.confirmSetup({
      elements: this.#elements,
      clientSecret: this.#clientSecret,
      redirect: 'if_required',
      confirmParams: {
        return_url: location.href,
        payment_method_data: { billing_details: billingDetails },
      },
    });
    // A second press may find that the first has succeeded.
    const intent = setupIntent ?? error?.setup_intent;
    if (intent?.status !== 'succeeded') return { error: error ?? { type: 'api_error' } };
    return { token: intent.payment_method.id ?? intent.payment_method };
  }
}

/** Has the bank ask the person. Stripe's error, where they refused or nobody could be asked. */
export async function confirmPayment(scriptUrl, publishableKey, clientSecret) {
  const stripe = await open(scriptUrl, publishableKey);
  const { error } = await stripe.confirmCardPayment(clientSecret);
  return error ?? null;
}
