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
