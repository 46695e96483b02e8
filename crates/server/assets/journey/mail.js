// ---- check your mail ------------------------------------------------------------------------------

const look_every_ms = 4_000;

/** Goes on by itself once the link was opened in another tab or another browser. */
function startMail({ root, signal, again }) {
  startCode(signal);
  const { id, elsewhere } = root.dataset;
  // Where somebody else has confirmed the address, what is waited for is this browser's own proof.
  const goesOn = ({ registration, journey }) => registration.status !== 'pending'
    || (elsewhere === undefined ? !registration.verify_by : journey !== undefined);
  const take = (body) => {
    if (signal.aborted || !goesOn(body)) return;
    source.close();
    again();
  };
  const ask = async () => {
    if (signal.aborted) return;
    try {
      if (!document.hidden) take(await readWhole(id));
    } catch (error) {
      // It has expired, and the page says so.
      if ([401, 404].includes(error.status)) return again();
    }
    setTimeout(ask, look_every_ms);
  };
  const source = new EventSource(`/api/registrations/${id}/events`);
  source.addEventListener('pending', (event) => take(JSON.parse(event.data)));
  source.addEventListener('error', () => { source.close(); ask(); }, { once: true });
  signal.addEventListener('abort', () => source.close());
}
