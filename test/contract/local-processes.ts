import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const APPEARANCE_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/** The processes of this host, inside containers too, by number, with their arguments. */
export async function localProcesses(): Promise<ReadonlyMap<number, readonly string[]>> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(
    numbers.map(async (name) => {
      // A process may have ended since.
      const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      return [Number(name), line.split('\0').slice(0, -1)] as const;
    }),
  );
  return new Map(entries);
}

/** Kills the one process with exactly these arguments, as soon as there is one. */
export async function killOnThisHost(argv: readonly string[]): Promise<void> {
  const deadline = performance.now() + APPEARANCE_DEADLINE_MS;
  for (;;) {
    const found = [...(await localProcesses())].find(
      ([, args]) => args.join('\0') === argv.join('\0'),
    );
    if (found !== undefined) {
      process.kill(found[0], 'SIGKILL');
      return;
    }
    if (performance.now() > deadline) throw new Error(`no process is called ${argv.join(' ')}`);
    await sleep(POLL_MS);
  }
}
