import { describe, expect, it } from 'vitest';
import type { WorkflowCall } from '../../../clients/cromwell/cromwell-client.js';
import { LAUNCHED, NEW, SIGNALLED } from './cromwell-fixture.js';
import { firstCause, isOfAnother, listedWorker, STATUS_MEANING } from './cromwell-status.js';

const END = '2026-01-01T00:01:00Z';

/** A workflow that has ended, whose first call is this. */
function ended(status: string, call: Partial<WorkflowCall> = {}) {
  const calls = { 'ChRISJob.worker': [{ shardIndex: 0, ...call }] };
  return { status, metadata: { id: 'x', status, end: END, calls } };
}
const settled = (status: string, call?: Partial<WorkflowCall>) => ({
  ...ended(status, call),
  isSettled: true,
});

describe('the status of a workflow', () => {
  it.each([
    ['Submitted', { is: 'waiting', message: 'waiting in Cromwell' }],
    ['On Hold', { is: 'waiting', message: 'on hold in Cromwell' }],
    ['Running', { is: 'waiting', message: 'handed to the batch system by Cromwell' }],
    ['Aborting', { is: 'running' }],
    ['Failed', { is: 'failed', reason: 'BackendError' }],
    ['Aborted', { is: 'failed', reason: 'Cancelled' }],
    ['Unheard Of', { is: 'waiting' }],
  ])('%s is %j', (status, expected) => {
    expect(listedWorker({ status }, NEW, 1)).toMatchObject(expected);
  });

  it('has a meaning for every word that Cromwell documents', () => {
    expect(STATUS_MEANING.size).toBe(7);
  });

  it.each(['Succeeded', 'Failed', 'Aborted'])(
    '%s leaves time for the record of the job to come over shared storage',
    (status) => {
      expect(listedWorker(ended(status, { jobId: '7' }), LAUNCHED, 1)).toEqual({ is: 'running' });
      expect(listedWorker(ended(status, { jobId: '7' }), NEW, 1)).toMatchObject({ is: 'waiting' });
    },
  );

  it('Succeeded is success where the end could not be written: the script has the exit code', () => {
    const seen = settled('Succeeded', { jobId: '7' });
    expect(listedWorker(seen, LAUNCHED, 1)).toEqual({ is: 'succeeded' });
  });

  it('Succeeded proves nothing of a worker that another submission began', () => {
    const seen = settled('Succeeded', { jobId: '8' });
    expect(isOfAnother(seen, LAUNCHED, 1)).toBe(true);
    expect(isOfAnother(seen, SIGNALLED, 1)).toBe(false);
    expect(listedWorker(seen, LAUNCHED, 1)).toMatchObject({
      is: 'failed',
      message: 'Cromwell says that it has succeeded, but it has left no record of its end',
    });
  });

  it('Succeeded without a record is a store that the nodes do not share', () => {
    expect(listedWorker(settled('Succeeded'), NEW, 1)).toMatchObject({
      is: 'failed',
      message: expect.stringContaining('SLURM_RECORDS') as string,
    });
  });

  it.each(['Succeeded', 'Failed', 'Aborted'])(
    '%s is cancelled where the record tells of a signal',
    (status) => {
      const seen = ended(status, { jobId: '8' });
      expect(listedWorker(seen, SIGNALLED, 1)).toMatchObject({ reason: 'Cancelled' });
    },
  );

  it.each([
    ['CANCELLED AT 2026-01-01T00:01:00 DUE TO TIME LIMIT', 'TimeLimit'],
    ['CANCELLED AT 2026-01-01T00:01:00 DUE TO PREEMPTION', 'Preempted'],
    ['CANCELLED AT 2026-01-01T00:01:00 DUE TO NODE FAILURE, SEE SLURMCTLD LOG', 'NodeLost'],
    ['CANCELLED AT 2026-01-01T00:01:00', 'Cancelled'],
  ])('Failed is what SLURM wrote beside the call: %s', (words, reason) => {
    for (const [facts, name] of [
      [LAUNCHED, 'slurmstepd'],
      [SIGNALLED, 'slurmstepd-n1'],
    ] as const) {
      const said = new Map([[0, `${name}: error: *** JOB 7 ON n1 ${words} ***`]]);
      const seen = { ...settled('Failed', { jobId: '7' }), words: said };
      expect(listedWorker(seen, facts, 1)).toMatchObject({ is: 'failed', reason, endedAt: END });
    }
  });

  it('Failed tells the first cause, and what the batch system said, without the folders', () => {
    const submit = '/srv/cromwell/executions/ChRISJob/1/call-worker/execution/stderr.submit';
    const failures = [
      {
        message: 'Workflow failed',
        causedBy: [{ message: `Unable to start job: ${submit}`, causedBy: [] }],
      },
      { message: 'another' },
    ];
    expect(firstCause(failures)).toBe(`Unable to start job: ${submit}`);
    const words = new Map([[0, 'sbatch: error:\ninvalid partition']]);
    const metadata = { id: 'x', status: 'Failed', end: END, failures };
    expect(listedWorker({ status: 'Failed', metadata, words }, NEW, 1)).toEqual({
      is: 'failed',
      reason: 'BackendError',
      message:
        'Cromwell says: Unable to start job: stderr.submit (sbatch: error: invalid partition)',
      endedAt: END,
    });
  });

  it('Failed tells of each worker what its own call failed of', () => {
    const call = (shardIndex: number, message: string) => ({ shardIndex, failures: [{ message }] });
    const calls = { w: [call(0, 'no partition'), call(1, 'no memory')] };
    const failures = [{ message: 'no partition' }];
    const seen = { status: 'Failed', metadata: { id: 'x', status: 'Failed', failures, calls } };
    expect(listedWorker(seen, NEW, 2)).toMatchObject({ message: 'Cromwell says: no memory' });
  });
});
