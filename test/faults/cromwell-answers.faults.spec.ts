import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallWords } from '../../src/clients/cromwell/call-files.js';
import { LOOKED_AT, type WorkflowCall } from '../../src/clients/cromwell/cromwell-client.js';
import {
  buildWorkflow,
  RUN_LABEL,
} from '../../src/scheduling/adapters/cromwell/cromwell-request.js';
import { specOf } from '../../src/scheduling/adapters/batch-api/batch-fixture.js';
import { CromwellAnswers, recorded, shapeOf, type Answer } from './cromwell-answers.js';

const START_MS = 180_000;
const API = '/api/workflows/v1';
const NOBODY = '00000000-0000-4000-8000-000000000000';
const OPTIONS = {
  runtime: 'podman',
  program: 'podman',
  imageStorage: undefined,
  imageEntrypoint: 'keep',
  recordDirectory: '/records',
  partition: undefined,
  timeLimitMinutes: undefined,
} as const;
const { signal } = new AbortController();

let answers: CromwellAnswers;
beforeAll(async () => {
  answers = await CromwellAnswers.up();
}, START_MS);
afterAll(() => answers.down());

/** Hands in a workflow that runs this. @returns its id, as soon as it is known */
async function submitted(script: string, partition?: string): Promise<string> {
  const run = { directory: '/records/jobs/job', runId: 'RUN' };
  const { inputs, ...workflow } = buildWorkflow(specOf(), run, { ...OPTIONS, partition });
  const encoded = Buffer.from(script).toString('base64');
  const given = { ...workflow, inputs: { ...inputs, 'ChRISJob.script': encoded } };
  const id = await answers.client.submit(given, signal);
  await answers.until(() => answers.client.metadata(id, signal));
  return id;
}

const inStatus = (id: string, status: string) =>
  answers.until(async () => {
    const told = await answers.client.metadata(id, signal);
    const isThere = status !== 'Running' || callOf(told)?.jobId !== undefined;
    return told?.status === status && isThere ? told : undefined;
  });
const callOf = (told: unknown): WorkflowCall | undefined =>
  Object.values((told as { calls?: Record<string, WorkflowCall[]> }).calls ?? {})[0]?.[0];

/** Nothing is invented; and nothing is missing of what is looked at. */
function expectAsRecorded(answer: unknown, example: unknown): void {
  expect(shapeOf(example)).toEqual(expect.arrayContaining([...shapeOf(answer)]));
}

/** What remains of metadata for who asks for some names only. */
function lookedAt(metadata: unknown): unknown {
  const kept = (told: object, always: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(told).filter(
        ([key]) => always.includes(key) || LOOKED_AT.some((wanted) => key.startsWith(wanted)),
      ),
    );
  const { calls, ...rest } = kept(metadata as object, ['id', 'calls']);
  const each = Object.entries(calls as Record<string, object[]>).map(([name, list]) => [
    name,
    list.map((call) => kept(call, ['attempt', 'shardIndex'])),
  ]);
  return { ...rest, calls: Object.fromEntries(each) as unknown };
}

describe('the stand-in for Cromwell answers as a real one did', () => {
  it('of a workflow that runs and succeeds', async () => {
    const example = await recorded('succeeded');
    const id = await submitted('sleep 1.5');
    await inStatus(id, 'Running');
    const running = await answers.body(`${API}/${id}/metadata`);
    expectAsRecorded(running, example['metadataRunning']);
    expect(shapeOf(lookedAt(running))).toEqual(shapeOf(lookedAt(example['metadataRunning'])));
    expect(shapeOf(await answers.client.metadata(id, signal))).toEqual(
      shapeOf(lookedAt(example['metadataRunning'])),
    );
    const told = await inStatus(id, 'Succeeded');
    expect(shapeOf(told)).toEqual(shapeOf(lookedAt(example['metadata'])));
    for (const kind of ['metadata', 'status', 'logs', 'labels']) {
      expectAsRecorded(await answers.body(`${API}/${id}/${kind}`), example[kind]);
    }
    const query = await answers.until(async () => {
      const body = await answers.body(`${API}/query?status=Succeeded`);
      return JSON.stringify(body).includes(id) ? body : undefined;
    });
    expectAsRecorded(query, example['query']);
    const abort = await answers.ask(`${API}/${id}/abort`, { method: 'POST' });
    expect(abort.code).toBe(404);
    expect(shapeOf(abort.body)).toEqual(shapeOf(example['abortEnded']));
  });

  it('of a workflow that its batch system refuses, whose reason stands beside its errors', async () => {
    const example = await recorded('refused');
    const id = await submitted('true', 'none-such');
    const told = await inStatus(id, 'Failed');
    expect(shapeOf(told)).toEqual(shapeOf(lookedAt(example['metadata'])));
    expectAsRecorded(await answers.body(`${API}/${id}/metadata`), example['metadata']);
    // What is asked for by name must come.
    expect(told).toMatchObject({
      end: expect.any(String) as string,
      labels: { [RUN_LABEL]: 'RUN' },
      failures: [{ causedBy: [{ message: expect.stringMatching(/Unable to start/) as string }] }],
    });
    expect(callOf(told)).toMatchObject({
      shardIndex: 0,
      executionStatus: 'Failed',
      failures: [{ message: expect.stringMatching(/Unable to start/) as string }],
    });
    expect(await readCallWords(id, callOf(told) ?? {})).toBe(
      'sbatch: error: invalid partition specified: none-such',
    );
  });

  it('of a workflow whose job was ended behind its back', async () => {
    const example = await recorded('cancelled');
    const id = await submitted('sleep 300');
    const { jobId } = callOf(await inStatus(id, 'Running')) ?? {};
    process.kill(-Number(jobId), 'SIGKILL');
    const told = await inStatus(id, 'Failed');
    expect(shapeOf(told)).toEqual(shapeOf(lookedAt(example['metadata'])));
    const whole = await answers.body(`${API}/${id}/metadata`);
    expectAsRecorded(whole, example['metadata']);
    const code = (body: unknown): unknown => (callOf(body) as { returnCode?: number }).returnCode;
    expect(code(whole)).toBe(code(example['metadata']));
  });

  it('of a workflow that is aborted', async () => {
    const example = await recorded('aborted');
    const id = await submitted('sleep 300');
    await inStatus(id, 'Running');
    const abort = await answers.ask(`${API}/${id}/abort`, { method: 'POST' });
    expect(abort).toMatchObject({ code: 200, body: { status: 'Aborting' } });
    expect(shapeOf(abort.body)).toEqual(shapeOf(example['abort']));
    const told = await inStatus(id, 'Aborted');
    expect(shapeOf(told)).toEqual(shapeOf(lookedAt(example['metadata'])));
    expectAsRecorded(await answers.body(`${API}/${id}/metadata`), example['metadata']);
  });

  it.each([
    ['unknown-metadata', `${API}/${NOBODY}/metadata`, 'GET'],
    ['unknown-status', `${API}/${NOBODY}/status`, 'GET'],
    ['unknown-abort', `${API}/${NOBODY}/abort`, 'POST'],
    ['malformed-metadata', `${API}/not-a-uuid/metadata`, 'GET'],
    ['malformed-abort', `${API}/not-a-uuid/abort`, 'POST'],
    ['query-bad-label', `${API}/query?label=nocolon`, 'GET'],
    ['query-bad-key', `${API}/query?wrong=1`, 'GET'],
    ['query-bad-status', `${API}/query?status=Nope`, 'GET'],
    ['wrong-path', '/api/nothing', 'GET'],
  ])('to the odd request %s', async (name, path, method) => {
    const example = (await recorded('errors'))[name] as Answer;
    expect(await answers.ask(path, { method })).toEqual(example);
  });
});

describe('an abort of what has ended', () => {
  it.each([404, 403])('is done where the answer is %i', async (code) => {
    const behaviour = JSON.stringify({ abort_code: code });
    await answers.ask('/test/behaviour', { method: 'POST', body: behaviour });
    const answer = await answers.ask(`${API}/${NOBODY}/abort`, { method: 'POST' });
    expect(answer.code).toBe(code);
    await expect(answers.client.abort(NOBODY, signal)).resolves.toBeUndefined();
  });
});
