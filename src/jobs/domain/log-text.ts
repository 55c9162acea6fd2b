import type { Job } from '../../scheduling/domain/job.js';

/**
 * Collapses progress bars: of a line that was overwritten by carriage returns only its last state
 * stays. A carriage return before the line's end belongs to the line ending.
 */
export function collapseCarriageReturns(log: string): string {
  if (!log.includes('\r')) return log;
  return log
    .split('\n')
    .map((line) => {
      const text = line.replace(/\r+$/, '');
      return text.slice(text.lastIndexOf('\r') + 1);
    })
    .join('\n');
}

/** Puts the reason of a job's death on the last line: clients keep only the end of a log. */
export function withFailureLine(log: string, job: Job): string {
  if (job.state.status !== 'finishedWithError') return log;
  const separator = log === '' || log.endsWith('\n') ? '' : '\n';
  return `${log}${separator}[pman] job failed: ${job.state.message}\n`;
}
