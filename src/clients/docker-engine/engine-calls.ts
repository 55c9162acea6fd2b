import Docker from 'dockerode';
import type { Readable } from 'node:stream';
import { streamWithin, within } from '../../shared/within.js';
import type { EngineConnection } from './engine-connection.js';
import { EngineError, toEngineError } from './engine-error.js';
import { addressOf, dockerOptions } from './engine-options.js';
import { readWholeAnswers } from './whole-answers.js';

/** The longest each kind of call may take, in milliseconds, and over which connections it goes. */
const CALLS = {
  read: { deadline: 5_000, pool: 'status' },
  write: { deadline: 30_000, pool: 'writes' },
  create: { deadline: 60_000, pool: 'starts' },
} as const;

/** The longest that reading a log may take in all. */
export const LOG_MS = 5_000;

/**
 * Connections of each kind: what takes long never stands in the way of a look-up. How many starts there
 * are at once is decided before: here they wait for nothing, since whoever starts has just looked.
 */
const POOLS = { status: 8, writes: 16, starts: Infinity, logs: 4, streams: 16 } as const;
type Pool = keyof typeof POOLS;

/**
 * One client of a Docker-compatible engine: pooled connections, a deadline on every call, and
 * `EngineError` as the only error. A socket that is missing is looked for again at the next call.
 */
export abstract class EngineCalls {
  private readonly clients = new Map<Pool, Docker>();
  private answered = false;

  constructor(private readonly connection: EngineConnection) {}

  /** True once the engine has answered; until then its absence is not a passing fault. */
  get hasAnswered(): boolean {
    return this.answered;
  }

  /** Where it is looked for; for operators, not for clients. */
  get address(): string {
    return addressOf(this.connection);
  }

  protected call<T>(
    kind: keyof typeof CALLS,
    signal: AbortSignal,
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return within(CALLS[kind].deadline, signal, (limit) => this.attempt(kind, limit, request));
  }

  /** An answer that is a JSON document. */
  protected get<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.call('read', signal, (docker, abortSignal) =>
      dial<T>(docker, {
        path: Object.keys(query).length > 0 ? `${path}?` : path,
        options: query,
        method: 'GET',
        abortSignal,
        statusCodes: { 200: true },
      }),
    );
  }

  /**
   * The end of a log as the engine multiplexes it; the caller must drain or destroy it.
   * @param lines at most, or all @param begins the longest until it begins, in milliseconds
   */
  protected openLog(
    path: string,
    lines: number | undefined,
    begins: number,
    signal: AbortSignal,
  ): Promise<Readable> {
    const request = (docker: Docker, abortSignal: AbortSignal) =>
      dial<Readable>(docker, {
        // The modem appends the options as a query; without any it cuts the last character off.
        path: `${path}?`,
        options: { stdout: true, stderr: true, tail: lines === undefined ? 'all' : String(lines) },
        method: 'GET',
        isStream: true,
        abortSignal,
        statusCodes: { 200: true },
      });
    return streamWithin(LOG_MS, signal, (whole) =>
      within(begins, whole, (limit) => this.send('logs', limit, request)),
    );
  }

  private async attempt<T>(
    kind: keyof typeof CALLS,
    deadline: AbortSignal,
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { pool } = CALLS[kind];
    try {
      return await this.send(pool, deadline, request);
    } catch (error) {
      // Asking changes nothing; and a connection that was kept may just have been closed.
      const isBroken = error instanceof EngineError && error.isBroken;
      if (kind !== 'read' || !isBroken || deadline.aborted) throw error;
      return this.send(pool, deadline, request);
    }
  }

  private async send<T>(
    pool: Pool,
    deadline: AbortSignal,
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await request(this.connect(pool), deadline);
      this.answered = true;
      return answer;
    } catch (error) {
      const translated = toEngineError(error);
      if (translated.status !== undefined) this.answered = true;
      // The next call looks for a socket again: another engine may have come up.
      if (translated.status === undefined) this.clients.clear();
      throw translated;
    }
  }

  protected connect(pool: Pool): Docker {
    const known = this.clients.get(pool);
    if (known !== undefined) return known;
    const client = readWholeAnswers(new Docker(dockerOptions(this.connection, POOLS[pool])));
    this.clients.set(pool, client);
    return client;
  }

  protected async orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
    return this.unlessStatus(404, answer);
  }

  protected async unlessStatus<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof EngineError && error.status === status) return undefined;
      throw error;
    }
  }
}

/** A call that dockerode has no method for, or whose method takes too much along. */
export function dial<T>(docker: Docker, options: object): Promise<T> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(options as never, (error: unknown, data: unknown) => {
      if (error) reject(error);
      else resolve(data as T);
    });
  });
}
