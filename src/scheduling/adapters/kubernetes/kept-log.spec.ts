import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import { jobObject, podObject } from './fixtures.js';
import { writeEnding } from './job-ending.js';
import { absentLog, keptLog, writeLog } from './kept-log.js';
import { toJob } from './kubernetes-job.js';

const WINDOW = { lines: 2, bytes: 1_000 };
const name = jobName('job-1');

describe('the log of a job that this service has ended', () => {
  it('is what was kept of it, as much as is wanted', () => {
    const job = jobObject({ annotations: writeLog('1\n2\n3\n') });
    expect(keptLog(job, WINDOW)).toBe('2\n3\n');
  });

  it('is none where nothing was kept', () => {
    expect(keptLog(jobObject({ annotations: writeLog('') }), WINDOW)).toBeUndefined();
  });
});

describe('the log of a worker without a pod', () => {
  const state = (timestamp: string) => ({
    annotations: writeEnding({ reason: 'Cancelled', message: 'cancelled', timestamp }),
  });

  it('has gone with it when the job had begun and has ended', () => {
    const job = toJob(name, jobObject(state('2026-01-01T00:00:05Z')), []);
    expect(absentLog(job)).toBe('[pman] the log went with its pod\n');
  });

  it('never was when the job had not begun, and may still be while it has not ended', () => {
    expect(absentLog(toJob(name, jobObject(state('')), []))).toBe('');
    const running = podObject({ phase: 'Running' });
    expect(absentLog(toJob(name, jobObject({ workers: 2 }), [running]))).toBe('');
  });
});
