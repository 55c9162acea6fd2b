import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { BatchOptions, ContainerRuntime } from './batch-options.js';

/** The command line that runs a job's container; user text stands only behind what takes it as data. */
export interface RuntimeCommand {
  /** Everything but the program, in order. */
  readonly args: readonly string[];
  /** `NAME=value` for the runtime itself; every name begins with a prefix that only it reads. */
  readonly environment: readonly string[];
}

const PIDS_LIMIT = 4_096;
/** What a root plugin needs to write into directories of other users and to drop to another user. */
const ROOT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'];
/** What an image that sets none has. */
const CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CPU_PERIOD_MICROSECONDS = 100_000;
const MICROSECONDS_PER_MILLICORE = CPU_PERIOD_MICROSECONDS / 1_000;
const MIN_CPU_QUOTA_MICROSECONDS = 1_000;

/** Pure. The name of the container is added on the node, for each worker its own. */
export function runtimeCommand(spec: JobSpec, options: RuntimeChoice): RuntimeCommand {
  return RUNTIMES[options.runtime](spec, options);
}

type RuntimeChoice = Pick<BatchOptions, 'runtime' | 'imageEntrypoint' | 'imageStorage'>;
type Build = (spec: JobSpec, options: RuntimeChoice) => RuntimeCommand;

const RUNTIMES: Readonly<Record<ContainerRuntime, Build>> = {
  podman: (spec, { imageEntrypoint }) => podmanCommand(spec, imageEntrypoint),
  apptainer: (spec, { imageEntrypoint }) =>
    apptainerCommand(spec, imageEntrypoint, 'APPTAINERENV_'),
  singularity: (spec, { imageEntrypoint }) =>
    apptainerCommand(spec, imageEntrypoint, 'SINGULARITYENV_'),
  charliecloud: charliecloudCommand,
};

function podmanCommand(spec: JobSpec, entrypoint: BatchOptions['imageEntrypoint']): RuntimeCommand {
  const { mounts, env, command, image, shmSize, user } = spec;
  const [first = '', ...rest] = command;
  const isReplaced = entrypoint === 'replace';
  const isRoot = (user?.uid ?? 0) === 0;
  const args = [
    '--pull=missing',
    '--log-driver=none',
    '--restart=no',
    '--http-proxy=false',
    '--security-opt=no-new-privileges',
    '--cap-drop=ALL',
    ...(isRoot ? ROOT_CAPABILITIES.map((name) => `--cap-add=${name}`) : []),
    ...podmanLimits(spec),
    ...(shmSize === undefined ? [] : [`--shm-size=${shmSize}m`]),
    ...(user === undefined ? [] : [`--user=${podmanUser(user)}`]),
    `--volume=${mounts.input.path}:${INPUT_TARGET}:ro`,
    `--volume=${mounts.output.path}:${OUTPUT_TARGET}:rw`,
    ...env.map(({ name, value }) => `--env=${name}=${value}`),
    ...(isReplaced ? [`--entrypoint=${JSON.stringify([first])}`] : []),
    '--',
    image,
    ...(isReplaced ? rest : command),
  ];
  return { args, environment: [] };
}

function podmanLimits({ cpuLimit, memoryLimit }: JobSpec): string[] {
  const quota = Math.max(cpuLimit * MICROSECONDS_PER_MILLICORE, MIN_CPU_QUOTA_MICROSECONDS);
  return [
    `--pids-limit=${PIDS_LIMIT}`,
    ...(cpuLimit > 0 ? [`--cpu-period=${CPU_PERIOD_MICROSECONDS}`, `--cpu-quota=${quota}`] : []),
    ...(memoryLimit > 0 ? [`--memory=${memoryLimit}m`, `--memory-swap=${memoryLimit}m`] : []),
  ];
}

/** Without a uid it is root, as it is for the engine API. */
function podmanUser({ uid, gid }: NonNullable<JobSpec['user']>): string {
  return gid === undefined ? String(uid) : `${uid ?? 0}:${gid}`;
}

/** `run` keeps the image's ENTRYPOINT. The environment travels under names that only it reads. */
function apptainerCommand(
  spec: JobSpec,
  entrypoint: BatchOptions['imageEntrypoint'],
  prefix: string,
): RuntimeCommand {
  const { mounts, env, command, image, gpuLimit } = spec;
  const args = [
    entrypoint === 'replace' ? 'exec' : 'run',
    '--containall',
    '--cleanenv',
    '--no-home',
    '--no-privs',
    ...(gpuLimit > 0 ? ['--nv'] : []),
    '--mount',
    csvMount(mounts.input.path, INPUT_TARGET, true),
    '--mount',
    csvMount(mounts.output.path, OUTPUT_TARGET, false),
    `docker://${image}`,
    ...command,
  ];
  return { args, environment: env.map(({ name, value }) => `${prefix}${name}=${value}`) };
}

/** Fields of CSV, so that a path may hold commas and quotes. */
function csvMount(source: string, target: string, readOnly: boolean): string {
  const field = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const fields = ['type=bind', field(`source=${source}`), field(`destination=${target}`)];
  return [...fields, ...(readOnly ? ['ro'] : [])].join(',');
}

/**
 * It runs the command as it is, and never an ENTRYPOINT. `--set-env` alone reads the image's own
 * variables, as `ch-image` has left them in it.
 */
function charliecloudCommand(spec: JobSpec, { imageStorage }: RuntimeChoice): RuntimeCommand {
  const { mounts, env, command, image } = spec;
  const args = [
    ...(imageStorage === undefined ? [] : [`--storage=${imageStorage}`]),
    '--private-tmp',
    '--unset-env=*',
    `--set-env=PATH=${CONTAINER_PATH}`,
    '--set-env',
    // What follows is taken as it is: nothing is expanded, and one pair of quotes is taken away.
    '--env-no-expand',
    ...env.map(({ name, value }) => `--set-env=${name}='${value}'`),
    `--bind=${mounts.input.path}:${INPUT_TARGET}`,
    `--bind=${mounts.output.path}:${OUTPUT_TARGET}`,
    '--cd=/',
    image,
    '--',
    ...command,
  ];
  return { args, environment: [] };
}
