/** Joins the logs of a job's workers in their order; a header names each when there are several. */
export function joinWorkerLogs(logs: readonly string[]): string {
  if (logs.length === 1) return logs[0] ?? '';
  return logs
    .map((log, worker) => {
      const end = log === '' || log.endsWith('\n') ? '' : '\n';
      return `--- worker ${worker + 1} of ${logs.length} ---\n${log}${end}`;
    })
    .join('');
}
