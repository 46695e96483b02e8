// The bank's question (3-D Secure), asked in a frame by Stripe's script on either page that may need it.

import { confirmPayment } from './fields.js';
import { read, say } from './ledger.js';

const unknown = say('bank-cannot-be-asked');
const open = say('bank-not-answered');

/** Has the bank ask, tells the service that the person is back, and returns how the registration
    stands; with what to say where the question is still open. Throws where somebody is not reached. */
export async function ask(id, scriptUrl) {
  const asked = await read(id);
  if (asked.status !== 'awaiting_action') return { registration: asked };
  // Without it the service could not reach Stripe either, or the bank was answered a moment ago.
  const secret = asked.client_secret;
  const error = secret && await confirmPayment(scriptUrl, asked.publishable_key, secret);
  // Whatever the bank said, the service looks for itself.
  const answer = await fetch(`/api/registrations/${id}/confirmation`, {
    method: 'POST', headers: { Accept: 'application/json' }, credentials: 'same-origin',
  });
  const { registration } = await answer.json();
  if (!registration) throw new Error(`confirmation: ${answer.status}`);
  if (registration.status !== 'awaiting_action') return { registration };
  if (error?.type === 'api_connection_error') throw new Error('the bank was not reached');
  return { registration, problem: secret ? open : unknown };
}
