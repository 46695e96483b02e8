// ---- the code of the mail, and the next mail --------------------------------------------------------

/** Helps with the code form of each page that waits for an address to be confirmed; on until `signal` says that
    the page is left. */
function startCode(signal) {
  const form = document.querySelector('.code-form');
  if (!form) return;
  const code = form.elements.code;
  const message = $('code-error');
  const show = (text) => {
    message.textContent = text;
    if (text) code.setAttribute('aria-invalid', 'true');
    else code.removeAttribute('aria-invalid');
  };
  // Mail programs, and people, put spaces and dashes between the digits.
  const strip = () => {
    const bare = code.value.replace(/[\s\p{Dash}\p{Cf}]/gu, '');
    if (bare !== code.value) code.value = bare;
  };
  code.addEventListener('input', () => { show(''); strip(); });
  form.addEventListener('submit', (event) => {
    // What fills a field in need not say so.
    strip();
    const length = Number(code.dataset.length);
    if (code.value.length === length && /^\d*$/.test(code.value)) return;
    event.preventDefault();
    show(say('code-missing', { length }));
    code.focus();
  });
  if (code.getAttribute('aria-invalid') === 'true') code.focus();
  startResend(signal);
}

function startResend(signal) {
  const resend = $('resend');
  const label = resend.querySelector('[data-words]');
  const from = performance.now();
  const tick = () => {
    if (signal.aborted) return;
    const left = Number(resend.dataset.seconds) - Math.floor((performance.now() - from) / 1000);
    if (left <= 0) {
      resend.removeAttribute('aria-disabled');
      label.textContent = say('resend-mail');
      return;
    }
    resend.setAttribute('aria-disabled', 'true');
    label.textContent = say('resend-mail-later', { seconds: left });
    setTimeout(tick, 250);
  };
  tick();
  resend.form.addEventListener('submit', (event) => {
    if (resend.getAttribute('aria-disabled') === 'true') event.preventDefault();
  });
}
