// The real binary on a data directory of its own and a free port.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const binary = process.env.ENLIST_BIN
  ?? path.resolve(import.meta.dirname, '../../../target/debug/enlist');

/** Starts the service. `settings` are further environment variables. */
export async function startService(settings = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'enlist-browser-'));
  const child = spawn(binary, ['serve'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ENLIST_DATA_DIR: path.join(folder, 'data'),
      ENLIST_SERVER__LISTEN: '127.0.0.1:0',
      ENLIST_PASSWORDS__MEMORY_KIB: '8',
      ENLIST_PASSWORDS__PASSES: '1',
      ENLIST_LIMITS__ENABLED: 'false',
      ...settings,
    },
  });
  const log = [];
  child.stderr.on('data', (chunk) => log.push(chunk));
  const ended = once(child, 'exit');
  const port = await Promise.race([
    listening(child),
    ended.then(() => { throw new Error(`the service did not start:\n${Buffer.concat(log)}`); }),
  ]);
  const url = `http://localhost:${port}`;
  const read = async (route) => (await fetch(url + route)).json();
  return {
    url,
    /** What the gateway holds. */
    ledger: () => read('/sandbox/ledger'),
    /** The mails to an address, the newest first. */
    mailsTo: async (to) => (await read('/mailbox/messages')).filter((mail) => mail.to === to),
    /** Switches a fault of the gateway on. */
    fail: (fault) => fetch(`${url}/sandbox/faults`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(fault),
    }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function listening(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const said = / is running on 127\.0\.0\.1:(\d+)\./.exec(line);
    if (said) return Number(said[1]);
  }
  return new Promise(() => {});
}

/** What of the ledger binds anybody. */
export function live(ledger) {
  return Object.entries(ledger).flatMap(([kind, entries]) =>
    entries.filter((entry) => entry.live).map((entry) => `${kind} ${entry.id}`));
}
