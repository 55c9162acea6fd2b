import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { NO_CGROUPS, type Cgroups } from './host-abilities.js';

const ROOT = '/sys/fs/cgroup';
/** The service's own branch of each hierarchy. */
const BRANCH = 'pman';

/** The files that a limit is written to, by version and controller. */
const LIMIT_FILES = {
  v1: { memory: 'memory.limit_in_bytes', cpu: 'cpu.cfs_quota_us', pids: 'pids.max' },
  v2: { memory: 'memory.max', cpu: 'cpu.max', pids: 'pids.max' },
} as const;

type Controller = keyof (typeof LIMIT_FILES)['v2'];

/** Finds out by trying which limits can be set. Leaves one empty group `pman` a hierarchy. */
export async function detectCgroups(root: string = ROOT): Promise<Cgroups> {
  const unified = await readFile(`${root}/cgroup.controllers`, 'utf8').catch(() => undefined);
  const version = unified === undefined ? 'v1' : 'v2';
  if (version === 'v2') await delegate(root);
  const probe = async (controller: Controller): Promise<string | undefined> => {
    const branch = version === 'v2' ? `${root}/${BRANCH}` : `${root}/${controller}/${BRANCH}`;
    return (await canLimit(branch, LIMIT_FILES[version][controller])) ? branch : undefined;
  };
  const memory = await probe('memory');
  const cpu = await probe('cpu');
  const pids = await probe('pids');
  return (memory ?? cpu ?? pids) ? { version, memory, cpu, pids } : NO_CGROUPS;
}

/** Hands the controllers down to the groups of jobs; each may be refused. */
async function delegate(root: string): Promise<void> {
  await mkdir(`${root}/${BRANCH}`, { recursive: true }).catch(() => undefined);
  for (const directory of [root, `${root}/${BRANCH}`]) {
    for (const controller of ['memory', 'cpu', 'pids']) {
      const file = `${directory}/cgroup.subtree_control`;
      await writeFile(file, `+${controller}`, { flag: 'r+' }).catch(() => undefined);
    }
  }
}

async function canLimit(branch: string, limitFile: string): Promise<boolean> {
  const group = `${branch}/probe.${randomUUID()}`;
  try {
    // Not a whole path: a hierarchy that is not mounted must not be made.
    await access(branch).catch(() => mkdir(branch));
    await mkdir(group);
  } catch {
    return false;
  }
  try {
    const unlimited = await readFile(`${group}/${limitFile}`, 'utf8');
    await writeFile(`${group}/${limitFile}`, unlimited.trim(), { flag: 'r+' });
    return true;
  } catch {
    return false;
  } finally {
    await rmdir(group).catch(() => undefined);
  }
}
