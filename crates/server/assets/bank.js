// The bank's question (3-D Secure), asked in a frame by Stripe's script on either page that may need it.

import { read, say } from './ledger.js';
import { confirmPayment } from './stripe.js';

const failed = say('bank-not-asked');
const open = say('bank-not-answered');

/** Has the bank ask, tells the service that the person is back, and returns how the registration
    stands; with what to say where the question is still open. */
export async function askBank(id, scriptUrl) {
  try {
    const asked = await read(id);
    if (asked.status !== 'awaiting_action' || !asked.client_secret) return { registration: asked };
    const error = await confirmPayment(scriptUrl, asked.publishable_key, asked.client_secret);
    // Whatever the bank said, the service looks for itself.
    const answer = await fetch(`/api/registrations/${id}/confirmation`, {
      method: 'POST', headers: { Accept: 'application/json' }, credentials: 'same-origin',
    });
    const { registration } = await answer.json();
    if (!registration) return { problem: failed };
    const problem = error?.type === 'api_connection_error' ? failed : open;
    return registration.status === 'awaiting_action' ? { registration, problem } : { registration };
  } catch {
    return { problem: failed };
  }
}
