import type { JobSpec } from '../../domain/job-spec.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import { ownLabels } from './job-script.js';

/** What is kept of a job, written once. The environment is left out: it may hold secrets. */
export interface JobRecord {
  readonly version: 1;
  /** Tells this run from an earlier one of the same name. */
  readonly runId: string;
  readonly spec: Omit<JobSpec, 'env'>;
  readonly labels: Readonly<Record<string, string>>;
}

export function createRecord(spec: JobSpec, runId: string): JobRecord {
  const { env: _secret, ...kept } = spec;
  return { version: 1, runId, spec: kept, labels: ownLabels(spec) };
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

/** The folder is the service's own, so its mark and the fields that lead further are enough. */
function isRecord(value: unknown): value is JobRecord {
  if (!isObject(value) || value['version'] !== 1) return false;
  const { runId, spec, labels } = value;
  if (typeof runId !== 'string' || !isObject(labels) || !isObject(spec)) return false;
  return (
    labels[OWN_LABELS.managedBy] === MANAGED_BY &&
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
