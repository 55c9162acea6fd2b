import type { SwarmEngine, SwarmInfo } from '../../../clients/docker-engine/swarm-engine.js';
import type { CheckResult } from '../../../shared/check-result.js';
import { DomainError } from '../../../shared/domain-error.js';

interface Trouble {
  readonly detail: string;
  readonly mend: string;
}

const NOT_A_MANAGER: Trouble = {
  detail: 'the engine is a worker of its swarm, not a manager',
  mend: 'point DOCKER_HOST at a manager, or run docker node promote for this node',
};

const CHANGING_ROLE: Trouble = {
  detail: 'the engine is just becoming a manager, or a worker',
  mend: 'nothing: wait until it has; a worker needs docker node promote',
};

/** Between roles the engine asks a manager of its own that is not there. */
const BETWEEN_ROLES = /control\.sock/;

const NO_LEADER = 'bring more than half of the managers up, or force a new cluster';

/** What a node's state within its swarm means where it is not `active`. */
const STATES: Readonly<Record<string, Trouble>> = {
  inactive: {
    detail: 'the engine is not part of a swarm',
    mend: 'run docker swarm init or docker swarm join there, or set CONTAINER_ENV=docker',
  },
  pending: { detail: 'the engine is joining its swarm', mend: 'nothing: wait until it has joined' },
  locked: { detail: 'the swarm is locked', mend: 'run docker swarm unlock on this manager' },
  error: {
    detail: 'the engine has an error in its swarm',
    mend: 'look at docker info on this node',
  },
};

/** What keeps the engine from running services; nothing when it is a manager that is well. */
export function troubleOf(info: SwarmInfo): Trouble | undefined {
  const { LocalNodeState: state, ControlAvailable, Error: words = '' } = info;
  if (state === 'active' && ControlAvailable && words === '') return undefined;
  const trouble = STATES[state];
  if (state !== 'active' && trouble !== undefined) return withWords(trouble, words);
  if (!ControlAvailable && words === '') return NOT_A_MANAGER;
  if (BETWEEN_ROLES.test(words)) return withWords(CHANGING_ROLE, words);
  const detail = `the swarm has no leader: ${words}`;
  return { detail, mend: NO_LEADER };
}

function withWords({ detail, mend }: Trouble, words: string): Trouble {
  return { detail: words === '' ? detail : `${detail}: ${words}`, mend };
}

/** Without it the swarm drops the limit of processes, ulimits and capabilities of a job in silence. */
const LEAST_API = '1.41';
/** From here on a service can say itself that its processes gain no privileges. */
const PRIVILEGES_API = '1.44';

/** Whether an engine's API is older than another; both are two numbers with a point between. */
function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = than.split('.').map(Number);
  return major === otherMajor ? minor < otherMinor : major < otherMajor;
}

/** @throws DomainError where jobs would run without what they are to be held to */
export function assertNewEnough(apiVersion: string): void {
  if (!isOlder(apiVersion, LEAST_API)) return;
  const message = `the engine of the swarm is too old: jobs need its API ${LEAST_API}, it has ${apiVersion}`;
  throw new DomainError('BackendUnavailable', message);
}

/** What the version of an engine means for jobs. */
export function engineCheck(version: string, apiVersion: string): CheckResult {
  const name = 'engine';
  const detail = `Docker ${version} (API ${apiVersion})`;
  if (isOlder(apiVersion, LEAST_API)) {
    return {
      name,
      ok: false,
      detail: `${detail}: it would run jobs without the limits that they are to have`,
      mend: `bring Docker to 20.10 (API ${LEAST_API}) or newer on all nodes`,
    };
  }
  if (!isOlder(apiVersion, PRIVILEGES_API)) return { name, ok: true, detail };
  const note = `jobs may gain privileges unless the nodes run dockerd --no-new-privileges`;
  return { name, ok: true, detail: `${detail}; before API ${PRIVILEGES_API} ${note}` };
}

/** Whether the engine answers now, and is a manager that can run services. */
export async function checkSwarm(
  engine: SwarmEngine,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  try {
    const { version, apiVersion } = await engine.askVersion(signal);
    return [engineCheck(version, apiVersion), await checkManager(engine, signal)];
  } catch (error) {
    const mend = 'start Docker, or point DOCKER_HOST at a manager of the swarm';
    return [{ name: 'engine', ok: false, detail: wordsOf(error), mend }];
  }
}

async function checkManager(engine: SwarmEngine, signal: AbortSignal): Promise<CheckResult> {
  const name = 'swarm';
  try {
    const info = await engine.swarm(signal);
    const trouble = troubleOf(info);
    if (trouble !== undefined) return { name, ok: false, ...trouble };
    const nodes = info.Nodes ?? 1;
    const hint = nodes > 1 ? '; the store must be the same on all of them' : '';
    return { name, ok: true, detail: `${nodes} node(s)${hint}` };
  } catch (error) {
    // A manager that waits for a leader keeps whoever asks waiting too.
    const detail = `the swarm does not answer, perhaps it has no leader: ${wordsOf(error)}`;
    return { name, ok: false, detail, mend: NO_LEADER };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'no answer';
}
