import type { ServiceSpec } from 'dockerode';
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
import { serviceName } from './swarm-names.js';
import type { SwarmOptions } from './swarm-options.js';

const NANOCPUS_PER_MILLICORE = 1_000_000;
/** Time between SIGTERM and SIGKILL, in nanoseconds: the data of a cancelled job is of no use. */
const STOP_GRACE = 1_000_000_000;
/** 1777: /dev/shm is for everybody. */
const SHM_MODE = 0o1777;
/** The swarm keeps a service in a log entry of at most 1.5 MiB. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Value of the label that tells a replaced ENTRYPOINT from the image's own. */
export const ENTRYPOINT_REPLACED = 'replaced';

/**
 * The service that the swarm is asked to create for a job.
 * @throws DomainError `InvalidRequest` for a command that path flags make too long.
 */
export function buildService(spec: JobSpec, options: SwarmOptions): ServiceSpec {
  const labels = buildLabels(spec, options);
  const service = {
    Name: serviceName(spec.name),
    Labels: labels,
    TaskTemplate: {
      ContainerSpec: buildContainer(spec, labels, options),
      Resources: buildResources(spec, options),
      RestartPolicy: { Condition: 'none', MaxAttempts: 0 },
      ...(Object.keys(options.nodeSelector).length > 0 && {
        Placement: { Constraints: buildConstraints(options) },
      }),
      ...(options.network !== undefined && { Networks: [{ Target: options.network }] }),
      LogDriver: {
        Name: 'json-file',
        Options: { 'max-size': `${options.logFileMebibytes}m`, 'max-file': String(LOG_FILES) },
      },
    },
    // Not a job of the swarm's own kind: it runs failed tasks again whatever the restart policy says.
    Mode: { Replicated: { Replicas: spec.workers } },
  };
  if (Buffer.byteLength(JSON.stringify(service)) > MAX_BODY_BYTES) {
    throw invalidFields({ args: 'make the command with its environment larger than 1 MiB' });
  }
  return service as ServiceSpec;
}

function buildContainer(
  spec: JobSpec,
  labels: Readonly<Record<string, string>>,
  options: SwarmOptions,
): unknown {
  return {
    Image: spec.image,
    ...buildCommand(spec, options),
    Env: spec.env.map(({ name, value }) => `${name}=${value}`),
    ...(spec.user && { User: buildUser(spec.user) }),
    Labels: labels,
    // A container that its image's check calls unhealthy is ended by the swarm, and one whose check has not
    // passed yet is not shown as running. A job has no health but its exit code.
    Healthcheck: { Test: ['NONE'] },
    TTY: false,
    OpenStdin: false,
    StopGracePeriod: STOP_GRACE,
    Mounts: buildMounts(spec),
    Ulimits: [NOFILE_LIMIT],
    // Known from API 1.44 on; the nodes of an older swarm have it as a setting of the engine.
    Privileges: { NoNewPrivileges: true },
    ...(options.capabilities === 'minimal' && {
      CapabilityDrop: ['ALL'],
      CapabilityAdd: (spec.user?.uid ?? 0) === 0 ? ROOT_CAPABILITIES : [],
    }),
  };
}

/** A service's Command is the container's ENTRYPOINT, its Args are the container's Cmd. */
function buildCommand({ command }: JobSpec, { imageEntrypoint }: SwarmOptions): object {
  if (imageEntrypoint === 'keep') return { Args: [...command] };
  const [program = '', ...args] = command;
  return { Command: [program], Args: args };
}

/** `uid:gid`; without a uid the engine takes root, as it does for `:gid`. */
function buildUser({ uid, gid }: NonNullable<JobSpec['user']>): string {
  return gid === undefined ? String(uid) : `${uid ?? 0}:${gid}`;
}

/** The service's own labels win over the deployment's. */
function buildLabels(spec: JobSpec, { imageEntrypoint }: SwarmOptions): Record<string, string> {
  return {
    ...spec.labels,
    [OWN_LABELS.managedBy]: MANAGED_BY,
    [OWN_LABELS.jid]: spec.name,
    [OWN_LABELS.specHash]: spec.specHash,
    [OWN_LABELS.image]: spec.image,
    [OWN_LABELS.owner]: spec.owner,
    [OWN_LABELS.workers]: String(spec.workers),
    ...(spec.timeLimit !== undefined && { [OWN_LABELS.timeLimit]: String(spec.timeLimit) }),
    ...(imageEntrypoint === 'replace' && { [OWN_LABELS.entrypoint]: ENTRYPOINT_REPLACED }),
  };
}

function buildMounts({ mounts, shmSize }: JobSpec): unknown {
  const bind = { Type: 'bind' };
  return [
    { ...bind, Source: mounts.input.path, Target: INPUT_TARGET, ReadOnly: true },
    { ...bind, Source: mounts.output.path, Target: OUTPUT_TARGET, ReadOnly: false },
    ...(shmSize === undefined
      ? []
      : [
          {
            Type: 'tmpfs',
            Target: '/dev/shm',
            TmpfsOptions: { SizeBytes: toBytes(shmSize), Mode: SHM_MODE },
          },
        ]),
  ];
}

function buildResources(spec: JobSpec, { memoryLimit, gpuResource }: SwarmOptions): unknown {
  const memory = toBytes(spec.memoryLimit);
  const isSoft = memoryLimit === 'soft';
  const reservations = {
    ...(memory > 0 && isSoft && { MemoryBytes: memory }),
    ...(spec.gpuLimit > 0 && {
      GenericResources: [{ DiscreteResourceSpec: { Kind: gpuResource, Value: spec.gpuLimit } }],
    }),
  };
  return {
    Limits: {
      Pids: PIDS_LIMIT,
      ...(spec.cpuLimit > 0 && { NanoCPUs: spec.cpuLimit * NANOCPUS_PER_MILLICORE }),
      ...(memory > 0 && !isSoft && { MemoryBytes: memory }),
    },
    ...(Object.keys(reservations).length > 0 && { Reservations: reservations }),
  };
}

function buildConstraints({ nodeSelector }: SwarmOptions): string[] {
  return Object.entries(nodeSelector).map(([key, value]) => `node.labels.${key}==${value}`);
}
