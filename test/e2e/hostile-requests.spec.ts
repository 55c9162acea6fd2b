import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobBody, type Body } from '../fakes/builders.js';
import { assertBounded } from './bounded-answer.js';
import { exchange } from './http-client.js';
import { Service } from './service.js';

const FIELDS = [...Object.keys(jobBody()), 'args_path_flags', 'env'];

let service: Service;
let jobs = 0;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

beforeEach(async () => {
  for (const name of service.backend.jobs.keys()) await service.http.delete(`/api/v1/${name}/`);
});

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
        await assertBounded(service, () =>
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
        await assertBounded(service, () => service.http.postJson('/api/v1/', body));
      }),
      { numRuns: 300 },
    );
  });

  it('in the place of the body is refused', async () => {
    await fc.assert(
      fc.asyncProperty(nastyValue, async (value) => {
        const answer = await assertBounded(service, () => service.http.postJson('/api/v1/', value));
        expect(answer.status).toBe(400);
      }),
      { numRuns: 200 },
    );
  });

  it('of bytes in the place of the body is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await assertBounded(service, () =>
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
        const answer = await assertBounded(service, () =>
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
