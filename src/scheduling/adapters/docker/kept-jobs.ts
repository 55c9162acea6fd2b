import { randomUUID } from 'node:crypto';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { FailureReason } from '../../domain/failure-reason.js';
import type { Job } from '../../domain/job.js';
import { parseJobName, type JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { MANAGED_BY, OWN_LABELS, OWN_LABEL_PREFIX } from '../../domain/own-labels.js';
import type { DeferralFailure, DeferredJob, ListedJob } from '../../domain/scheduler.port.js';

const LABELS = {
  /** The whole specification as JSON. */
  spec: `${OWN_LABEL_PREFIX}spec`,
  /** Another one for each time that a job of this name is kept. */
  kept: `${OWN_LABEL_PREFIX}kept`,
  reason: `${OWN_LABEL_PREFIX}reason`,
  message: `${OWN_LABEL_PREFIX}message`,
} as const;

/** A job that is kept, and how it failed if it did. */
export interface KeptJob extends DeferredJob {
  readonly failure: (DeferralFailure & { readonly at: string }) | undefined;
}

type Labels = Readonly<Record<string, string>>;

interface Volume {
  readonly Name: string;
  readonly Labels: Labels | null;
  readonly CreatedAt?: string;
}

/**
 * Jobs whose containers cannot be made yet, kept in the engine as labels of volumes without content:
 * one with the specification, and another beside it when the job has failed. Labels cannot be changed.
 */
export class KeptJobs {
  constructor(private readonly engine: DockerEngine) {}

  async keep(spec: JobSpec, signal: AbortSignal): Promise<void> {
    const labels = {
      ...ownLabels(spec.name),
      [LABELS.kept]: randomUUID(),
      [LABELS.spec]: JSON.stringify(spec),
    };
    // A volume of that name that is there already stays as it is.
    await this.engine.createVolume(volumeName(spec.name), labels, signal);
  }

  async find(name: JobName, signal: AbortSignal): Promise<KeptJob | undefined> {
    const volume = await this.engine.findVolume(volumeName(name), signal);
    if (volume === undefined || !isOurs(volume)) return undefined;
    return toKeptJob(volume, await this.engine.findVolume(failureName(name), signal));
  }

  async list(signal: AbortSignal): Promise<readonly KeptJob[]> {
    const filters = { label: [`${OWN_LABELS.managedBy}=${MANAGED_BY}`] };
    const volumes = await this.engine.listVolumes(filters, signal);
    const byName = new Map<string, Volume>(volumes.map((volume) => [volume.Name, volume]));
    return volumes
      .filter(isOurs)
      .map((volume) => toKeptJob(volume, byName.get(failureName(jidOf(volume)))))
      .filter((job) => job !== undefined);
  }

  /**
   * @param id of the job that has failed; another one that is kept under its name by now has not
   * @returns what has failed, now or before
   */
  async fail(
    name: JobName,
    id: string,
    failure: DeferralFailure,
    signal: AbortSignal,
  ): Promise<KeptJob | undefined> {
    const kept = await this.find(name, signal);
    if (kept?.id !== id) return undefined;
    if (kept.failure !== undefined) return kept;
    const labels = {
      ...ownLabels(name),
      [LABELS.kept]: id,
      [LABELS.reason]: failure.reason,
      [LABELS.message]: failure.message,
    };
    // The failure of an earlier job of the name would stay as it is, labels and all.
    await this.dropFailure(name, (of) => of !== id, signal);
    await this.engine.createVolume(failureName(name), labels, signal);
    // A removal meanwhile has looked for a failure before there was this one.
    if ((await this.find(name, signal))?.id !== id) {
      await this.dropFailure(name, (of) => of === id, signal);
    }
    return kept;
  }

  /** Drops a job and no other one that is kept under its name by now. */
  async dropOnly(name: JobName, id: string, signal: AbortSignal): Promise<void> {
    if ((await this.find(name, signal))?.id === id) await this.drop(name, signal);
  }

  /** @param isMeant says of which job's failure */
  private async dropFailure(
    name: JobName,
    isMeant: (id: string | undefined) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = await this.engine.findVolume(failureName(name), signal);
    if (failed === undefined || !isMeant((failed.Labels ?? {})[LABELS.kept])) return;
    await this.engine.removeVolume(failureName(name), signal);
  }

  /** The failure goes first: without it the job is only kept again. */
  async drop(name: JobName, signal: AbortSignal): Promise<void> {
    await this.engine.removeVolume(failureName(name), signal);
    await this.engine.removeVolume(volumeName(name), signal);
  }
}

export function toListedKeptJob(kept: KeptJob): ListedJob {
  return { name: kept.spec.name, mark: markOf(kept) };
}

export function toJob(kept: KeptJob): Job {
  const { spec, id, failure } = kept;
  const { name, specHash, image, command } = spec;
  const common = { name, specHash, image, command, incarnation: id, mark: markOf(kept) };
  if (failure === undefined) {
    const message = `pulling image ${image}`;
    return { ...common, isDeferred: true, state: { status: 'notstarted', message, timestamp: '' } };
  }
  const { reason, message, at } = failure;
  return { ...common, state: { status: 'finishedWithError', reason, message, timestamp: at } };
}

function markOf({ id, failure }: KeptJob): string {
  return `${id}:${failure === undefined ? 'kept' : 'failed'}`;
}

/** No job's name contains two dots. */
const volumeName = (name: string): string => `${name}..kept`;
const failureName = (name: string): string => `${name}..failed`;

function ownLabels(name: JobName): Labels {
  return { [OWN_LABELS.managedBy]: MANAGED_BY, [OWN_LABELS.jid]: name };
}

function jidOf({ Labels: labels }: Volume): string {
  return labels?.[OWN_LABELS.jid] ?? '';
}

/** Whether it holds a specification. */
function isOurs(volume: Volume): boolean {
  const { Labels: labels, Name: name } = volume;
  return (
    labels?.[OWN_LABELS.managedBy] === MANAGED_BY &&
    parseJobName(jidOf(volume)) !== undefined &&
    name === volumeName(jidOf(volume))
  );
}

/** @returns nothing for labels that this service has not written */
function toKeptJob(volume: Volume, failed: Volume | undefined): KeptJob | undefined {
  const labels = volume.Labels ?? {};
  const spec = parseSpec(labels[LABELS.spec], jidOf(volume));
  const id = labels[LABELS.kept];
  if (spec === undefined || id === undefined) return undefined;
  const words = failed?.Labels ?? {};
  // A failure that is left of an earlier job of the name says nothing of this one.
  const failure =
    words[LABELS.kept] === id
      ? {
          reason: (words[LABELS.reason] ?? 'BackendError') as FailureReason,
          message: words[LABELS.message] ?? '',
          at: failed?.CreatedAt ?? '',
        }
      : undefined;
  return { spec, id, failure };
}

function parseSpec(text: string | undefined, jid: string): JobSpec | undefined {
  try {
    const { shmSize, user, timeLimit, ...spec } = JSON.parse(text ?? '') as JobSpec;
    return spec.name === jid && Array.isArray(spec.command)
      ? { ...spec, shmSize, user, timeLimit }
      : undefined;
  } catch {
    return undefined;
  }
}
