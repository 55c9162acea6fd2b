import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, RECORDS, within } from './job-fixture.js';

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

async function logBytesOnDisk(): Promise<number> {
  const entries = await readdir(join(bench.root, RECORDS), { recursive: true });
  const logs = entries.filter((entry) => entry.includes('/log.'));
  const sizes = await Promise.all(
    logs.map(async (entry) => (await stat(join(bench.root, RECORDS, entry))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('the log of a job', () => {
  it('holds standard output and standard error in the order in which they were written', async () => {
    await bench.run(bench.shell('echo 1; echo 2 >&2; echo 3; printf "4\\r5"'));
    expect(await bench.log()).toBe('1\n2\n3\n4\r5');
  });

  it('can be read while the job runs', async () => {
    await bench.scheduler.submit(bench.shell('echo early; sleep 20'), within());
    const read = async (): Promise<string | undefined> => (await bench.log()) || undefined;
    expect(await bench.eventually(read)).toBe('early\n');
  });

  it('is given from its end by lines and by bytes', async () => {
    await bench.run(bench.shell('seq 1 100000'));
    expect(await bench.log('job', { lines: 2, bytes: 1000 })).toBe('99999\n100000\n');
    expect(await bench.log('job', { lines: 0, bytes: 1000 })).toBe('');
    expect(await bench.log('job', { lines: undefined, bytes: 9 })).toBe('9\n100000\n');
    expect((await bench.log('job', { lines: undefined, bytes: 10_000_000 })).length).toBe(588_895);
    expect((await bench.log('job', { lines: 50_000, bytes: 10_000_000 })).slice(0, 6)).toBe(
      '50001\n',
    );
  });

  it('never begins with a part of a character', async () => {
    await bench.run(bench.shell('printf "aü€😀"'));
    const tails = [10, 9, 8, 7, 6, 5, 4, 3, 0].map((bytes) =>
      bench.log('job', { lines: undefined, bytes }),
    );
    const [whole, noA, ...rest] = await Promise.all(tails);
    expect([whole, noA]).toEqual(['aü€😀', 'ü€😀']);
    expect(rest).toEqual(['€😀', '€😀', '😀', '😀', '😀', '', '']);
  });

  it('has replacement characters for what is not UTF-8', async () => {
    await bench.run(bench.shell('printf "a\\377b\\000c"'));
    expect(await bench.log()).toBe('a\uFFFDb\0c');
  });

  it('is bounded on the disk, and its last lines are there when the job has ended', async () => {
    const job = await bench.run(bench.shell('yes | head -c 200000000; echo last'));
    expect(job.state.status).toBe('finishedSuccessfully');
    expect(await logBytesOnDisk()).toBeLessThan(32 * 1024 * 1024);
    expect(await bench.log('job', { lines: 2, bytes: 1000 })).toBe('y\nlast\n');
  });
});
