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
      const end = endOfText(line);
      return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
    })
    .join('\n');
}

/** Where the carriage returns at the end of a line begin; a regular expression takes quadratic time. */
function endOfText(line: string): number {
  let end = line.length;
  while (end > 0 && line[end - 1] === '\r') end -= 1;
  return end;
}

/** Puts the reason of a job's death on the last line: clients keep only the end of a log. */
export function withFailureLine(log: string, job: Job): string {
  if (job.state.status !== 'finishedWithError') return log;
  const separator = log === '' || log.endsWith('\n') ? '' : '\n';
  return `${log}${separator}[pman] job failed: ${job.state.message}\n`;
}
