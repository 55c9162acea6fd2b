/** The status words of the v1 API, in the order in which a job goes through them. */
export type JobStatus =
  'notstarted' | 'started' | 'finishedSuccessfully' | 'finishedWithError' | 'undefined';

export function isFinal(status: JobStatus): boolean {
  return status === 'finishedSuccessfully' || status === 'finishedWithError';
}
