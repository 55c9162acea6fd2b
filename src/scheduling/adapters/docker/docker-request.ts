import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { EngineKind } from '../../../clients/docker-engine/docker-engine.js';
import { invalidFields } from '../../../shared/domain-error.js';
import { toBytes } from '../../../shared/units.js';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import {
  LOG_FILES,
  NOFILE_LIMIT,
  PIDS_LIMIT,
  ROOT_CAPABILITIES,
} from '../docker-api/job-limits.js';
import { containerName } from './docker-names.js';
import type { EngineOptions } from '../docker-api/engine-options.js';

/** Value of the label that tells a replaced ENTRYPOINT from the image's own. */
export const ENTRYPOINT_REPLACED = 'replaced';
const NPROC_LIMIT = { Name: 'nproc', Soft: PIDS_LIMIT, Hard: PIDS_LIMIT };
/** Podman sets nproc to its own maximum, which it may lack the right to, as soon as another is asked for. */
const ULIMITS = { docker: [NOFILE_LIMIT], podman: [NOFILE_LIMIT, NPROC_LIMIT] } as const;
const CPU_PERIOD_MICROSECONDS = 100_000;
const MICROSECONDS_PER_MILLICORE = CPU_PERIOD_MICROSECONDS / 1_000;
/** The kernel's smallest quota. */
const MIN_CPU_QUOTA_MICROSECONDS = 1_000;

/** Engines' authorisation plug-ins do not look beyond this. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The container that the engine is asked to create for one worker of a job.
 * @throws DomainError `InvalidRequest` for a command that path flags make too long.
 */
export function buildContainer(
  spec: JobSpec,
  worker: number,
  options: EngineOptions,
  engine: EngineKind = 'docker',
): ContainerCreateOptions {
  const container = {
    name: containerName(spec.name, worker),
    Image: spec.image,
    ...buildCommand(spec, options),
    Env: spec.env.map(({ name, value }) => `${name}=${value}`),
    ...(spec.user && { User: buildUser(spec.user) }),
    Labels: buildLabels(spec, worker, options),
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: buildHostConfig(spec, options, engine),
  };
  if (Buffer.byteLength(JSON.stringify(container)) > MAX_BODY_BYTES) {
    throw invalidFields({ args: 'make the command with its environment larger than 1 MiB' });
  }
  return container;
}

function buildCommand(
  { command }: JobSpec,
  { imageEntrypoint }: EngineOptions,
): Pick<ContainerCreateOptions, 'Cmd' | 'Entrypoint'> {
  if (imageEntrypoint === 'keep') return { Cmd: [...command] };
  const [program = '', ...args] = command;
  return { Entrypoint: [program], Cmd: args };
}

/** `uid:gid`; without a uid the engine takes root, as it does for `:gid`. */
function buildUser({ uid, gid }: NonNullable<JobSpec['user']>): string {
  return gid === undefined ? String(uid) : `${uid ?? 0}:${gid}`;
}

/** The service's own labels win over the deployment's. */
function buildLabels(
  spec: JobSpec,
  worker: number,
  { imageEntrypoint }: EngineOptions,
): Record<string, string> {
  return {
    ...spec.labels,
    [OWN_LABELS.managedBy]: MANAGED_BY,
    [OWN_LABELS.jid]: spec.name,
    [OWN_LABELS.specHash]: spec.specHash,
    [OWN_LABELS.image]: spec.image,
    [OWN_LABELS.owner]: spec.owner,
    [OWN_LABELS.worker]: String(worker),
    [OWN_LABELS.workers]: String(spec.workers),
    ...(spec.timeLimit !== undefined && { [OWN_LABELS.timeLimit]: String(spec.timeLimit) }),
    ...(imageEntrypoint === 'replace' && { [OWN_LABELS.entrypoint]: ENTRYPOINT_REPLACED }),
  };
}

function buildHostConfig(spec: JobSpec, options: EngineOptions, engine: EngineKind): HostConfig {
  return {
    Mounts: buildMounts(spec),
    ...buildLimits(spec, options, engine),
    ...buildPrivileges(spec, options),
    ...(spec.shmSize !== undefined && { ShmSize: toBytes(spec.shmSize) }),
    ...(spec.gpuLimit > 0 && {
      DeviceRequests: [{ Driver: '', Count: spec.gpuLimit, Capabilities: [['gpu']] }],
    }),
    ...(options.network !== undefined && { NetworkMode: options.network }),
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    LogConfig: {
      Type: 'json-file',
      Config: { 'max-size': `${options.logFileMebibytes}m`, 'max-file': String(LOG_FILES) },
    },
  };
}

/** Propagation is left to the engine: private, or what it demands for volumes below its own root. */
function buildMounts({ mounts }: JobSpec): HostConfig['Mounts'] {
  const bind = { Type: 'bind' as const };
  return [
    { ...bind, Source: mounts.input.path, Target: INPUT_TARGET, ReadOnly: true },
    { ...bind, Source: mounts.output.path, Target: OUTPUT_TARGET, ReadOnly: false },
  ];
}

function buildLimits(
  spec: JobSpec,
  { memoryLimit }: EngineOptions,
  engine: EngineKind,
): HostConfig {
  const memory = toBytes(spec.memoryLimit);
  return {
    PidsLimit: PIDS_LIMIT,
    Ulimits: [...ULIMITS[engine]],
    // Not NanoCpus: the engine refuses more cores than the machine has, where a quota has no effect.
    ...(spec.cpuLimit > 0 && {
      CpuPeriod: CPU_PERIOD_MICROSECONDS,
      CpuQuota: Math.max(spec.cpuLimit * MICROSECONDS_PER_MILLICORE, MIN_CPU_QUOTA_MICROSECONDS),
    }),
    ...(memory > 0 &&
      (memoryLimit === 'hard'
        ? { Memory: memory, MemorySwap: memory }
        : { MemoryReservation: memory })),
  };
}

function buildPrivileges(spec: JobSpec, { capabilities }: EngineOptions): HostConfig {
  const isRoot = (spec.user?.uid ?? 0) === 0;
  return {
    Privileged: false,
    SecurityOpt: ['no-new-privileges'],
    ...(capabilities === 'minimal' && {
      CapDrop: ['ALL'],
      CapAdd: isRoot ? ROOT_CAPABILITIES : [],
    }),
  };
}
