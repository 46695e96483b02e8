// The ledger in motion: shows each step as it is done, and each undo in reverse. And what every page with
// a registration needs: its sentences, a message above the rest, and how the registration stands.
// Changes are paced so that they can be followed; with reduced motion they are shown at once.

const said = JSON.parse(document.getElementById('words').textContent);

/** A sentence in the page's language, with its values (messages/…/scripts.ftl). */
export const say = (id, values = {}) => said[id].replace(/\{\$([\w-]+)\}/g, (_, name) => values[name]);

/** Whether a form is sent only to be written in another language. */
export const isForLanguage = ({ submitter }) => submitter?.name === 'language';

const words = {
  waiting: say('state-waiting'), doing: say('state-doing'), done: say('state-done'), skipped: say('state-skipped'),
  failed: say('state-failed'), undoing: say('state-undoing'), undone: say('state-undone'),
};
const rank = { waiting: 0, doing: 1, done: 2, skipped: 2, failed: 3, undoing: 4, undone: 5 };
const pace_ms = { doing: 120, done: 220, skipped: 80, failed: 700, undoing: 260, undone: 420 };
const still = matchMedia('(prefers-reduced-motion: reduce)');

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, still.matches ? 0 : ms));

export class Ledger {
  #root; #lines; #template; #closing; #live;
  #queue = [];
  #known = new Map();
  #details = new Map();
  #working = null;

  constructor(root) {
    this.#root = root;
    this.#lines = root.querySelector('.ledger-lines');
    this.#template = root.querySelector('.ledger-template').content.firstElementChild;
    this.#closing = root.querySelector('.ledger-closing');
    this.#live = root.querySelector('.ledger-live');
    for (const line of this.#lines.children) {
      this.#known.set(line.dataset.step, line.dataset.state);
      this.#details.set(line.dataset.step, line.querySelector('.ledger-detail').textContent);
    }
  }

  get element() { return this.#root; }

  clear() {
    this.#lines.replaceChildren();
    this.#known.clear();
    this.#details.clear();
    this.#closing.hidden = true;
  }

  /** Takes what the server says about a step. Late and repeated news are ignored. */
  update(step) {
    const before = this.#known.get(step.step);
    if (before === undefined) {
      this.#lines.append(this.#template.cloneNode(true));
      this.#paint(this.#lines.lastElementChild, { ...step, state: 'waiting', detail: '' });
    } else if (rank[step.state] < rank[before]) {
      return;
    } else if (step.state === before) {
      // The same again, but for a figure that was not known when it was done.
      if (!step.detail || step.detail === this.#details.get(step.step)) return;
    }
    this.#known.set(step.step, step.state);
    this.#details.set(step.step, step.detail ?? '');
    if (step.state === 'waiting') return;
    this.#queue.push({ ...step, isNew: step.state !== before });
    this.#working ??= this.#work();
  }

  /** Takes all steps of a registration at once. What was undone is shown being done first. */
  show(steps) {
    const undone = (s) => s.state === 'undone' || s.state === 'undoing';
    const fresh = this.#known.size === 0;
    const all = steps.map((s) => ({ ...s }));
    for (const s of all) {
      if (fresh) this.update({ ...s, state: 'waiting', detail: '' });
    }
    for (const s of all) {
      if (fresh && undone(s)) this.update({ ...s, state: 'done', detail: '' });
      else if (!undone(s)) this.update(s);
    }
    for (const s of all.filter(undone).reverse()) this.update(s);
  }

  /** Resolves when the eye has caught up. */
  async settled() { while (this.#working) await this.#working; }

  close(sentence) {
    this.#closing.textContent = sentence;
    this.#closing.hidden = false;
    this.#live.textContent = sentence;
  }

  async #work() {
    // Not before it is known that there is work: else its end would be noted before its beginning.
    await null;
    while (this.#queue.length > 0) {
      const step = this.#queue.shift();
      const overtaken = this.#queue.some((later) => later.step === step.step);
      if (overtaken && (step.state === 'doing' || step.state === 'undoing')) continue;
      const line = [...this.#lines.children].find((l) => l.dataset.step === step.step);
      this.#paint(line, step);
      if (!step.isNew) continue;
      if (step.state !== 'doing' && step.state !== 'undoing') {
        this.#live.textContent = `${words[step.state]}: ${step.title}. ${step.detail ?? ''}`;
      }
      await pause(pace_ms[step.state]);
    }
    this.#working = null;
  }

  #paint(line, step) {
    line.dataset.step = step.step;
    line.dataset.state = step.state;
    line.querySelector('.ledger-words').textContent = words[step.state];
    line.querySelector('.ledger-title').textContent = step.title;
    line.querySelector('.ledger-detail').textContent = step.detail ?? '';
  }
}

/** A message in the place kept for it, `#notice`. */
export function showNotice(text, detail) {
  const notice = document.createElement('div');
  notice.className = 'notice';
  notice.dataset.kind = 'error';
  notice.tabIndex = -1;
  const word = Object.assign(document.createElement('span'), { className: 'visually-hidden', textContent: `${say('notice-error')} ` });
  const head = Object.assign(document.createElement('p'), { className: 'notice-title' });
  head.append(word, text);
  notice.append(head);
  if (detail) notice.append(Object.assign(document.createElement('p'), { className: 'notice-text', textContent: detail }));
  document.getElementById('notice').replaceChildren(notice);
  notice.focus();
}

const resting = (status) => !['running', 'undoing', 'pending'].includes(status);

/** How a registration stands. */
export async function read(id) {
  const body = await readWhole(id);
  return body.registration ?? body;
}

/** The same with what was said on the journey, for whoever may see that. */
export async function readWhole(id) {
  const answer = await fetch(`/api/registrations/${id}`, {
    headers: { Accept: 'application/json' }, cache: 'no-store', credentials: 'same-origin',
  });
  if (!answer.ok) throw Object.assign(new Error(`registration: ${answer.status}`), { status: answer.status });
  return answer.json();
}

/** Has the person's bank ask them (`bank.js`, which is loaded no sooner), and returns how the registration
    stands, with a sentence where the question is still open. */
export async function askBank(id, scriptUrl) {
  try {
    const { ask } = await import('./bank.js');
    return await ask(id, scriptUrl);
  } catch {
    return { problem: say('bank-not-asked') };
  }
}

/** Follows a registration until it rests or waits for the person, by events, else by asking; or until `signal`
    says that nobody looks any more. */
export function watch(id, { onStep, onStatus, onEnd, onLost, signal }) {
  let over = false;
  const end = (registration) => {
    if (over) return;
    over = true;
    source.close();
    onEnd(registration);
  };
  const ask = async () => {
    if (over) return;
    try {
      const registration = await read(id);
      if (over) return;
      if (resting(registration.status)) return end(registration);
      onStatus(registration.status);
      for (const step of registration.steps) onStep(step);
    } catch (error) {
      if ([401, 403, 404].includes(error.status)) { over = true; return onLost(); }
    }
    setTimeout(ask, 1000);
  };
  const source = new EventSource(`/api/registrations/${id}/events`);
  source.addEventListener('step', (event) => {
    const step = JSON.parse(event.data);
    if (step.status) onStatus(step.status);
    onStep(step);
  });
  source.addEventListener('end', (event) => {
    const body = JSON.parse(event.data);
    end(body.registration ?? body);
  });
  source.addEventListener('error', () => { source.close(); ask(); }, { once: true });
  signal?.addEventListener('abort', () => { over = true; source.close(); });
}

// Times in the reader's own zone; the time in UTC stays as the tooltip.
const local = new Intl.DateTimeFormat(document.documentElement.dataset.locale, {
  day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
});

/** Those that are on the page now. */
export function localise() {
  for (const time of document.querySelectorAll('time[data-local]')) {
    if (time.title) continue;
    time.title = time.textContent;
    time.textContent = local.format(new Date(time.dateTime));
  }
}

localise();
