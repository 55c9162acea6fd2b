import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobBody } from '../fakes/builders.js';
import { assertBounded } from './bounded-answer.js';
import { Service } from './service.js';

const MIB = 1024 * 1024;

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

describe('a monstrous body', () => {
  const nested = (depth: number, open: string, close: string): string =>
    open.repeat(depth) + close.repeat(depth);
  const raw = (field: string, json: string): string =>
    JSON.stringify({ ...jobBody({ jid: `body-${field}` }), [field]: 0 }).replace(
      `"${field}":0`,
      `"${field}":${json}`,
    );

  it.each<[string, () => string | Buffer, number]>([
    ['lists, half a million deep', () => nested(500_000, '[', ']'), 400],
    [
      'objects, a hundred thousand deep',
      () => nested(100_000, '{"a":', '}').replace('}', '1}'),
      400,
    ],
    ['lists without an end', () => '['.repeat(MIB - 1), 400],
    ['depth in an unknown key', () => raw('unknown', nested(100_000, '[', ']')), 400],
    ['a wide list in an unknown key', () => raw('unknown', `[${'[],'.repeat(100_000)}[]]`), 201],
    ['10 MB of spaces', () => Buffer.alloc(10 * MIB, 0x20), 413],
    ['10 MB of one text', () => raw('auid', JSON.stringify('x'.repeat(10 * MIB))), 413],
    ['a mebibyte of one text', () => raw('auid', JSON.stringify('x'.repeat(1_000_000))), 400],
    [
      'a hundred thousand arguments',
      () => raw('args', JSON.stringify(Array(100_000).fill('x'))),
      400,
    ],
    ['a million zeros', () => raw('cpu_limit', `1${'0'.repeat(1_000_000)}`), 400],
    [
      'a number with a million decimals',
      () => raw('cpu_limit', `1.${'0'.repeat(1_000_000)}1`),
      201,
    ],
    [
      'half a million slashes',
      () => raw('input_dir', JSON.stringify(`a${'/'.repeat(100_000)}b`)),
      400,
    ],
    [
      'a hundred thousand keys',
      () =>
        JSON.stringify(Object.fromEntries(Array.from({ length: 80_000 }, (_, n) => [`k${n}`, 1]))),
      400,
    ],
    ['one key a hundred thousand times', () => `{${'"jid":1,'.repeat(100_000)}"jid":1}`, 400],
    ['a byte order mark', () => `\ufeff${JSON.stringify(jobBody({ jid: 'marked' }))}`, 201],
    ['UTF-16', () => Buffer.from(JSON.stringify(jobBody()), 'utf16le'), 400],
    ['UTF-16 with a mark', () => Buffer.from(`\ufeff${JSON.stringify(jobBody())}`, 'utf16le'), 400],
    ['a lone surrogate', () => raw('args', '["\\ud800"]'), 400],
    ['a NUL', () => raw('args', '["\\u0000"]'), 400],
    ['NaN', () => raw('cpu_limit', 'NaN'), 400],
    ['1e308', () => raw('cpu_limit', '1e308'), 400],
    ['1e999', () => raw('cpu_limit', '1e999'), 400],
    ['2^53 + 1', () => raw('memory_limit', '9007199254740993'), 400],
    ['gzip', () => Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 400],
  ])('of %s is answered at once', async (_words, make, status) => {
    const text = make();
    const answer = await assertBounded(service, () => service.http.postText('/api/v1/', text));
    expect(answer.status).toBe(status);
  });

  it('leaves the service as it was', async () => {
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round += 1) {
      await service.http.postText('/api/v1/', Buffer.alloc(2 * MIB, 0x5b)).catch(() => undefined);
      await service.http.postText('/api/v1/', '['.repeat(MIB - 1));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
    expect((await service.http.get('/api/v1/')).status).toBe(200);
    expect({}).not.toHaveProperty('polluted');
  });
});
