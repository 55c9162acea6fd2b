import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldProbe } from './field-probe.js';
import { Service } from './service.js';

let service: Service;
let probe: FieldProbe;

beforeAll(async () => {
  service = await Service.start();
  probe = new FieldProbe(service);
});

afterAll(() => service.stop());

describe('args and entrypoint', () => {
  it('reach the job word by word', async () => {
    const words = [
      '',
      ' ',
      "it's",
      '"',
      '$HOME',
      '`id`',
      'a\nb',
      '日本',
      '-o/etc/cron.d/x',
      '--wrap=x',
      '~{x}',
      '\\',
    ];
    const spec = await probe.specOf({ args: words, entrypoint: ['/bin/a b', '-x'] });
    expect(spec?.command).toEqual([
      '/bin/a b',
      '-x',
      ...words,
      '/share/incoming',
      '/share/outgoing',
    ]);
  });

  it('may be none, and numbers are made texts', async () => {
    expect((await probe.specOf({ args: null, type: 'fs' }))?.command).toEqual([
      'simpledsapp',
      '/share/outgoing',
    ]);
    expect((await probe.specOf({ args: [1, 2.5, -3, 1e21], type: 'ts' }))?.command).toEqual([
      'simpledsapp',
      '1',
      '2.5',
      '-3',
      '1e+21',
      '/share/outgoing',
    ]);
  });

  it('may be ten thousand, with path flags among them', async () => {
    const args = Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? '--dir' : 'x'));
    const spec = await probe.specOf({ args, args_path_flags: ['--dir'] });
    expect(spec?.command.filter((word) => word === '/share/incoming')).toHaveLength(5_001);
  });

  it.each([
    ['args', '--sleep 2', 'must be a list of strings'],
    ['args', { 0: 'a' }, 'must be a list of strings'],
    ['args', 5, 'must be a list of strings'],
    ['args', ['a', true], 'item 1 must be a string'],
    ['args', ['a', null], 'item 1 must be a string'],
    ['args', [['a']], 'item 0 must be a string'],
    ['args', [{ constructor: 'a' }], 'item 0 must be a string'],
    ['args', ['a\0b'], 'item 0 must not contain a NUL character'],
    ['args', ['\ud800'], 'item 0 must be valid Unicode'],
    ['args', ['x'.repeat(131_072)], 'item 0 must be at most 131071 bytes'],
    ['args', Array.from({ length: 10_001 }, () => ''), 'must have at most 10000 items'],
    ['args_path_flags', '--dir', 'must be a list of strings'],
    ['args_path_flags', [1], 'item 0 must be a string'],
    ['entrypoint', [], 'must have at least one item'],
    ['entrypoint', 'simpledsapp', 'must be a list of strings'],
    ['entrypoint', ['a\0'], 'item 0 must not contain a NUL character'],
  ])('refuse %s as %j', async (field, value, reason) => {
    expect(await probe.refusal({ [field]: value })).toEqual({ [field]: reason });
  });
});

describe('env', () => {
  it.each([
    [undefined, []],
    [null, []],
    [[], []],
    [
      ['A=1', 'b_2=x=y\nz', '_=', 'C= '],
      [
        ['A', '1'],
        ['b_2', 'x=y\nz'],
        ['_', ''],
        ['C', ' '],
      ],
    ],
    [
      ['A=1', 'B=2', 'A=3'],
      [
        ['B', '2'],
        ['A', '3'],
      ],
    ],
  ])('%j is understood', async (env, pairs) => {
    const spec = await probe.specOf({ env });
    expect(spec?.env).toEqual(pairs.map(([name, value]) => ({ name, value })));
  });

  it.each(['=1', 'A', '', '1A=x', 'A B=x', 'A-B=x', 'Ä=x', 'A\n=x', ' A=x'])(
    'must not have the entry %j',
    async (entry) => {
      expect(await probe.refusal({ env: ['OK=1', entry] })).toEqual({
        env: expect.stringMatching(/^item 1 must be KEY=value/),
      });
    },
  );

  it('never comes back in an error nor in the log', async () => {
    const secret = 's3cr3t-token';
    const reasons = [
      await probe.refusal({ env: [`A B=${secret}`] }),
      await probe.refusal({ env: [`A=${secret}\0`] }),
      await probe.refusal({ env: secret }),
      await probe.refusal({ env: { TOKEN: secret } }),
    ];
    await probe.specOf({ env: [`TOKEN=${secret}`], auid: 'x' });
    expect(JSON.stringify(reasons)).not.toContain(secret);
    expect(service.logLines.join('')).not.toContain(secret);
  });

  it('has at most a thousand entries', async () => {
    const entries = (length: number): string[] =>
      Array.from({ length }, (_, index) => `K${index}=v`);
    expect((await probe.specOf({ env: entries(1_000) }))?.env).toHaveLength(1_000);
    expect(await probe.refusal({ env: entries(1_001) })).toEqual({
      env: 'must have at most 1000 items',
    });
  });
});
