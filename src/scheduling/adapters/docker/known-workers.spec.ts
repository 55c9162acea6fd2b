import { describe, expect, it } from 'vitest';
import type { JobName } from '../../domain/job-name.js';
import { KnownWorkers } from './known-workers.js';

const NAME = 'job-1' as JobName;
const worker = (Id: string, Status = 'running') => ({ Id, State: { Status } });

describe('the known containers of a job', () => {
  it('are those that were last seen, in their order', () => {
    const known = new KnownWorkers();
    known.see(NAME, [worker('a'), worker('b')]);
    expect(known.of(NAME)).toEqual(['a', 'b']);
    known.see(NAME, [worker('c')]);
    expect(known.of(NAME)).toEqual(['c']);
    known.forget(NAME);
    expect(known.of(NAME)).toBeUndefined();
  });

  it('are none when one of them is gone: its log needs a word in its place', () => {
    const known = new KnownWorkers();
    known.see(NAME, [worker('a')]);
    known.see(NAME, [worker('a'), undefined]);
    expect(known.of(NAME)).toBeUndefined();
  });

  it('have ended when each of them has', () => {
    const known = new KnownWorkers();
    known.see(NAME, [worker('a', 'exited'), worker('b')]);
    expect(known.endedOf(NAME)).toBeUndefined();
    known.see(NAME, [worker('a', 'exited'), worker('b', 'stopped')]);
    expect(known.endedOf(NAME)).toEqual(['a', 'b']);
    known.see(NAME, [worker('a', 'created')]);
    expect(known.endedOf(NAME)).toBeUndefined();
  });

  it('are those of twenty thousand jobs at most', () => {
    const known = new KnownWorkers();
    for (let index = 0; index <= 20_000; index += 1) {
      known.see(`job-${index}` as JobName, [worker(String(index))]);
    }
    expect(known.of('job-0' as JobName)).toBeUndefined();
    expect(known.of('job-20000' as JobName)).toEqual(['20000']);
  });
});
