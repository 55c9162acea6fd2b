import { isAxiosError } from 'axios';
import type { Operation, Outcome, PlannedJob, StatusWord } from '../checker/history.js';
import type { Replica } from './replica.js';

interface Answer {
  readonly status: number;
  readonly data: unknown;
}

/** Sends requests and writes down what became of them. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly planned: PlannedJob[] = [];

  post(replica: Replica, { jid, spec }: PlannedJob, body: object): Promise<Operation> {
    return this.record(replica, { kind: 'POST', jid, spec }, () =>
      replica.client.post('/api/v1/', body),
    );
  }

  get(replica: Replica, jid: string): Promise<Operation> {
    return this.record(replica, { kind: 'GET', jid }, () => replica.client.get(`/api/v1/${jid}/`));
  }

  delete(replica: Replica, jid: string): Promise<Operation> {
    return this.record(replica, { kind: 'DELETE', jid }, () =>
      replica.client.delete(`/api/v1/${jid}/`),
    );
  }

  private async record(
    { number }: Replica,
    what: Pick<Operation, 'kind' | 'jid' | 'spec'>,
    send: () => Promise<Answer>,
  ): Promise<Operation> {
    const invoked = performance.now();
    const result = await send().then(resultOf, resultOfError);
    const completed = performance.now();
    const operation = { ...what, replica: number, invoked, completed, ...result };
    this.operations.push(operation);
    return operation;
  }
}

type Result = Pick<Operation, 'outcome' | 'status' | 'shown' | 'words'>;

interface Body {
  readonly status?: StatusWord;
  readonly message?: unknown;
}

function resultOf({ status, data }: Answer): Result {
  const outcome: Outcome = status < 300 ? 'ok' : status < 500 ? 'fail' : 'info';
  const { status: shown, message } = (data ?? {}) as Body;
  if (outcome !== 'ok') return { outcome, status, words: JSON.stringify(message) };
  return { outcome, status, ...(shown !== undefined && { shown }) };
}

/** A refused connection is the only sign that nothing was sent. */
function resultOfError(error: unknown): Result {
  const isUnsent = isAxiosError(error) && error.code === 'ECONNREFUSED';
  return { outcome: isUnsent ? 'fail' : 'info' };
}
