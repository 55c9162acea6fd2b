import type { JobObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ByteTail } from '../../../shared/byte-tail.js';
import type { Job } from '../../domain/job.js';
import { isFinal } from '../../domain/job-status.js';
import { OWN_LABELS } from '../../domain/own-labels.js';
import type { LogWindow } from '../../domain/scheduler.port.js';

/** Of a job that this service ends the cluster removes the pods, and so the log. */
export const KEPT_LOG: LogWindow = { lines: 1_000, bytes: 32 * 1024 };
const GONE = '[pman] the log went with its pod\n';

export function writeLog(log: string): Record<string, string> {
  return log === '' ? {} : { [OWN_LABELS.log]: log };
}

/** The end of the log that was kept with a Job. */
export function keptLog({ metadata }: JobObject, window: LogWindow): string | undefined {
  const log = metadata.annotations?.[OWN_LABELS.log];
  if (log === undefined) return undefined;
  const tail = new ByteTail(window);
  tail.push(Buffer.from(log));
  return tail.text();
}

/** What is told of the log of a worker that has no pod. */
export function absentLog({ state }: Job): string {
  return isFinal(state.status) && state.timestamp !== '' ? GONE : '';
}
