import { describe, expect, it } from 'vitest';
import { jobName } from '../../../test/fakes/builders.js';
import type { LogFields } from '../../shared/event-log.js';
import type { Job, JobState } from '../domain/job.js';
import type { SpecHash } from '../domain/spec-hash.js';
import { auditTrail } from './audit-trail.js';
import { JobTable } from './job-table.js';

const NAME = jobName('job-1');

const job = (state: Partial<JobState>): Job => ({
  name: NAME,
  specHash: 'hash' as SpecHash,
  incarnation: '1',
  mark: `${state.status}`,
  image: 'image',
  command: ['secret-argument'],
  state: { status: 'started', message: 'secret words', timestamp: '', ...state },
});

function setUp() {
  const lines: (readonly [string, LogFields | undefined])[] = [];
  const info = (event: string, fields?: LogFields) => void lines.push([event, fields]);
  const other = (): never => {
    throw new Error('not a level of the trail');
  };
  const table = new JobTable();
  table.observe(auditTrail({ debug: other, info, warn: other, error: other }));
  return { table, lines };
}

describe('the audit trail', () => {
  it('tells once that a job has ended and that it is gone, and nothing of its words', () => {
    const { table, lines } = setUp();
    const failed = { status: 'finishedWithError', reason: 'OutOfMemory', exitCode: 137 } as const;
    table.learn(NAME, job({}), 1);
    table.learn(NAME, job(failed), 2);
    table.learn(NAME, job(failed), 3);
    table.learn(NAME, undefined, 4);
    table.learn(NAME, undefined, 5);
    expect(lines).toEqual([
      ['job ended', { jid: NAME, ...failed }],
      ['job removed', { jid: NAME, status: 'finishedWithError' }],
    ]);
  });

  it('says nothing of jobs that had ended before the service began', () => {
    const { table, lines } = setUp();
    table.learn(NAME, job({ status: 'finishedSuccessfully' }), 1);
    expect(lines).toEqual([]);
  });
});
