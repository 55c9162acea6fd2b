import { describe, expect, it } from 'vitest';
import { specOf } from './batch-fixture.js';
import { refuseWhatWouldChange } from './runtime-refusals.js';

describe('a value with CR LF', () => {
  const spec = specOf({ env: [{ name: 'TEXT', value: 'a\r\nb' }] });

  it('is refused by the name of its variable where Podman would change it', () => {
    expect(() => refuseWhatWouldChange(spec, 'podman')).toThrow(/env: .*TEXT/);
  });

  it('is taken with other runtimes, and so is a CR alone', () => {
    expect(() => refuseWhatWouldChange(spec, 'apptainer')).not.toThrow();
    const alone = specOf({ env: [{ name: 'TEXT', value: 'a\rb\n' }] });
    expect(() => refuseWhatWouldChange(alone, 'podman')).not.toThrow();
  });
});
