import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobBody, type Body } from '../fakes/builders.js';
import { exchange, type Answer } from './http-client.js';
import { Service } from './service.js';

const FIELDS = [...Object.keys(jobBody()), 'args_path_flags', 'env'];
const REFUSALS = [400, 404, 405, 408, 409, 413, 414, 415, 431];
const DEADLINE_MS = 2_000;
const MIB = 1024 * 1024;

let service: Service;
let jobs = 0;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

beforeEach(async () => {
  for (const name of service.backend.jobs.keys()) await service.http.delete(`/api/v1/${name}/`);
});

/** Every answer is a job or a refusal in the error shape, soon; a refusal has reached no backend. */
async function assertBounded(send: () => Promise<Answer>): Promise<Answer> {
  const calls = service.backend.callCount;
  const began = performance.now();
  const answer = await send();
  expect(performance.now() - began).toBeLessThan(DEADLINE_MS);
  if (answer.status === 201) {
    expect(Object.values(answer.body as object).every((value) => typeof value === 'string')).toBe(
      true,
    );
    return answer;
  }
  expect(REFUSALS).toContain(answer.status);
  expect(Object.keys(answer.body as object)).toEqual(['message']);
  if (!isAboutTheStore(answer)) expect(service.backend.callCount).toBe(calls);
  return answer;
}

/** What only the store knows is found out after the look-up of the job. */
function isAboutTheStore({ body, status }: Answer): boolean {
  const { message } = body as { message: Readonly<Record<string, string>> };
  return status === 409 || message['input_dir']?.startsWith('there is no directory') === true;
}

function uniqueBody(changes: Body): Body {
  jobs += 1;
  return jobBody({ jid: `hostile-${jobs}`, ...changes });
}

const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '..',
    '../..',
    '/',
    '//',
    'a/../b',
    '%2f',
    '..%2f..',
    '\0',
    '\n',
    '\r\n',
    '\u2028',
    '\ud800',
    '\udfff',
  ),
  fc.constantFrom(
    '$(id)',
    '`id`',
    "'; rm -rf /",
    '~{read_string("/etc/passwd")}',
    '${x}',
    '<<<',
    '#ENDCOMMAND',
    '--',
    '-v',
  ),
  fc.constantFrom(
    '1',
    '-1',
    '0',
    '1e3',
    'NaN',
    'Infinity',
    'null',
    'true',
    '__proto__',
    'constructor',
    'toString',
  ),
);
const nastyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(1e308, -1e308, 5e-324, 2 ** 53 + 1, -(2 ** 53), 0, -0, 0.1, 1e21),
);
const nastyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    nastyText,
    nastyNumber,
    fc.constantFrom<unknown>(null, true, false, [], {}),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(nastyText, tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('a random value', () => {
  it.each(FIELDS)('of %s is taken or refused', async (field) => {
    await fc.assert(
      fc.asyncProperty(nastyValue, async (value) => {
        await assertBounded(() =>
          service.http.postJson('/api/v1/', uniqueBody({ [field]: value })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('of every field at once is taken or refused', async () => {
    const bodies = fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), nastyText), nastyValue, {
      maxKeys: 20,
    });
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        await assertBounded(() => service.http.postJson('/api/v1/', body));
      }),
      { numRuns: 300 },
    );
  });

  it('in the place of the body is refused', async () => {
    await fc.assert(
      fc.asyncProperty(nastyValue, async (value) => {
        const answer = await assertBounded(() => service.http.postJson('/api/v1/', value));
        expect(answer.status).toBe(400);
      }),
      { numRuns: 200 },
    );
  });

  it('of bytes in the place of the body is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await assertBounded(() =>
          service.http.postText('/api/v1/', Buffer.from(bytes)),
        );
        expect(answer.status).toBe(400);
      }),
      { numRuns: 200 },
    );
  });

  it('beside the fields changes nothing', async () => {
    const extra = fc.dictionary(
      nastyText.filter((key) => !FIELDS.includes(key)),
      nastyValue,
      { maxKeys: 5 },
    );
    await fc.assert(
      fc.asyncProperty(extra, async (keys) => {
        const body = uniqueBody({});
        const answer = await assertBounded(() =>
          service.http.postJson('/api/v1/', { ...keys, ...body }),
        );
        expect(answer.status).toBe(201);
        expect(service.backend.specs.at(-1)).toMatchObject({
          command: ['simpledsapp', '--sleep', '2', expect.any(String), expect.any(String)],
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('a random path', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '%2f',
      '%2F',
      '..%2f',
      '%00',
      '%0a',
      '%',
      '%zz',
      '%c0%af',
      '/',
      '//',
      ';',
      '?',
      '#',
      '..',
      '.',
      ':',
      '@',
    ),
    fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~!$&()*+,=%/;:@'.split('')), maxLength: 12 }),
    fc
      .string({ unit: 'binary', maxLength: 6 })
      .filter((text) => text.isWellFormed())
      .map(encodeURIComponent),
  );
  const tail = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));

  it.each(['GET', 'HEAD', 'DELETE'])('is answered to %s', async (method) => {
    await fc.assert(
      fc.asyncProperty(tail, async (text) => {
        const { submit, stop, remove } = service.backend.calls;
        const { status } = await service.http.send({ method, path: `/api/v1/${text}` });
        expect([200, 400, 404, 405, 414]).toContain(status);
        expect(service.backend.calls).toMatchObject({ submit, stop });
        // Only a name that keeps the rule of names is ever asked for.
        if (status === 400 || status === 414) expect(service.backend.calls.remove).toBe(remove);
      }),
      { numRuns: 400 },
    );
  });

  it('of bytes that are no URL is answered or the connection is closed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const start = Buffer.concat([Buffer.from('GET /api/v1/'), Buffer.from(bytes)]);
        const rest = Buffer.from(' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        const { text } = await exchange(service.port, [start, rest], {
          wait: 1_000,
          halfClose: true,
        });
        if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 (?:200|400|404|405|414|431|505) /);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a monstrous body', () => {
  const nested = (depth: number, open: string, close: string): string =>
    open.repeat(depth) + close.repeat(depth);
  const raw = (field: string, json: string): string =>
    JSON.stringify({ ...jobBody(), [field]: 0 }).replace(`"${field}":0`, `"${field}":${json}`);

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
    ['a byte order mark', () => `\ufeff${JSON.stringify(uniqueBody({}))}`, 201],
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
    const answer = await assertBounded(() => service.http.postText('/api/v1/', text));
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
