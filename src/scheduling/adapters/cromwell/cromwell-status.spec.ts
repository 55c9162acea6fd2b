import { describe, expect, it } from 'vitest';
import { firstCause, workflowState } from './cromwell-status.js';

const at = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' };

describe('the state of a workflow', () => {
  it.each([
    ['Submitted', 'notstarted'],
    ['On Hold', 'notstarted'],
    ['Running', 'notstarted'],
    ['Aborting', 'started'],
    ['Succeeded', 'finishedSuccessfully'],
    ['Failed', 'finishedWithError'],
    ['Aborted', 'finishedWithError'],
    ['Unheard Of', 'notstarted'],
  ])('%s is %s', (status, expected) => {
    expect(workflowState({ id: 'x', status, ...at }).status).toBe(expected);
  });

  it('has started when the batch job of its call runs', () => {
    const calls = { 'pman.job': [{ backendStatus: 'Running', jobId: '7' }] };
    expect(workflowState({ id: 'x', status: 'Running', calls, ...at }).status).toBe('started');
  });

  it('tells the first cause of a failure', () => {
    const failures = [
      { message: 'Workflow failed', causedBy: [{ message: 'exit code 3', causedBy: [] }] },
      { message: 'another' },
    ];
    expect(firstCause(failures)).toBe('exit code 3');
    expect(workflowState({ id: 'x', status: 'Failed', failures, ...at }).message).toBe(
      'exit code 3',
    );
  });
});
