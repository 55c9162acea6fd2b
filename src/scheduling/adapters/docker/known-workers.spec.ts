import { describe, expect, it } from 'vitest';
import type { JobName } from '../../domain/job-name.js';
import { KnownWorkers } from './known-workers.js';

const NAME = 'job-1' as JobName;

describe('the known containers of a job', () => {
  it('are those that were last seen, in their order', () => {
    const known = new KnownWorkers();
    known.see(NAME, [{ Id: 'a' }, { Id: 'b' }]);
    expect(known.of(NAME)).toEqual(['a', 'b']);
    known.see(NAME, [{ Id: 'c' }]);
    expect(known.of(NAME)).toEqual(['c']);
    known.forget(NAME);
    expect(known.of(NAME)).toBeUndefined();
  });

  it('are none when one of them is gone: its log needs a word in its place', () => {
    const known = new KnownWorkers();
    known.see(NAME, [{ Id: 'a' }]);
    known.see(NAME, [{ Id: 'a' }, undefined]);
    expect(known.of(NAME)).toBeUndefined();
  });

  it('are those of twenty thousand jobs at most', () => {
    const known = new KnownWorkers();
    for (let index = 0; index <= 20_000; index += 1) {
      known.see(`job-${index}` as JobName, [{ Id: String(index) }]);
    }
    expect(known.of('job-0' as JobName)).toBeUndefined();
    expect(known.of('job-20000' as JobName)).toEqual(['20000']);
  });
});
