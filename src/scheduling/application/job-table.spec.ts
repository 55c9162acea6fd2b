import { describe, expect, it } from 'vitest';
import { jobName } from '../../../test/fakes/builders.js';
import type { Job, JobState } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import type { SpecHash } from '../domain/spec-hash.js';
import { JobTable, type TableChange } from './job-table.js';

const NAME = jobName('job-1');

function job(state: Partial<JobState>, incarnation = '1', name: JobName = NAME): Job {
  return {
    name,
    specHash: 'hash' as SpecHash,
    incarnation,
    mark: `${incarnation}:${state.status}:${state.message}`,
    image: 'image',
    command: ['command'],
    state: { status: 'started', message: '', timestamp: '', ...state },
  };
}

describe('a final state in the table', () => {
  const oom = { status: 'finishedWithError', message: 'out of memory', exitCode: 137 } as const;

  it.each<[string, Partial<JobState>]>([
    ['another word', { status: 'started' }],
    ['the same status in other words', { status: 'finishedWithError', message: 'its pod is gone' }],
  ])('stays as it is whatever a later answer says of the same run: %s', (_words, later) => {
    const table = new JobTable();
    table.learn(NAME, job(oom), 1);
    table.learn(NAME, job(later), 2);
    expect(table.get(NAME)?.state).toMatchObject(oom);
    // So that the next list agrees.
    expect(table.get(NAME)?.mark).toBe(job(later).mark);
    expect(table.live).toBe(0);
  });

  it('makes way for another run of the name', () => {
    const table = new JobTable();
    table.learn(NAME, job(oom), 1);
    table.learn(NAME, job({ status: 'started' }, '2'), 2);
    expect(table.get(NAME)?.state.status).toBe('started');
  });
});

describe('what is known to be gone', () => {
  it('is no job any more for whatever is older', () => {
    const table = new JobTable();
    table.learn(NAME, job({}), 1);
    table.learn(NAME, undefined, 3);
    table.learn(NAME, job({}), 2);
    expect(table.compare([{ name: NAME, mark: job({}).mark }], 2)).toEqual([]);
    expect(table.get(NAME)).toBeUndefined();
    expect([table.jobs, table.live, table.gone]).toEqual([0, 0, 1]);
    table.learn(NAME, job({}, '2'), 4);
    expect([table.jobs, table.live, table.gone]).toEqual([1, 1, 0]);
  });

  it('is remembered of ten thousand names at most, the newest of them', () => {
    const table = new JobTable();
    for (let index = 0; index <= 10_000; index += 1) {
      table.learn(`nobody-${index}` as JobName, undefined, index);
    }
    expect(table.gone).toBe(10_000);
    const [oldest, newest] = ['nobody-0' as JobName, 'nobody-10000' as JobName];
    table.learn(oldest, job({}, '1', oldest), 0);
    table.learn(newest, job({}, '1', newest), 0);
    expect(table.get(oldest)).toBeDefined();
    expect(table.get(newest)).toBeUndefined();
  });
});

describe('an observer of the table', () => {
  it('is told of what is new, changed and gone, and of nothing that is only confirmed', () => {
    const table = new JobTable();
    const changes: TableChange[] = [];
    table.observe((change) => changes.push(change));
    const [first, second] = [job({}), job({ status: 'finishedSuccessfully' })];
    table.learn(NAME, first, 1);
    table.compare([{ name: NAME, mark: first.mark }], 2);
    table.learn(NAME, second, 3);
    table.compare([], 4);
    table.learn(jobName('nobody'), undefined, 5);
    expect(changes).toEqual([
      { name: NAME, before: undefined, job: first },
      { name: NAME, before: first, job: second },
      { name: NAME, before: second, job: undefined },
    ]);
  });
});
