// The real binary on a data directory of its own and a free port.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { program, start } from './processes.mjs';

const binary = program('enlist', process.env.ENLIST_BIN);

const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Starts the service. `settings` are further environment variables, `file` its configuration file. */
export async function startService(settings = {}, file = '') {
  const folder = await mkdtemp(path.join(tmpdir(), 'enlist-browser-'));
  await writeFile(path.join(folder, 'enlist.toml'), file);
  const running = await start(binary, ['serve'], {
    cwd: folder,
    env: {
      ENLIST_DATA_DIR: path.join(folder, 'data'),
      ENLIST_SERVER__LISTEN: '127.0.0.1:0',
      ENLIST_PASSWORDS__MEMORY_KIB: '8',
      ENLIST_PASSWORDS__PASSES: '1',
      ENLIST_LIMITS__ENABLED: 'false',
      ...settings,
    },
    says: / is running on 127\.0\.0\.1:(\d+)\./,
  });
  const url = `http://localhost:${running.heard}`;
  const read = async (route) => (await fetch(url + route)).json();
  return {
    url,
    log: running.log,
    /** What the gateway holds. */
    ledger: () => read('/sandbox/ledger'),
    /** The mails to an address, the newest first. */
    mailsTo: async (to) => (await read('/mailbox/messages')).filter((mail) => mail.to === to),
    /** Switches a fault of the gateway on. */
    fail: (fault) => fetch(`${url}/sandbox/faults`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(fault),
    }),
    recover: () => fetch(`${url}/sandbox/faults`, { method: 'DELETE' }),
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** What `look` finds, once it finds something. */
export async function until(what, look) {
  for (const started = performance.now(); performance.now() - started < PATIENCE_MS;) {
    const found = await look();
    if (found) return found;
    await setTimeout(LOOK_EVERY_MS);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
}

/** What of the ledger binds anybody. */
export function live(ledger) {
  return Object.entries(ledger).flatMap(([kind, entries]) =>
    entries.filter((entry) => entry.live).map((entry) => `${kind} ${entry.id}`));
}
