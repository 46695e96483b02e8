// ---- the e-mail address -------------------------------------------------------------------------

/** Where most addresses are. Each is right as it is, and what comes close to one may be meant to be it. */
const mailDomains = (
  'gmail.com googlemail.com yahoo.com ymail.com hotmail.com outlook.com live.com msn.com icloud.com me.com mac.com '
  + 'aol.com mail.com email.com proton.me protonmail.com fastmail.com hey.com zoho.com comcast.net verizon.net att.net '
  + 'sbcglobal.net cox.net bellsouth.net yahoo.co.uk hotmail.co.uk live.co.uk btinternet.com sky.com yahoo.ca shaw.ca '
  + 'rogers.com bigpond.com yahoo.com.au gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de posteo.de '
  + 'mailbox.org arcor.de yahoo.de hotmail.de outlook.de live.de bluewin.ch orange.fr wanadoo.fr free.fr sfr.fr '
  + 'laposte.net yahoo.fr hotmail.fr libero.it yahoo.it hotmail.it hotmail.es yahoo.es telenet.be ziggo.nl wp.pl o2.pl '
  + 'seznam.cz mail.ru yandex.ru qq.com 163.com 126.com naver.com yahoo.co.jp yahoo.co.in rediffmail.com uol.com.br'
).split(' ');

/** Endings that no domain has, and what is meant. */
const wrongEndings = {
  con: 'com', cmo: 'com', ocm: 'com', comm: 'com', coom: 'com', vom: 'com', xom: 'com', cpm: 'com', cim: 'com',
  nett: 'net', ner: 'net', nte: 'net', orgg: 'org', ogr: 'org', rog: 'org', dee: 'de', 'co.k': 'co.uk', 'couk': 'co.uk',
};

/** Providers, by what stands before the first dot: many have a domain in each of many countries, which is no slip. */
const providers = new Set(mailDomains.map((domain) => domain.split('.')[0]));

/** The endings of countries, but for those that are more often what is left of "com". */
const ofCountry = /^(?!co$|cm$|om$)(?:com?\.)?[a-z]{2}$/;

/** How long nobody has typed before a slip is asked about, where the field is not left. */
const ASKED_AFTER_MS = 800;

/** From this many characters on, a domain with two slips is still recognised. */
const LONG_DOMAIN = 9;

/** How many letters were left out, put in, exchanged or swapped with their neighbour between two texts. */
function slips(one, other) {
  const row = (i) => Array.from({ length: other.length + 1 }, (_, j) => (i === 0 ? j : i));
  const rows = Array.from({ length: one.length + 1 }, (_, i) => row(i));
  for (let i = 1; i <= one.length; i++) {
    for (let j = 1; j <= other.length; j++) {
      const differs = Number(one[i - 1] !== other[j - 1]);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs);
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[one.length][other.length];
}

/** The address that was probably meant, or null. */
function probableAddress(address) {
  const [, local, typed] = /^([^\s@]+)@([^\s@]+)$/.exec(address.trim()) ?? [];
  if (!typed) return null;
  const domain = typed.toLowerCase();
  if (mailDomains.includes(domain)) return null;
  const [, name, ending] = /^([^.]+)\.(.+)$/.exec(domain) ?? [];
  const mended = Object.hasOwn(wrongEndings, ending) ? `${name}.${wrongEndings[ending]}` : domain;
  if (mended === domain && providers.has(name) && ofCountry.test(ending)) return null;
  const counted = mailDomains.map((known) => [known, slips(mended, known)]);
  const [nearest, count] = counted.reduce((least, one) => (one[1] < least[1] ? one : least));
  if (count <= (nearest.length < LONG_DOMAIN ? 1 : 2)) return `${local}@${nearest}`;
  return mended === domain ? null : `${local}@${mended}`;
}

const looksLikeAddress = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

/** Asks about a slip in an address once it seems to be typed: a suggestion, which a button takes. */
class EmailField {
  #input; #suggestion = $('email-suggestion'); #timer;

  constructor(form) {
    this.#input = form.elements.email;
    this.#input.addEventListener('input', () => {
      this.#suggestion.replaceChildren();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#suggest(), ASKED_AFTER_MS);
    });
    this.#input.addEventListener('focusout', () => this.#suggest());
  }

  checks = {
    email: (value) => {
      if (isEmpty(value)) return say('missing-email');
      return looksLikeAddress.test(value.trim()) ? null : say('wrong-email');
    },
  };

  #suggest() {
    const address = probableAddress(this.#input.value);
    if (address === null || address === this.#suggestion.dataset.address && this.#suggestion.hasChildNodes()) return;
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'suggested', textContent: address });
    button.addEventListener('click', () => this.#take(address));
    const [before, after] = say('email-suggestion', { address: '\n' }).split('\n');
    this.#suggestion.dataset.address = address;
    this.#suggestion.replaceChildren(before, button, after);
  }

  #take(address) {
    this.#input.value = address;
    this.#input.dispatchEvent(new Event('input', { bubbles: true }));
    this.#input.focus();
  }
}
