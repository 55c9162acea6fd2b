import type { JobObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { FailureReason } from '../../domain/failure-reason.js';
import { OWN_LABEL_PREFIX } from '../../domain/own-labels.js';

/** Says on a Job that this service has ended it, and why: the cluster has no word for that. */
export const ENDING_ANNOTATION = `${OWN_LABEL_PREFIX}ended`;

export interface JobEnding {
  readonly reason: FailureReason;
  /** A sentence without a full stop. */
  readonly message: string;
  /** ISO 8601 by the cluster's clock; empty for a job that had not begun. */
  readonly timestamp: string;
}

/** What makes the cluster end a Job at once and start nothing of it any more, also out of a queue. */
export const ENDED_SPEC = { parallelism: 0, activeDeadlineSeconds: 1 } as const;

export function hasEnding({ metadata }: JobObject): boolean {
  return metadata.annotations?.[ENDING_ANNOTATION] !== undefined;
}

export function writeEnding(ending: JobEnding): Record<string, string> {
  return { [ENDING_ANNOTATION]: JSON.stringify(ending) };
}

export function parseEnding(
  annotations: Readonly<Record<string, string>> | undefined,
): JobEnding | undefined {
  const text = annotations?.[ENDING_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    const { reason, message, timestamp } = JSON.parse(text) as Partial<JobEnding>;
    return {
      reason: reason ?? 'Cancelled',
      message: message ?? 'cancelled',
      timestamp: timestamp ?? '',
    };
  } catch {
    return { reason: 'Cancelled', message: 'cancelled', timestamp: '' };
  }
}
