import type { Dispatcher } from 'undici';
import { ApiPace } from './api-pace.js';
import { ClusterConnection } from './cluster-connection.js';
import type { ClusterAddress } from './kubeconfig.js';
import {
  answeredError,
  isUntrusted,
  KubernetesError,
  tooLong,
  toKubernetesError,
} from './kubernetes-error.js';

/** The longest each kind of call may take, in milliseconds. */
const DEADLINE_MS = { read: 5_000, list: 10_000, write: 30_000, log: 4_000 } as const;
/** More would be too much for this service's memory: a list is asked for in smaller pages then. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Each part is encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Answer = Dispatcher.ResponseData;

/**
 * Calls of the API of a cluster: pooled connections, a deadline on every call, the pace that the API
 * server asks for, and `KubernetesError` as the only error. Redirects are not followed.
 */
export abstract class ApiCalls {
  private connection: ClusterConnection | undefined;
  private readonly pace = new ApiPace();
  private answered = false;
  private clockOffset = 0;

  constructor(private readonly address: ClusterAddress) {}

  /** Whether an API server has been seen at all. */
  get hasAnswered(): boolean {
    return this.answered;
  }

  /** Milliseconds since 1970 by the API server's clock, as of its latest answer. */
  now(): number {
    return Date.now() + this.clockOffset;
  }

  /** @throws KubernetesError when there is no usable configuration. */
  async namespace(): Promise<string> {
    return this.connect().namespace;
  }

  /** One call with a JSON answer. */
  protected async call<T>(
    kind: keyof typeof DEADLINE_MS,
    request: ApiRequest,
    signal: AbortSignal,
  ): Promise<T> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS[kind])]);
    try {
      const answer = await this.send(request, deadline);
      return JSON.parse(await readText(answer, MAX_ANSWER_BYTES)) as T;
    } catch (error) {
      throw toKubernetesError(error);
    }
  }

  /** The body of an answer that may be long, or never end; until `signal` at the latest. */
  protected async open(
    kind: keyof typeof DEADLINE_MS,
    request: ApiRequest,
    signal: AbortSignal,
  ): Promise<Answer['body']> {
    const unanswered = new AbortController();
    const timer = setTimeout(() => unanswered.abort(), DEADLINE_MS[kind]);
    try {
      const { body } = await this.send(request, AbortSignal.any([signal, unanswered.signal]));
      return body;
    } catch (error) {
      throw toKubernetesError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  protected async orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Sends again what was refused before anybody acted on it: for its haste, or once for an old token or
   * an old authority.
   */
  private async send(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    for (let renewed = false; ;) {
      await this.pace.turn(signal);
      const connection = this.connect();
      try {
        return await this.sendOnce(connection, request, signal);
      } catch (error) {
        const { status } = error instanceof KubernetesError ? error : {};
        if (status === 429) continue;
        if (renewed || !(status === 401 || isUntrusted(error))) throw error;
        renewed = true;
        this.disconnect(connection);
      }
    }
  }

  private async sendOnce(
    connection: ClusterConnection,
    { method, path, query, body }: ApiRequest,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { connections, headers } = await connection.access(signal);
    const answer = await connections.request({
      origin: connection.origin,
      method,
      path: `${connection.pathPrefix}/${path.map(encodeURIComponent).join('/')}`,
      ...(query !== undefined && { query }),
      headers: {
        ...headers,
        accept: 'application/json',
        ...(body !== undefined && {
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    this.answered = true;
    const date = Date.parse(headerOf(answer, 'date') ?? '');
    if (!Number.isNaN(date)) this.clockOffset = date - Date.now();
    if (answer.statusCode < 300) return answer;
    if (answer.statusCode === 429) this.pace.hold(headerOf(answer, 'retry-after'));
    throw answeredError(answer.statusCode, await readText(answer, MAX_ERROR_BYTES));
  }

  /** A configuration that cannot be used is read again at the next call: it may have been mended. */
  private connect(): ClusterConnection {
    this.connection ??= ClusterConnection.load(this.address);
    return this.connection;
  }

  private disconnect(connection: ClusterConnection): void {
    if (this.connection === connection) this.connection = undefined;
    connection.close();
  }
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readText({ body }: Answer, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
