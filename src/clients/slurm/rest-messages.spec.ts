import { describe, expect, it } from 'vitest';
import {
  errorOf,
  jobNumberOf,
  parseAccounting,
  parseJobs,
  submissionBody,
} from './rest-messages.js';
import { expandTasks } from './task-list.js';

const listed = (changes: object) => ({
  jobs: [
    {
      job_id: 7,
      array_job_id: 0,
      array_task_id: null,
      array_task_string: '',
      job_state: 'PENDING',
      state_reason: 'Resources',
      name: 'job',
      comment: 'RUN',
      user_name: 'chris',
      ...changes,
    },
  ],
});
const keysOf = (answer: unknown) =>
  parseJobs(answer, 'chris').flatMap(({ rows }) => Array.from(rows.keys()));

describe('what slurmrestd lists', () => {
  it('is a row for each job of the user', () => {
    const [job] = parseJobs(listed({}), 'chris');
    expect(job).toMatchObject({ job: '7', name: 'job', comment: 'RUN' });
    expect([...(job?.rows ?? [])]).toEqual([['7', { state: 'PENDING', reason: 'Resources' }]]);
  });

  it('is nothing of other users', () => {
    expect(parseJobs(listed({ user_name: 'other' }), 'chris')).toEqual([]);
  });

  it('has a task that runs under the number of its array', () => {
    expect(keysOf(listed({ job_id: 9, array_job_id: 7, array_task_id: 2 }))).toEqual(['7_2']);
  });

  it('has each of the tasks that wait together', () => {
    expect(keysOf(listed({ array_job_id: 7, array_task_string: '2-3,9' }))).toEqual([
      '7_2',
      '7_3',
      '7_9',
    ]);
  });

  it.each([null, 'text', {}, { jobs: 'x' }, { jobs: [null, 1, {}] }, listed({ job_id: 'x' })])(
    'is nothing in the answer %j',
    (answer) => {
      expect(parseJobs(answer, 'chris')).toEqual([]);
    },
  );

  it.each<[string, readonly number[]]>([
    ['1-3,7%2', [1, 2, 3, 7]],
    ['0-6:3', [0, 3, 6]],
    ['1-2,...', [1, 2]],
    ['3-1', []],
    ['', []],
  ])('has the tasks %j as %j', (text, tasks) => {
    expect(expandTasks(text)).toEqual(tasks);
  });
});

describe('what slurmrestd knows by accounting', () => {
  it('is the end of a job and of each task of an array', () => {
    const state = { current: 'CANCELLED', reason: 'None' };
    const jobs = [
      { job_id: 7, array: { job_id: 0, task_id: null }, state, time: { end: 1_795_438_282 } },
      { job_id: 9, array: { job_id: 8, task_id: 2 }, state, time: { end: 0 } },
    ];
    expect([...parseAccounting({ jobs })]).toEqual([
      ['7', { state: 'CANCELLED', reason: 'None', endedAt: '2026-11-23T12:51:22Z' }],
      ['8_2', { state: 'CANCELLED', reason: 'None' }],
    ]);
  });
});

describe('an answer of slurmrestd to a submission', () => {
  it('has the number of a job that was taken, also of one that is held', () => {
    const errors = [{ error_code: 2042, error: 'Job is in held state' }];
    expect(jobNumberOf({ job_id: 5, errors })).toBe('5');
    expect(jobNumberOf({ errors })).toBeUndefined();
  });

  it.each([
    [{ error_code: 2000, error: 'Invalid partition name specified' }, true],
    [{ error_number: 2017, error: 'Invalid job id specified' }, true],
    [{ error_code: 1800, error: 'Unable to contact slurm controller' }, false],
    [{ error_code: 5005, error: 'Zero Bytes were transmitted or received' }, false],
    [{ error_number: -1, error: 'Unspecified error' }, false],
  ])('with %j is a refusal: %s', (error, hasAnswered) => {
    expect(errorOf({ errors: [error] })).toMatchObject({ words: error.error, hasAnswered });
  });
});

describe('a submission by slurmrestd', () => {
  it('has no field that the job does not ask for', () => {
    const none = undefined;
    const submission = { name: 'job', comment: '{}', workers: 1, cpus: none, gpus: none };
    const limits = { memoryMebibytes: none, timeLimitMinutes: none };
    const site = { partition: none, account: none, qos: none, constraint: none };
    const body = submissionBody({ ...submission, ...limits, ...site, script: '#!/bin/sh\n' });
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      script: '#!/bin/sh\n',
      job: {
        name: 'job',
        comment: '{}',
        environment: { PATH: expect.any(String), LC_ALL: 'C.UTF-8' },
        no_requeue: true,
        standard_output: '/dev/null',
        standard_error: '/dev/null',
        current_working_directory: '/',
        nodes: [1, 1],
        tasks: 1,
      },
    });
  });
});
