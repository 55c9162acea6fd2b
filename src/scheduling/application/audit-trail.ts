import type { EventLog } from '../../shared/event-log.js';
import { isFinal } from '../domain/job-status.js';
import type { TableChange } from './job-table.js';

/**
 * Writes down what became of jobs, each event once: which have ended since they were seen alive, and
 * which are gone. Nothing of what a user wrote into a job but its name.
 */
export function auditTrail(log: EventLog): (change: TableChange) => void {
  return ({ name: jid, before, job }) => {
    if (before === undefined) return;
    if (job === undefined) {
      log.info('job removed', { jid, status: before.state.status });
      return;
    }
    const { status, reason, exitCode } = job.state;
    const hasEnded = !isFinal(before.state.status) && isFinal(status);
    if (!hasEnded || before.incarnation !== job.incarnation) return;
    log.info('job ended', {
      jid,
      status,
      ...(reason !== undefined && { reason }),
      ...(exitCode !== undefined && { exitCode }),
    });
  };
}
