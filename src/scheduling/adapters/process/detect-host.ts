import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { detectCgroups } from './detect-cgroups.js';
import type { Account, HostAbilities } from './host-abilities.js';
import {
  DEFAULT_PATH,
  enterNamespaces,
  namespacePrefix,
  privilegeArguments,
} from './process-request.js';

const run = promisify(execFile);

const PROBE_DEADLINE_MS = 5_000;
/** Succeeds where both directories are there and only the second can be written to. */
const LOOK_AT_SHARE = '! touch /share/incoming/a && touch /share/outgoing/a';

interface Isolation {
  readonly namespaces: HostAbilities['namespaces'];
  readonly shareMount: boolean;
}

/**
 * Finds out by trying, once at start, what this host lets the service do.
 * @param recordDirectory where probes may leave files for a moment
 */
export async function detectHost(recordDirectory: string): Promise<HostAbilities> {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  const dropPrivileges = await canDropPrivileges(uid);
  return {
    uid,
    gid,
    ...(await detectIsolation(recordDirectory, uid, dropPrivileges)),
    dropPrivileges,
    boundedLogs: await succeeds('split', ['--filter=cat', '-b', '1', '/dev/null']),
    cgroups: await detectCgroups(),
    accounts: await readAccounts(),
  };
}

async function detectIsolation(
  recordDirectory: string,
  uid: number,
  dropPrivileges: boolean,
): Promise<Isolation> {
  const none = { namespaces: 'none', shareMount: false } as const;
  if (!dropPrivileges) return none;
  const namespaces = uid === 0 ? 'root' : 'user';
  await mkdir(recordDirectory, { recursive: true, mode: 0o700 });
  // A mount needs a directory to cover; nothing is ever written into it.
  if (uid === 0) await mkdir('/share', { mode: 0o755 }).catch(() => undefined);
  const directory = await mkdtemp(join(recordDirectory, '.probe-'));
  try {
    if (await canEnter(namespaces, directory, true)) return { namespaces, shareMount: true };
    if (await canEnter(namespaces, directory, false)) return { namespaces, shareMount: false };
    return none;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function canEnter(
  namespaces: 'root' | 'user',
  directory: string,
  withShare: boolean,
): Promise<boolean> {
  const place = await mkdtemp(join(directory, 'try-'));
  const mounts = { input: join(place, 'input'), output: join(place, 'output') };
  await mkdir(mounts.input);
  await mkdir(mounts.output);
  const args = [
    ...namespacePrefix(namespaces),
    ...enterNamespaces(place, withShare ? mounts : undefined),
    'setsid',
    'setpriv',
    ...privilegeArguments([]),
    '--',
    '/bin/sh',
    '-c',
    withShare ? LOOK_AT_SHARE : ':',
  ];
  return succeeds('env', ['--', ...args]);
}

function canDropPrivileges(uid: number): Promise<boolean> {
  if (uid !== 0) return succeeds('setpriv', ['--no-new-privs', '--', 'true']);
  const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  return succeeds('setpriv', [...user, ...privilegeArguments([]), '--', 'true']);
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args, {
      cwd: '/',
      env: { PATH: DEFAULT_PATH },
      timeout: PROBE_DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    return true;
  } catch {
    return false;
  }
}

async function readAccounts(): Promise<readonly Account[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return parseAccounts(text);
}

/** Source: passwd(5). Lines that are none are left out. */
function parseAccounts(text: string): readonly Account[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length === 7)
    .map(([, , uid, gid, , home]) => ({ uid: Number(uid), gid: Number(gid), home: home ?? '/' }))
    .filter(({ uid, gid }) => Number.isInteger(uid) && Number.isInteger(gid));
}
