import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../shared/domain-error.js';
import type { EventLog } from '../shared/event-log.js';
import { allowedMethods } from './allowed-methods.js';
import { ERROR_STATUS, RETRY_AFTER_SECONDS } from './error-status.js';
import { FailureLog } from './failure-log.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers every error in the one shape `{"message": ...}` and logs it once. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly failures: FailureLog;

  constructor(log: EventLog) {
    this.failures = new FailureLog(log);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { status, body, headers } = this.describe(error, request);
    if (status < 500) this.failures.refused(status, request);
    if (reply.sent) return;
    void reply
      .status(status)
      .headers({ ...headers, 'content-type': 'application/json; charset=utf-8' })
      .send(JSON.stringify(body));
  }

  private describe(error: unknown, request: FastifyRequest): Answer {
    // A body that is sent to nowhere is not judged.
    if (request.is404) return describeMissingRoute(request);
    if (error instanceof DomainError) return this.describeDomainError(error, request);
    const status = statusOf(error);
    if (status === 404 || status === 405) return describeMissingRoute(request);
    if (error instanceof HttpException && status === 503) {
      return { status, body: error.getResponse() };
    }
    if (status !== undefined && status < 500) {
      return { status, body: { message: clientSentence(status, error) } };
    }
    const id = this.failures.failed(error, request);
    return { status: 500, body: { message: `internal error (request ${id})` } };
  }

  private describeDomainError(error: DomainError, request: FastifyRequest): Answer {
    const status = ERROR_STATUS[error.code];
    if (status < 500) return { status, body: { message: error.fields ?? error.message } };
    const id = this.failures.failed(error, request);
    const retryAfter = Math.max(RETRY_AFTER_SECONDS, Math.ceil(error.retryAfter ?? 0));
    return {
      status,
      body: { message: `${error.message} (request ${id})` },
      ...(status === 503 && { headers: { 'retry-after': String(retryAfter) } }),
    };
  }
}

/** Fastify's errors carry `statusCode`, Nest's a method. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function describeMissingRoute(request: FastifyRequest): Answer {
  const allow = allowedMethods(request.url);
  if (allow === undefined)
    return { status: 404, body: { message: 'there is nothing at this path' } };
  const message = `${request.method} is not possible here; possible are ${allow}`;
  return { status: 405, body: { message }, headers: { allow } };
}

const CLIENT_SENTENCES: Readonly<Record<number, string>> = {
  400: 'the request is malformed',
  408: 'the request did not arrive in time',
  413: 'the body is larger than 1 MiB',
  414: 'the path is too long',
  415: 'the body must be application/json',
  431: 'the headers are too large',
};

function clientSentence(status: number, error: unknown): string {
  return (
    CLIENT_SENTENCES[status] ?? (error instanceof Error ? error.message : 'the request is refused')
  );
}
