// An emulation of Stripe.js, as far as the service's pages use it: a card is typed into a frame of the fake's own
// origin and never reaches the page. Works under a Content-Security-Policy that allows only this origin for
// scripts, frames and connections; styles are set through the CSSOM.
(() => {
  'use strict';

  const origin = new URL(document.currentScript.src).origin;

  /** A frame of the fake's, and messages to and from it, of which only those from that frame count. */
  class Frame {
    constructor(path, facts, title) {
      const fragment = new URLSearchParams({ ...facts, origin: window.location.origin });
      this.element = document.createElement('iframe');
      this.element.src = `${origin}${path}#${fragment}`;
      this.element.title = title;
      this.element.allow = 'payment *';
      Object.assign(this.element.style, { border: '0', width: '100%', display: 'block' });
      this.handlers = new Map();
      this.answers = new Map();
      this.ready = new Promise((resolve) => this.on('ready', resolve));
      this.listener = (event) => this.receive(event);
      window.addEventListener('message', this.listener);
    }

    receive(event) {
      if (event.origin !== origin || event.source !== this.element.contentWindow) return;
      const { type, request, value } = event.data;
      if (type === 'answer') {
        this.answers.get(request)?.(value);
        this.answers.delete(request);
      }
      for (const handler of this.handlers.get(type) ?? []) handler(value);
    }

    on(type, handler) {
      this.handlers.set(type, [...(this.handlers.get(type) ?? []), handler]);
    }

    async ask(type, value = {}) {
      await this.ready;
      const request = crypto.getRandomValues(new Uint32Array(2)).join('-');
      const answer = new Promise((resolve) => this.answers.set(request, resolve));
      this.element.contentWindow.postMessage({ type, request, value }, origin);
      return answer;
    }

    remove() {
      window.removeEventListener('message', this.listener);
      this.element.remove();
    }
  }

  class PaymentElement {
    constructor(key, options) {
      this.key = key;
      this.options = options;
      this.handlers = new Map();
      this.frame = null;
    }

    mount(target) {
      const place = typeof target === 'string' ? document.querySelector(target) : target;
      if (!place) throw new Error(`Stripe.js (emulated): there is no ${target} to mount the element in`);
      this.unmount();
      this.frame = new Frame('/_client/element', { key: this.key }, 'Secure payment input frame');
      this.frame.element.style.height = '15rem';
      for (const type of ['ready', 'change', 'focus', 'blur']) {
        this.frame.on(type, (value) => this.emit(type, value));
      }
      this.frame.on('ready', () => this.restyle());
      this.frame.on('size', ({ height }) => { this.frame.element.style.height = `${height}px`; });
      place.replaceChildren(this.frame.element);
      return this;
    }

    on(type, handler) {
      this.handlers.set(type, [...(this.handlers.get(type) ?? []), handler]);
      return this;
    }

    once(type, handler) {
      const once = (value) => { this.off(type, once); handler(value); };
      return this.on(type, once);
    }

    off(type, handler) {
      const left = (this.handlers.get(type) ?? []).filter((other) => handler && other !== handler);
      this.handlers.set(type, left);
      return this;
    }

    emit(type, value) {
      for (const handler of this.handlers.get(type) ?? []) handler({ elementType: 'payment', ...value });
    }

    update() {}

    /** The page's colours, as Stripe's Appearance API names them. */
    restyle() { this.frame?.ask('style', this.options.appearance?.variables ?? {}); }

    focus() { this.frame?.ask('focus'); }

    blur() {}

    clear() { this.frame?.ask('clear'); }

    collapse() {}

    unmount() {
      this.frame?.remove();
      this.frame = null;
      return this;
    }

    destroy() { return this.unmount(); }
  }

  class Elements {
    constructor(key, options) {
      this.key = key;
      this.options = options ?? {};
      this.payment = null;
    }

    create(kind) {
      if (kind !== 'payment') throw new Error(`Stripe.js (emulated): there is no element ${kind}`);
      this.payment = new PaymentElement(this.key, this.options);
      return this.payment;
    }

    getElement(kind) { return kind === 'payment' ? this.payment : null; }

    update(options) {
      Object.assign(this.options, options);
      this.payment?.restyle();
    }

    async fetchUpdates() { return {}; }

    /** Whether the card is complete, as far as can be seen without asking anybody. */
    async submit() {
      const frame = this.payment?.frame;
      if (!frame) return { error: integrationError('The payment element is not mounted.') };
      return frame.ask('validate');
    }
  }

  class Stripe {
    constructor(key) { this.key = key; }

    elements(options) { return new Elements(this.key, options); }

    async confirmSetup({ elements, clientSecret, confirmParams, redirect } = {}) {
      const secret = clientSecret ?? elements?.options.clientSecret;
      const frame = elements?.payment?.frame;
      if (!secret || !frame) return { error: integrationError('There is no client secret or no mounted element.') };
      const confirmed = await frame.ask('confirm', { clientSecret: secret });
      return this.finish(await this.settle(confirmed, secret), secret, { confirmParams, redirect });
    }

    async confirmPayment({ elements, clientSecret, confirmParams, redirect } = {}) {
      const secret = clientSecret ?? elements?.options.clientSecret;
      const settled = await this.confirmCardPayment(secret);
      return this.finish(settled, secret, { confirmParams, redirect });
    }

    async confirmCardPayment(clientSecret) {
      const path = `/_client/payment_intents/${idIn(clientSecret)}/confirm`;
      return this.settle(await this.post(path, { client_secret: clientSecret }), clientSecret);
    }

    async handleNextAction({ clientSecret }) {
      return this.settle(await this.retrieve(clientSecret), clientSecret);
    }

    async retrieveSetupIntent(clientSecret) { return this.retrieve(clientSecret); }

    async retrievePaymentIntent(clientSecret) { return this.retrieve(clientSecret); }

    /** Asks the person, where their bank does. */
    async settle(answer, clientSecret) {
      const intent = answer.setupIntent ?? answer.paymentIntent;
      return intent?.status === 'requires_action' ? this.challenge(clientSecret) : answer;
    }

    async challenge(clientSecret) {
      const frame = new Frame('/_client/challenge', { key: this.key, secret: clientSecret }, '3D Secure');
      Object.assign(frame.element.style, {
        position: 'fixed', inset: '0', width: '100vw', height: '100vh', zIndex: '2147483647',
      });
      const decided = new Promise((resolve) => frame.on('decided', resolve));
      document.body.append(frame.element);
      const answer = await decided;
      frame.remove();
      return answer;
    }

    /** Leaves the page, as Stripe does, unless the page has said that it wants to stay. */
    async finish(answer, clientSecret, { confirmParams, redirect }) {
      if (answer.error || redirect === 'if_required') return answer;
      if (!confirmParams?.return_url) return { error: integrationError('There is no return_url.') };
      const kind = answer.setupIntent ? 'setup_intent' : 'payment_intent';
      const address = new URL(confirmParams.return_url);
      address.searchParams.set(kind, idIn(clientSecret));
      address.searchParams.set(`${kind}_client_secret`, clientSecret);
      address.searchParams.set('redirect_status', 'succeeded');
      window.location.assign(address);
      return new Promise(() => {});
    }

    async retrieve(clientSecret) {
      const kind = clientSecret.startsWith('seti_') ? 'setup_intents' : 'payment_intents';
      const query = new URLSearchParams({ client_secret: clientSecret });
      return this.fetch(`/_client/${kind}/${idIn(clientSecret)}?${query}`, {});
    }

    async post(path, body) {
      return this.fetch(path, { method: 'POST', body: JSON.stringify(body) });
    }

    async fetch(path, options) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.key}` };
      try {
        const answer = await window.fetch(`${origin}${path}`, { ...options, headers });
        return await answer.json();
      } catch {
        return { error: { type: 'api_connection_error', message: 'The gateway could not be reached.' } };
      }
    }
  }

  const idIn = (clientSecret) => String(clientSecret).split('_secret_')[0];

  const integrationError = (message) => ({ type: 'invalid_request_error', message });

  window.Stripe = (key, _options) => {
    if (!/^pk_/.test(key ?? '')) throw new Error('Stripe.js (emulated): a publishable key begins with pk_');
    return new Stripe(key);
  };
  window.Stripe.version = 'endive';
})();
