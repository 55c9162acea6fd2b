import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldProbe } from './field-probe.js';
import { Service } from './service.js';

const REQUIRED = [
  'jid',
  'args',
  'auid',
  'number_of_workers',
  'cpu_limit',
  'memory_limit',
  'gpu_limit',
  'image',
  'entrypoint',
  'type',
  'input_dir',
  'output_dir',
];
const MISSING = /^Missing required parameter/;

let service: Service;
let probe: FieldProbe;

beforeAll(async () => {
  service = await Service.start();
  probe = new FieldProbe(service);
});

afterAll(() => service.stop());

describe('a required field', () => {
  it('that is missing is named together with all others that are', async () => {
    const { status, body } = await service.http.postJson('/api/v1/', {});
    expect(status).toBe(400);
    expect(body).toEqual({
      message: Object.fromEntries(REQUIRED.map((field) => [field, expect.stringMatching(MISSING)])),
    });
  });

  it.each(REQUIRED)('%s is missing when it is not there', async (field) => {
    expect(await probe.refusal({ [field]: undefined })).toEqual({
      [field]: expect.stringMatching(MISSING),
    });
  });

  it.each(REQUIRED.filter((field) => field !== 'args'))(
    '%s is missing when it is null',
    async (field) => {
      expect(await probe.refusal({ [field]: null })).toEqual({
        [field]: expect.stringMatching(MISSING),
      });
    },
  );

  it('that is missing and a field that is bad are named in one answer', async () => {
    expect(await probe.refusal({ image: '--privileged', type: undefined, cpu_limit: 'x' })).toEqual(
      {
        image: expect.stringContaining('image reference'),
        type: expect.stringMatching(MISSING),
        cpu_limit: 'must be a whole number from 0 to 1000000000',
      },
    );
  });
});

describe('jid', () => {
  it.each(['/job-x', '///job-x'])('%s loses its leading slashes', async (jid) => {
    expect(await probe.post({ jid })).toMatchObject({ status: 201, body: { jid: 'job-x' } });
  });

  it.each([
    [8_000, '8000'],
    [true, 'true'],
    [1.5, '1.5'],
  ])('may be the scalar %j', async (jid, text) => {
    expect(await probe.post({ jid })).toMatchObject({ status: 201, body: { jid: text } });
  });

  it.each([
    '',
    '/',
    '-a',
    'a/b',
    '../a',
    'a..b',
    'a b',
    'a\n',
    'ä',
    '%2f',
    'a'.repeat(201),
    -1,
    ['a'],
    { a: 1 },
    [],
    {},
  ])('must not be %j', async (jid) => {
    expect(await probe.refusal({ jid })).toEqual({ jid: expect.any(String) });
  });
});

describe('a whole number', () => {
  it.each([
    ['number_of_workers', '2', { workers: 2 }],
    ['number_of_workers', 1_024, { workers: 1_024 }],
    ['cpu_limit', '1500', { cpuLimit: 1_500 }],
    ['cpu_limit', 0, { cpuLimit: 0 }],
    ['memory_limit', '0', { memoryLimit: 0 }],
    ['memory_limit', '+300', { memoryLimit: 300 }],
    ['memory_limit', '0300', { memoryLimit: 300 }],
    ['memory_limit', 300.0, { memoryLimit: 300 }],
    ['gpu_limit', '1', { gpuLimit: 1 }],
  ])('%s may be %j', async (field, value, part) => {
    expect(await probe.specOf({ [field]: value })).toMatchObject(part);
  });

  it.each([
    ['number_of_workers', 0],
    ['number_of_workers', '0'],
    ['number_of_workers', 1_025],
    ['cpu_limit', -1],
    ['cpu_limit', '-1'],
    ['cpu_limit', 1.5],
    ['cpu_limit', '1.5'],
    ['cpu_limit', '1000m'],
    ['cpu_limit', '1e3'],
    ['cpu_limit', '0x10'],
    ['cpu_limit', ''],
    ['cpu_limit', ' '],
    ['cpu_limit', '1 2'],
    ['cpu_limit', true],
    ['cpu_limit', [1]],
    ['cpu_limit', { valueOf: 1 }],
    ['memory_limit', 1e308],
    ['memory_limit', 2 ** 53 + 1],
    ['memory_limit', '99999999999999999999'],
    ['memory_limit', '٣'],
    ['gpu_limit', 1_025],
    ['gpu_limit', false],
  ])('%s must not be %j', async (field, value) => {
    expect(await probe.refusal({ [field]: value })).toEqual({
      [field]: expect.stringMatching(/^must be a whole number from [01] to \d+$/),
    });
  });
});

describe('image, type and auid', () => {
  it.each([
    '-v',
    '--privileged',
    '$(id)',
    'a b',
    '../x',
    'ünï',
    'A'.repeat(10_240),
    'https://x/y',
    '',
    ' ',
    5,
    ['alpine'],
    {},
  ])('refuse the image %j', async (image) => {
    expect(await probe.refusal({ image })).toEqual({ image: expect.any(String) });
  });

  it.each(['ds ', 'DS', 'plugin', '', 1, ['ds'], { ds: 1 }])('refuse the type %j', async (type) => {
    expect(await probe.refusal({ type })).toEqual({ type: 'must be one of ds, fs, ts' });
  });

  it.each(['cube', '', 'Ünï "x" \n $(id) \u001b[2J', 'x'.repeat(10_000)])(
    'take any owner: %j',
    async (auid) => {
      expect((await probe.specOf({ auid }))?.owner).toBe(auid);
    },
  );

  it('take an owner that is a number', async () => {
    expect((await probe.specOf({ auid: 42 }))?.owner).toBe('42');
  });
});
