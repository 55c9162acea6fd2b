import type { ContainerUser, EnvVar, JobSpec } from '../../domain/job-spec.js';
import { cgroupDirectories, planCgroups, type CgroupPlan } from './cgroup-plan.js';
import { canChangeUser, type HostAbilities } from './host-abilities.js';
import { replaceSharePaths } from './share-paths.js';
import { ENTER, ENV_PREFIX, LAUNCH, NOTE_SESSION, SUPERVISE } from './supervisor-scripts.js';

/** Everything that happens for one worker of a job. */
export interface WorkerPlan {
  /** Counts from 1. */
  readonly worker: number;
  readonly cgroups: CgroupPlan;
  /** The supervisor's process. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where one run of one worker leaves its traces. */
export interface WorkerPlace {
  readonly worker: number;
  readonly directory: string;
  /** Name of its control group; unique on the host. */
  readonly group: string;
  /** Touched at start and end. */
  readonly hintFile: string;
}

/** As in a container: never the service's own. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const SHELL = '/bin/sh';
/** Three segments are kept: 30 MiB a worker. */
const LOG_SEGMENT_BYTES = 10 * 1024 * 1024;
/** Enough for a root job to write into the client's directories, and nothing of the host. */
const ROOT_CAPABILITIES = ['chown', 'dac_override', 'fowner', 'setuid', 'setgid', 'kill'];

/** The launch of one worker; pure. */
export function planWorker(spec: JobSpec, place: WorkerPlace, host: HostAbilities): WorkerPlan {
  const cgroups = planCgroups(host.cgroups, place.group, spec);
  const user = resolveUser(spec.user, host);
  const env = jobEnvironment(spec, host);
  const argv = spec.command.map((word) => inPlace(word, spec, host));
  const procs = cgroups.directories.map((directory) => `${directory}/cgroup.procs`);
  return {
    worker: place.worker,
    cgroups,
    program: SHELL,
    args: [
      ...script(SUPERVISE, 'pman-job'),
      place.directory,
      `${user.uid}:${user.gid}`,
      cgroups.memoryEvents,
      host.boundedLogs ? String(LOG_SEGMENT_BYTES) : '',
      host.namespaces === 'none' ? 'yes' : 'no',
      place.hintFile,
      String(procs.length),
      ...procs,
      ...isolate(spec, place.directory, host, [
        ...givingUpPrivileges(spec, host),
        SHELL,
        ...script(LAUNCH, 'pman-launch'),
        String(env.length),
        ...executable(argv),
      ]),
    ],
    env: supervisorEnvironment(env),
  };
}

/** Every control group directory that the worker may have. */
export function workerCgroups(place: WorkerPlace, host: HostAbilities): readonly string[] {
  return cgroupDirectories(host.cgroups, place.group);
}

/** The job's own variables; PATH and HOME as a container engine would add them. */
export function jobEnvironment(spec: JobSpec, host: HostAbilities): readonly EnvVar[] {
  const { uid } = resolveUser(spec.user, host);
  const home = host.accounts.find((account) => account.uid === uid)?.home ?? '/';
  const defaults: readonly EnvVar[] = [
    { name: 'PATH', value: DEFAULT_PATH },
    { name: 'HOME', value: home },
  ];
  const given = spec.env.map(({ name, value }) => ({ name, value: inPlace(value, spec, host) }));
  const missing = defaults.filter(({ name }) => !given.some((variable) => variable.name === name));
  return [...missing, ...given];
}

/**
 * As Docker: a user without a group has the primary group of its account, else group 0. What is left
 * open altogether is the service's own.
 */
export function resolveUser(
  user: ContainerUser | undefined,
  host: HostAbilities,
): { readonly uid: number; readonly gid: number } {
  if (user?.uid === undefined) return { uid: host.uid, gid: user?.gid ?? host.gid };
  const account = host.accounts.find(({ uid }) => uid === user.uid);
  return { uid: user.uid, gid: user.gid ?? account?.gid ?? 0 };
}

/** The arguments that bring a command into namespaces of its own; it must not fork before. */
export function namespacePrefix(namespaces: 'root' | 'user'): readonly string[] {
  // The parent's death signal does not survive a new user namespace, so that one is made first.
  const user = ['unshare', '--user', '--map-current-user', '--keep-caps', '--'];
  const rest = 'setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc --';
  return [...(namespaces === 'user' ? user : []), ...rest.split(' ')];
}

/** The first process in the namespaces. @param mounts absent: nothing is mounted */
export function enterNamespaces(
  directory: string,
  mounts: { readonly input: string; readonly output: string } | undefined,
): readonly string[] {
  const paths = mounts === undefined ? ['', ''] : [mounts.input, mounts.output];
  return [SHELL, ...script(ENTER, 'pman-enter'), directory, ...paths];
}

/** Arguments of `setpriv` that leave a process what it needs and no way to get more. */
export function privilegeArguments(capabilities: readonly string[]): readonly string[] {
  const bounding = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return ['--ambient-caps=-all', '--inh-caps=-all', `--bounding-set=${bounding}`, '--no-new-privs'];
}

function isolate(
  spec: JobSpec,
  directory: string,
  host: HostAbilities,
  command: readonly string[],
): readonly string[] {
  // A session of its own: what the job sends to its process group must not reach the supervisor.
  if (host.namespaces === 'none') {
    return ['setsid', SHELL, ...script(NOTE_SESSION, 'pman-session'), directory, ...command];
  }
  const { input, output } = spec.mounts;
  const mounts = host.shareMount ? { input: input.path, output: output.path } : undefined;
  return [
    ...namespacePrefix(host.namespaces),
    ...enterNamespaces(directory, mounts),
    'setsid',
    ...command,
  ];
}

function givingUpPrivileges(spec: JobSpec, host: HostAbilities): readonly string[] {
  if (!host.dropPrivileges) return [];
  const { uid, gid } = resolveUser(spec.user, host);
  const user = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  // Without namespaces nothing else ends the job when its supervisor is killed.
  const orphan = host.namespaces === 'none' ? ['--pdeathsig', 'KILL'] : [];
  if (canChangeUser(host)) {
    const capabilities = uid === 0 ? ROOT_CAPABILITIES : [];
    return ['setpriv', ...user, ...orphan, ...privilegeArguments(capabilities), '--'];
  }
  const own = host.namespaces === 'user' ? privilegeArguments([]) : ['--no-new-privs'];
  return ['setpriv', ...orphan, ...own, '--'];
}

/** `env` takes a program whose name has an equals sign for a variable; `nice` does not. */
function executable(argv: readonly string[]): readonly string[] {
  return argv[0]?.includes('=') === true ? ['nice', '-n', '0', '--', ...argv] : argv;
}

function supervisorEnvironment(env: readonly EnvVar[]): Readonly<Record<string, string>> {
  const variables = env.map(({ name, value }, index) => [
    `${ENV_PREFIX}${index}`,
    `${name}=${value}`,
  ]);
  return { PATH: DEFAULT_PATH, ...Object.fromEntries(variables) };
}

/** Gives the real directory where nothing can be mounted at /share. */
function inPlace(text: string, spec: JobSpec, host: HostAbilities): string {
  return host.shareMount ? text : replaceSharePaths(text, spec.mounts);
}

function script(text: string, name: string): readonly string[] {
  return ['-c', text, name];
}
