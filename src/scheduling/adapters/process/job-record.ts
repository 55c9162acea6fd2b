import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';

/** What is kept of a job, written once. The environment is left out: it may hold secrets. */
export interface JobRecord {
  readonly version: 1;
  /** Tells this run from an earlier one of the same name. */
  readonly runId: string;
  readonly spec: Omit<JobSpec, 'env'>;
  readonly labels: Readonly<Record<string, string>>;
  /** Limits that were asked for and cannot be enforced on this host. */
  readonly unenforced: readonly string[];
}

export function createRecord(
  spec: JobSpec,
  runId: string,
  capabilities: SchedulerCapabilities,
): JobRecord {
  const { env: _secret, ...kept } = spec;
  return {
    version: 1,
    runId,
    spec: kept,
    labels: {
      ...spec.labels,
      [OWN_LABELS.managedBy]: MANAGED_BY,
      [OWN_LABELS.jid]: spec.name,
      [OWN_LABELS.specHash]: spec.specHash,
      [OWN_LABELS.owner]: spec.owner,
      [OWN_LABELS.workers]: String(spec.workers),
    },
    unenforced: unenforcedLimits(spec, capabilities),
  };
}

/** @returns nothing for what this service has not written */
export function parseRecord(text: string): JobRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function unenforcedLimits(spec: JobSpec, capabilities: SchedulerCapabilities): readonly string[] {
  const { memoryLimit, cpuLimit } = capabilities;
  return [
    spec.memoryLimit > 0 && memoryLimit === 'unenforced' ? 'memory' : '',
    spec.cpuLimit > 0 && cpuLimit === 'unenforced' ? 'CPU' : '',
  ].filter((name) => name !== '');
}

/** The directory is the service's own, so its mark and the fields that lead further are enough. */
function isRecord(value: unknown): value is JobRecord {
  if (!isObject(value) || value['version'] !== 1 || typeof value['runId'] !== 'string')
    return false;
  const { spec, labels, unenforced } = value;
  if (!isObject(labels) || labels[OWN_LABELS.managedBy] !== MANAGED_BY) return false;
  if (!Array.isArray(unenforced) || !isObject(spec)) return false;
  return (
    typeof spec['name'] === 'string' &&
    typeof spec['specHash'] === 'string' &&
    typeof spec['image'] === 'string' &&
    Array.isArray(spec['command']) &&
    Number.isInteger(spec['workers'])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
