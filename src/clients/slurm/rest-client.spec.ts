import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RestSlurmClient } from './rest-client.js';
import type { SlurmSubmission } from './slurm-client.js';
import { SlurmError } from './slurm-error.js';

const claims = Buffer.from(JSON.stringify({ sun: 'chris' })).toString('base64url');
const { signal } = new AbortController();
const SUBMISSION = { name: 'job', comment: '{}', workers: 1, script: '#!/bin/sh\n' };

let server: Server | undefined;
afterEach(() => server?.close());

/** Whatever it is asked, the server says the same. */
async function clientOf(status: number, body: unknown): Promise<RestSlurmClient> {
  server = createServer((_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const token = { token: `e30.${claims}.c2ln` };
  return new RestSlurmClient({ url: `http://127.0.0.1:${port}`, user: undefined, token });
}

const asked = {
  queue: (client: RestSlurmClient) => client.queue(signal),
  'the rows of a job': (client: RestSlurmClient) => client.rowsOf('7', signal),
  comments: (client: RestSlurmClient) => client.commentsOf('job', signal),
  accounts: (client: RestSlurmClient) => client.accounts(['7'], signal),
};

describe.each(Object.entries(asked))('an answer to the question for the %s', (_what, ask) => {
  it.each([
    ['of a gateway', 502, { message: 'upstream' }],
    ['of a gateway, empty', 503, {}],
    ['with no list', 200, { meta: {} }],
    ['that is null', 200, null],
  ])('%s is none of SLURM, and no empty list', async (_whose, status, body) => {
    const error = await ask(await clientOf(status, body)).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(SlurmError);
    expect(error).toMatchObject({ hasAnswered: false });
  });

  it('with an empty list is one', async () => {
    const found = await ask(await clientOf(200, { errors: [], jobs: [] }));
    expect(found.size).toBe(0);
  });
});

describe('accounting', () => {
  it('that has not heard of a job says so by an error that is none', async () => {
    const errors = [{ error_number: 9003, error: 'Nothing found with query' }];
    const found = await asked.accounts(await clientOf(200, { errors, jobs: [] }));
    expect(found.size).toBe(0);
  });

  it('that has no database has answered nothing', async () => {
    const errors = [{ error_number: 7000, error: 'Unable to connect to database' }];
    const client = await clientOf(500, { errors, jobs: [] });
    await expect(asked.accounts(client)).rejects.toBeInstanceOf(SlurmError);
  });
});

describe('an answer to a submission', () => {
  it('of a gateway leaves the job open', async () => {
    const client = await clientOf(502, { message: 'upstream' });
    await expect(client.submit(SUBMISSION as SlurmSubmission, signal)).rejects.toMatchObject({
      hasAnswered: false,
    });
  });
});
