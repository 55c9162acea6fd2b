import type { LogWindow } from './scheduler.port.js';

/** The part of a window that each worker's log may fill, so that all of them joined fit into it. */
export function logShare(window: LogWindow, workers: number): LogWindow {
  if (workers <= 1) return window;
  const { lines, bytes } = window;
  // A log without an end gets a newline.
  const around = headerOf(workers, workers).length + 1;
  return {
    // Of more workers than lines each has one still.
    lines:
      lines === undefined ? undefined : Math.min(lines, Math.max(1, Math.floor(lines / workers))),
    bytes: Math.max(0, Math.floor(bytes / workers) - around),
  };
}

/** Joins the logs of a job's workers in their order; a header names each when there are several. */
export function joinWorkerLogs(logs: readonly string[]): string {
  if (logs.length === 1) return logs[0] ?? '';
  return logs
    .map((log, worker) => {
      const end = log === '' || log.endsWith('\n') ? '' : '\n';
      return `${headerOf(worker + 1, logs.length)}${log}${end}`;
    })
    .join('');
}

function headerOf(worker: number, workers: number): string {
  return `--- worker ${worker} of ${workers} ---\n`;
}
