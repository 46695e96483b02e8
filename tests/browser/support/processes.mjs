// Programs that a test starts: each says in one line where it listens, and is ended with the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Where a program of this repository is: as it was named, or where `cargo build` puts it. */
export const program = (name, named) => named
  ?? path.resolve(import.meta.dirname, '../../../target/debug', name);

/** Starts one and waits until a line that it says matches `says`; its first group is what is returned. */
export async function start(binary, args, { says, ...options }) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const log = [];
  child.stderr.on('data', (chunk) => log.push(chunk));
  const ended = once(child, 'exit');
  const heard = await Promise.race([
    hear(child, says),
    ended.then(() => { throw new Error(`${binary} did not start:\n${Buffer.concat(log)}`); }),
  ]);
  return {
    heard,
    /** What it logged so far. */
    log: () => Buffer.concat(log).toString(),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function hear(child, says) {
  for await (const line of createInterface({ input: child.stdout })) {
    const said = says.exec(line);
    if (said) {
      // Whatever it says later is read and left: a full pipe would hold it up.
      child.stdout.resume();
      return said[1];
    }
  }
  return new Promise(() => {});
}
