import { describe, expect, it } from 'vitest';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { firstCause, listedWorker, STATUS_MEANING } from './cromwell-status.js';

const NEW: WorkerFacts = {
  launched: undefined,
  startedAt: undefined,
  end: undefined,
  isCleared: false,
};
const LAUNCHED: WorkerFacts = { ...NEW, launched: { job: '7', at: '2026-01-01T00:00:00Z' } };
const END = '2026-01-01T00:01:00Z';

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
    expect(listedWorker({ status }, NEW)).toMatchObject(expected);
  });

  it('has a meaning for every word that Cromwell documents', () => {
    expect(STATUS_MEANING.size).toBe(7);
  });

  it('Succeeded proves no success: the record of the job does, which a second submission leaves', () => {
    expect(listedWorker({ status: 'Succeeded' }, LAUNCHED)).toEqual({ is: 'running' });
  });

  it('Succeeded without a record is a store that the nodes do not share', () => {
    expect(listedWorker({ status: 'Succeeded' }, NEW)).toMatchObject({
      is: 'failed',
      message: expect.stringContaining('SLURM_RECORDS') as string,
    });
  });

  it('Failed tells the first cause, and what the batch system said', () => {
    const failures = [
      { message: 'Workflow failed', causedBy: [{ message: 'exit code 3', causedBy: [] }] },
      { message: 'another' },
    ];
    expect(firstCause(failures)).toBe('exit code 3');
    const seen = { status: 'Failed', metadata: { id: 'x', status: 'Failed', end: END, failures } };
    expect(listedWorker({ ...seen, refusal: 'invalid partition' }, NEW)).toEqual({
      is: 'failed',
      reason: 'BackendError',
      message: 'Cromwell says: exit code 3 (invalid partition)',
      endedAt: END,
    });
  });
});
