// A service whose gateway is Stripe: the fake of it, which has an emulated Stripe.js.

import { readFile } from 'node:fs/promises';

import { program, start } from './processes.mjs';
import { startService } from './service.mjs';

const binary = program('fake-stripe', process.env.FAKE_STRIPE_BIN);

const plans = await readFile(new URL('../../../crates/server/tests/plans.toml', import.meta.url), 'utf8');

/** Starts the fake, and the service with it as its gateway. */
export async function startServiceWithStripe(settings = {}) {
  const fake = await start(binary, [], { says: /is listening on (127\.0\.0\.1:\d+)/ });
  const stripe = `http://${fake.heard}`;
  const service = await startService({
    ENLIST_GATEWAY__KIND: 'stripe',
    ENLIST_GATEWAY__STRIPE__SECRET_KEY: 'sk_test_fake',
    ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY: 'pk_test_fake',
    ENLIST_GATEWAY__STRIPE__API_BASE: stripe,
    ENLIST_GATEWAY__STRIPE__SCRIPT_URL: `${stripe}/endive/stripe.js`,
    ...settings,
  }, plans);
  const post = (route, body) => fetch(stripe + route, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  return {
    ...service,
    stripe,
    ledger: async () => (await fetch(`${stripe}/_fake/ledger`)).json(),
    fail: (fault) => post('/_fake/faults', fault),
    recover: () => fetch(`${stripe}/_fake/faults`, { method: 'DELETE' }),
    options: (options) => post('/_fake/options', options),
    async stop() {
      await service.stop();
      await fake.stop();
    },
  };
}
