// ---- the card -----------------------------------------------------------------------------------

/** The card in fields of our own form: spaced and checked while it is typed. */
export class CardFields {
  #fields;

  /** `onFilled` when a test card was filled in: its fields are to be checked. */
  constructor(form, { onFilled }) {
    this.#fields = form.elements;
    const { card_number: number, expiry } = this.#fields;
    keepSpaced(number, () => {
      const { name, code } = brand(number.value);
      $('card-brand').textContent = name;
      $('cvv-hint').textContent = code === 4 ? say('cvv-on-front') : say('cvv-on-back');
    });
    expiry.addEventListener('input', (event) => {
      expiry.value = dated(expiry.value, event.inputType?.startsWith('delete'));
    });
    expiry.addEventListener('focusout', () => { expiry.value = dated(expiry.value, true); });
    for (const use of form.querySelectorAll('[data-fill-card]')) {
      use.addEventListener('click', () => { this.#fill(use.dataset.fillCard); onFilled(this.names); });
    }
  }

  names = ['card_number', 'expiry', 'cvv'];

  checks = {
    card_number: (value) => {
      if (digits(value) === '') return say('missing-card-number');
      return plausible(value) ? null : say('wrong-card-number');
    },
    expiry: (value) => dateProblem(value, new Date()),
    cvv: (value) => {
      const length = brand(this.#fields.card_number.value).code;
      const where = length === 4 ? say('wrong-cvv-front') : say('wrong-cvv-back');
      return new RegExp(`^\\d{${length}}$`).test(value.trim()) ? null : where;
    },
  };

  forget() {
    for (const name of this.names) this.#fields[name].value = '';
    $('card-brand').textContent = '';
  }

  #fill(number) {
    const values = { card_number: number, expiry: `12 / ${(new Date().getFullYear() + 2) % 100}`, cvv: '123' };
    for (const [name, value] of Object.entries(values)) {
      this.#fields[name].value = value;
      this.#fields[name].dispatchEvent(new Event('input', { bubbles: true }));
    }
  }
}

// ---- what a number and a date look like -----------------------------------------------------------

const brands = [
  { name: 'American Express', pattern: /^3[47]/, groups: [4, 6, 5], lengths: [15], code: 4 },
  { name: 'Diners Club', pattern: /^3(?:0[0-5]|[68])/, groups: [4, 6, 4], lengths: [14, 16, 19], code: 3 },
  { name: 'JCB', pattern: /^35(?:2[89]|[3-8])/, groups: [4, 4, 4, 4, 3], lengths: [16, 17, 18, 19], code: 3 },
  { name: 'Visa', pattern: /^4/, groups: [4, 4, 4, 4, 3], lengths: [13, 16, 19], code: 3 },
  { name: 'Mastercard', pattern: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, groups: [4, 4, 4, 4], lengths: [16], code: 3 },
  { name: 'Discover', pattern: /^6(?:011|5|4[4-9])/, groups: [4, 4, 4, 4, 3], lengths: [16, 19], code: 3 },
  { name: 'UnionPay', pattern: /^62/, groups: [4, 4, 4, 4, 3], lengths: [16, 17, 18, 19], code: 3 },
];
const other = { name: '', groups: [4, 4, 4, 4, 3], lengths: [12, 13, 14, 15, 16, 17, 18, 19], code: 3 };

const digits = (text) => text.replace(/\D/g, '');

const brand = (number) => brands.find((b) => b.pattern.test(digits(number))) ?? other;

function spaced(number) {
  const all = digits(number);
  const { groups } = brand(all);
  const parts = [];
  let at = 0;
  for (const length of groups) {
    if (at >= all.length) break;
    parts.push(all.slice(at, at + length));
    at += length;
  }
  return parts.join(' ');
}

function plausible(number) {
  const all = digits(number);
  if (!brand(all).lengths.includes(all.length)) return false;
  let sum = 0;
  [...all].reverse().forEach((digit, i) => {
    const doubled = Number(digit) * (1 + (i % 2));
    sum += doubled > 9 ? doubled - 9 : doubled;
  });
  return sum % 10 === 0;
}

/** "MM / YY" from what a person, a paste or a browser's autofill brings; half-typed stays so. */
function dated(text, deleting = false) {
  const iso = /^\s*(?:20)?(\d\d)-(\d\d)\s*$/.exec(text);
  if (iso && Number(iso[1]) > 12) return `${iso[2]} / ${iso[1]}`;
  const whole = /^\s*(\d{1,2})\s*[/.\- ]\s*(?:20)?(\d\d)\s*$/.exec(text);
  if (whole) return `${whole[1].padStart(2, '0')} / ${whole[2]}`;
  if (deleting) return text;
  const separated = /^\s*(\d)\s*[/.\- ]/.exec(text);
  let all = digits(text);
  if (separated || /^[2-9]/.test(all)) all = `0${all}`;
  if (all.length === 6 && all.startsWith('20', 2)) all = all.slice(0, 2) + all.slice(4);
  const partial = /\/\s*20\d?$/.test(text) ? all.slice(0, 5) : all.slice(0, 4);
  return all.length < 2 ? all : `${partial.slice(0, 2)} / ${partial.slice(2)}`;
}

/** What is wrong with "MM / YY" on a given day, or null. */
function dateProblem(text, today) {
  const parts = /^(\d\d) \/ (\d\d)$/.exec(dated(text));
  if (!parts) return say('wrong-expiry');
  const [month, year] = [Number(parts[1]), 2000 + Number(parts[2])];
  if (month < 1 || month > 12) return say('wrong-expiry-month');
  const over = year < today.getFullYear()
    || (year === today.getFullYear() && month < today.getMonth() + 1);
  return over ? say('past-expiry') : null;
}

/** Reformats an input as it is typed, with the caret where the person left it. */
function keepSpaced(input, onChange) {
  let last = input.value;
  input.addEventListener('input', (event) => {
    let { value, selectionStart: caret } = input;
    const back = event.inputType === 'deleteContentBackward';
    if (back && digits(value) === digits(last) && value.length < last.length) {
      // A space was deleted: the digit before it is meant.
      value = value.slice(0, Math.max(0, caret - 1)) + value.slice(caret);
      caret = Math.max(0, caret - 1);
    }
    const before = digits(value.slice(0, caret ?? value.length)).length;
    input.value = last = spaced(value);
    if (document.activeElement === input) {
      let at = 0;
      for (let seen = 0; seen < before && at < input.value.length; at++) {
        if (/\d/.test(input.value[at])) seen++;
      }
      if (!back && input.value[at] === ' ') at++;
      input.setSelectionRange(at, at);
    }
    onChange?.();
  });
}
