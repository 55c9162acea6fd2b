import { describe, expect, it } from 'vitest';
import { parseAccounts, parseQueue } from '../../../clients/slurm/command-output.js';
import type { SlurmRow } from '../../../clients/slurm/slurm-client.js';
import { mebibytes, seconds } from '../../../shared/units.js';
import { specOf } from '../batch-api/batch-fixture.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { workerState, type WorkerSight } from '../batch-api/worker-status.js';
import { listedWorker, STATE_MEANING } from './slurm-status.js';

const AT = '2026-01-02T03:04:05Z';
const NEW: WorkerFacts = {
  launched: undefined,
  startedAt: undefined,
  end: undefined,
  isCleared: false,
};
const RUNNING: WorkerFacts = { ...NEW, launched: { job: '7', at: AT }, startedAt: AT };
const { mounts } = specOf();
const LIMITS = {
  system: 'SLURM',
  image: 'local/x:1',
  memory: mebibytes(16),
  time: seconds(3),
  mounts,
};

type Sight = Partial<Omit<WorkerSight, 'listed'>> & {
  readonly row?: SlurmRow | 'absent' | 'lost';
  readonly isOverdue?: boolean;
};

const stateOf = ({ row, isOverdue, ...sight }: Sight) => {
  const facts = sight.facts ?? NEW;
  const listed = typeof row === 'object' ? listedWorker(row, facts, isOverdue) : (row ?? 'unseen');
  return workerState({ stopRequested: false, ...sight, facts, listed }, LIMITS);
};
const inState = (state: string, facts = RUNNING, reason = 'None') =>
  stateOf({ facts, row: { state, reason } });
const ended = (phase: 'ran' | 'create' | 'start' | 'cancelled' | 'late', exitCode: number) =>
  ({ ...RUNNING, end: { exitCode, phase, at: AT, words: 'the words' } }) satisfies WorkerFacts;

describe('the state of a job in SLURM', () => {
  it.each([
    'PENDING',
    'CONFIGURING',
    'REQUEUED',
    'REQUEUE_HOLD',
    'REQUEUE_FED',
    'SPECIAL_EXIT',
    'RESV_DEL_HOLD',
  ])('%s is not started', (word) => {
    expect(inState(word, NEW).status).toBe('notstarted');
  });

  it.each([
    'RUNNING',
    'COMPLETING',
    'SUSPENDED',
    'STOPPED',
    'SIGNALING',
    'STAGE_OUT',
    'RESIZING',
    'SOMETHING_NEW',
  ])('%s is started as soon as its container is', (word) => {
    expect(inState(word).status).toBe('started');
    expect(inState(word, NEW).status).toBe('notstarted');
  });

  it.each([
    ['FAILED', 'BackendError'],
    ['BOOT_FAIL', 'NodeLost'],
    ['NODE_FAIL', 'NodeLost'],
    ['DEADLINE', 'TimeLimit'],
    ['TIMEOUT', 'TimeLimit'],
    ['OUT_OF_MEMORY', 'OutOfMemory'],
    ['PREEMPTED', 'Preempted'],
    ['CANCELLED', 'Cancelled'],
    ['REVOKED', 'Cancelled'],
  ])('%s is an error because of %s', (word, reason) => {
    expect(inState(word)).toMatchObject({ status: 'finishedWithError', reason });
  });

  it('COMPLETED is a success of a job that has begun', () => {
    expect(inState('COMPLETED').status).toBe('finishedSuccessfully');
  });

  it.each(['COMPLETED', 'FAILED'])(
    '%s without a record waits for one, and is then an error that names both causes',
    (state) => {
      const row = { state, reason: 'NonZeroExitCode', endedAt: AT };
      expect(stateOf({ row })).toMatchObject({
        status: 'notstarted',
        message: 'it has ended in SLURM; its record is waited for',
      });
      expect(stateOf({ row, isOverdue: true })).toMatchObject({
        status: 'finishedWithError',
        reason: 'BackendError',
        timestamp: AT,
        message: expect.stringMatching(/SLURM_RECORDS must be at the same path.*user of this/),
      });
      expect(stateOf({ row, isOverdue: true, facts: ended('ran', 3) }).message).toMatch(/code 3/);
    },
  );

  it('FAILED without a record has the reason of SLURM, where it tells more than the state', () => {
    const row = { state: 'FAILED', reason: 'JobLaunchFailure' };
    expect(stateOf({ row, isOverdue: true }).message).toMatch(/ended \(JobLaunchFailure\), but/);
  });

  it('COMPLETED of a job that was removed before it began is no error of its record', () => {
    const row = { state: 'COMPLETED', reason: 'None' };
    expect(stateOf({ row, stopRequested: true })).toMatchObject({ reason: 'Cancelled' });
  });

  it('has a meaning for every word that SLURM documents', () => {
    expect(STATE_MEANING.size).toBe(24);
  });

  it('tells while it waits why, in words', () => {
    expect(inState('PENDING', NEW, 'Resources').message).toBe('waiting for free resources');
    expect(inState('PENDING', NEW, '(ReqNodeNotAvail, UnavailableNodes:n1)').message).toBe(
      'waiting because a node that it needs is not available',
    );
    expect(inState('PENDING', NEW, 'QOSMaxJobsPerUserLimit').message).toBe(
      'waiting because a limit of its QOS is reached (QOSMaxJobsPerUserLimit)',
    );
    expect(inState('PENDING', NEW, 'QOSNotAllowed').message).toMatch(/may not use its QOS$/);
    expect(inState('PENDING', NEW, 'AssocGrpCPUMinutesLimit').message).toBe(
      'waiting because a limit of its account is reached (AssocGrpCPUMinutesLimit)',
    );
    expect(inState('PENDING', NEW, 'BadConstraints').message).toMatch(
      /^waiting because no node is/,
    );
    const down = 'Nodes_required_for_job_are_DOWN,_DRAINED_or_reserved_for_jobs_in_higher_priority';
    expect(inState('PENDING', NEW, down).message).toMatch(/down or reserved/);
    expect(inState('PENDING', NEW, 'NewReason').message).toBe('waiting in SLURM (NewReason)');
  });
});

describe('a job that SLURM does not list', () => {
  it('goes on as far as its record says', () => {
    expect(stateOf({ row: 'absent', facts: RUNNING }).status).toBe('started');
    expect(stateOf({ row: 'absent' }).status).toBe('notstarted');
  });

  it('is unknown, and no failure, when it stays away', () => {
    expect(stateOf({ row: 'lost', facts: RUNNING }).status).toBe('undefined');
  });

  it('was cancelled when its end was asked for', () => {
    expect(stateOf({ row: 'absent', stopRequested: true })).toMatchObject({ reason: 'Cancelled' });
  });
});

describe('the record that a job writes', () => {
  it('counts more than what SLURM says', () => {
    const row = { state: 'RUNNING', reason: 'None' };
    expect(stateOf({ facts: ended('ran', 0), row }).status).toBe('finishedSuccessfully');
  });

  it.each([
    ['ran', 3, 'NonZeroExit', /exited with code 3$/],
    ['ran', 137, 'Signal', /SIGKILL.*out of memory \(limit 16 MiB\)/],
    ['late', 137, 'TimeLimit', /time limit of 3 s/],
    ['create', 125, 'BadCommand', /the words/],
    ['start', 127, 'BadCommand', /the words/],
  ] as const)('%s with code %i is %s', (phase, code, reason, message) => {
    expect(stateOf({ facts: ended(phase, code) })).toMatchObject({
      status: 'finishedWithError',
      reason,
      exitCode: code,
      message: expect.stringMatching(message),
    });
  });

  it.each(['create', 'start'] as const)(
    'with words of the phase %s tells no path of the host',
    (phase) => {
      const words =
        'Error: statfs /data/in: no such file; crun: mount `/data/out/x`: permission denied';
      const facts = { ...RUNNING, end: { exitCode: 125, phase, at: AT, words } };
      const { message } = stateOf({ facts });
      expect(message).toContain(
        'statfs /share/incoming: no such file; crun: mount `/share/outgoing/x`',
      );
      expect(message).not.toContain('/data');
    },
  );

  it('leaves it to SLURM why a signal came that nobody here has sent', () => {
    const facts = ended('cancelled', 143);
    expect(stateOf({ facts }).status).toBe('started');
    expect(stateOf({ facts, row: { state: 'TIMEOUT', reason: 'TimeLimit' } })).toMatchObject({
      reason: 'TimeLimit',
    });
    expect(stateOf({ facts, stopRequested: true })).toMatchObject({ reason: 'Cancelled' });
  });
});

describe('what SLURM prints', () => {
  it('is a state and a reason for each job and worker', () => {
    const rows = parseQueue('1|N/A|PENDING|Resources\n2|3|RUNNING|None\nnonsense\n');
    expect([...rows]).toEqual([
      ['1', { state: 'PENDING', reason: 'Resources' }],
      ['2_3', { state: 'RUNNING', reason: 'None' }],
    ]);
  });

  it('of accounting has the end, and who cancelled is left out', () => {
    const rows = parseAccounts(
      '5|CANCELLED by 1000|2026-01-02T03:04:05|None\n6_1|TIMEOUT+|Unknown|\n',
    );
    expect([...rows]).toEqual([
      ['5', { state: 'CANCELLED', reason: 'None', endedAt: AT }],
      ['6_1', { state: 'TIMEOUT', reason: '' }],
    ]);
  });
});
