import Docker from 'dockerode';
import type { EngineConnection } from './engine-connection.js';
import { EngineError, toEngineError } from './engine-error.js';
import { dockerOptions } from './engine-options.js';
import { readWholeAnswers } from './whole-answers.js';

/** The longest each kind of call may take, in milliseconds. */
const DEADLINE_MS = { read: 5_000, write: 30_000, create: 60_000 } as const;

/**
 * One client of a Docker-compatible engine: pooled connections, a deadline on every call, and
 * `EngineError` as the only error. A socket that is missing is looked for again at the next call.
 */
export abstract class EngineCalls {
  private docker: Docker | undefined;

  constructor(private readonly connection: EngineConnection) {}

  protected async call<T>(
    kind: keyof typeof DEADLINE_MS,
    signal: AbortSignal,
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS[kind])]);
    try {
      return await this.send(deadline, request);
    } catch (error) {
      // Asking changes nothing; and a connection that was kept may just have been closed.
      const isBroken = error instanceof EngineError && error.isBroken;
      if (kind !== 'read' || !isBroken || deadline.aborted) throw error;
      return this.send(deadline, request);
    }
  }

  private async send<T>(
    deadline: AbortSignal,
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await request(this.connect(), deadline);
    } catch (error) {
      const translated = toEngineError(error);
      // The next call looks for a socket again: another engine may have come up.
      if (translated.status === undefined) this.docker = undefined;
      throw translated;
    }
  }

  protected connect(): Docker {
    this.docker ??= readWholeAnswers(new Docker(dockerOptions(this.connection)));
    return this.docker;
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
