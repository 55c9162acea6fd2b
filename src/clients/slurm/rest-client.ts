import axios, { type AxiosInstance } from 'axios';
import {
  errorOf,
  hasJobs,
  jobNumberOf,
  parseAccounting,
  parseJobs,
  submissionBody,
} from './rest-messages.js';
import { readToken, type SlurmToken, type TokenSource } from './rest-token.js';
import type { SlurmClient, SlurmRow, SlurmRows, SlurmSubmission } from './slurm-client.js';
import { SlurmError } from './slurm-error.js';

export interface SlurmRestOptions {
  /** `http://`, `https://` or `unix:///path`. */
  readonly url: string;
  readonly token: TokenSource;
  /** Absent: whom the token names. */
  readonly user: string | undefined;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

const JOBS = '/slurm/v0.0.38';
const ACCOUNTS = '/slurmdb/v0.0.38';
/** It lists the jobs of all users, some 4 kB each. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const NO_SUCH_JOB = /invalid job id/i;
/** Of accounting. */
const NOTHING_FOUND = /nothing found/i;
const FIRST_ERROR_STATUS = 400;
/** The caller's own deadline is shorter. */
const DEADLINE_MS = 30_000;
const MILLISECONDS = 1_000;

/** SLURM by slurmrestd, as the user of a JWT. */
export class RestSlurmClient implements SlurmClient {
  readonly questionsPerLook = 1;
  /** One call each. */
  readonly maxAccounts = 20;
  private readonly http: AxiosInstance;

  constructor(private readonly options: SlurmRestOptions) {
    const { url } = options;
    const socket = url.startsWith('unix://') ? url.slice('unix://'.length) : undefined;
    this.http = axios.create({
      baseURL: socket === undefined ? url.replace(/\/+$/, '') : 'http://localhost',
      ...(socket !== undefined && { socketPath: socket }),
      timeout: DEADLINE_MS,
      maxContentLength: MAX_ANSWER_BYTES,
      // The token is for this address alone.
      maxRedirects: 0,
      proxy: false,
      validateStatus: () => true,
    });
  }

  async submit(submission: SlurmSubmission, signal: AbortSignal): Promise<string> {
    const body = submissionBody(submission);
    const call: Call = { method: 'POST', path: `${JOBS}/job/submit`, body };
    const token = await readToken(this.options.token);
    const answer = await this.send(call, token, signal);
    const job = jobNumberOf(answer);
    if (job !== undefined) return job;
    throw this.explained(errorOf(answer) ?? new SlurmError('it gave no job number', false), token);
  }

  async queue(signal: AbortSignal): Promise<SlurmRows> {
    return rowsOfAll(await this.jobs(`${JOBS}/jobs`, signal));
  }

  async rowsOf(job: string, signal: AbortSignal): Promise<SlurmRows> {
    const found = await this.jobs(`${JOBS}/job/${job}`, signal).catch(ignoreUnknown);
    return rowsOfAll(found ?? []);
  }

  async commentsOf(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const jobs = await this.jobs(`${JOBS}/jobs`, signal);
    return new Map(jobs.flatMap((each) => (each.name === name ? [[each.job, each.comment]] : [])));
  }

  async accounts(jobs: readonly string[], signal: AbortSignal): Promise<SlurmRows> {
    const rows = new Map<string, SlurmRow>();
    for (const job of jobs) {
      const token = await readToken(this.options.token);
      const path = `${ACCOUNTS}/job/${job}`;
      const answer = await this.send({ method: 'GET', path }, token, signal);
      const error = errorOf(answer);
      // What it does not know is no error here: accounting lags.
      if (error !== undefined && !NOTHING_FOUND.test(error.words)) {
        throw this.explained(error, token);
      }
      if (error === undefined && !hasJobs(answer)) {
        throw new SlurmError('slurmrestd answers without a list of jobs', false);
      }
      for (const [key, row] of parseAccounting(answer)) rows.set(key, row);
    }
    return rows;
  }

  async cancel(job: string, signal: AbortSignal): Promise<void> {
    await this.call({ method: 'DELETE', path: `${JOBS}/job/${job}` }, signal).catch(ignoreUnknown);
  }

  async ping(signal: AbortSignal): Promise<string> {
    await this.call({ method: 'GET', path: `${JOBS}/ping` }, signal);
    return 'slurmrestd answers, and the controller behind it';
  }

  private async jobs(path: string, signal: AbortSignal): Promise<ReturnType<typeof parseJobs>> {
    const token = await readToken(this.options.token);
    const answer = await this.checked({ method: 'GET', path }, token, signal);
    if (!hasJobs(answer)) throw new SlurmError('slurmrestd answers without a list of jobs', false);
    return parseJobs(answer, this.userOf(token));
  }

  private async call(call: Call, signal: AbortSignal): Promise<unknown> {
    return this.checked(call, await readToken(this.options.token), signal);
  }

  private async checked(call: Call, token: SlurmToken, signal: AbortSignal): Promise<unknown> {
    const answer = await this.send(call, token, signal);
    const error = errorOf(answer);
    if (error !== undefined) throw this.explained(error, token);
    return answer;
  }

  private async send(call: Call, token: SlurmToken, signal: AbortSignal): Promise<unknown> {
    const { method, path, body } = call;
    const headers = {
      'X-SLURM-USER-NAME': this.userOf(token),
      'X-SLURM-USER-TOKEN': token.text,
    };
    const request = { method, url: path, headers, signal, ...(body && { data: body }) };
    const { status, data } = await this.http.request<unknown>(request).catch((error: unknown) => {
      throw unanswered(error, signal);
    });
    if (status === 401 || status === 403) {
      throw this.explained(new SlurmError('slurmrestd refuses the token (JWT)', false), token);
    }
    if (typeof data !== 'object') {
      throw new SlurmError(`slurmrestd answers ${status} without JSON`, false);
    }
    // Whatever stands in between says nothing of SLURM.
    if (status >= FIRST_ERROR_STATUS && errorOf(data) === undefined) {
      throw new SlurmError(`slurmrestd answers ${status} without an error of SLURM`, false);
    }
    return data;
  }

  /** SLURM has the same words for a token that it refuses as for a controller that is away. */
  private explained(error: SlurmError, token: SlurmToken): SlurmError {
    if (error.hasAnswered) return error;
    const { expiresAt } = token;
    if (expiresAt !== undefined && expiresAt * MILLISECONDS <= Date.now()) {
      const when = new Date(expiresAt * MILLISECONDS).toISOString();
      return new SlurmError(`the token (JWT) has expired at ${when}`, false);
    }
    const words = `${error.words}; the controller is away, or refuses the token (JWT)`;
    return new SlurmError(words, false);
  }

  private userOf({ user }: SlurmToken): string {
    const name = this.options.user ?? user;
    if (name === undefined) {
      throw new SlurmError('the token (JWT) names no user: set SLURMRESTD_USER', false);
    }
    return name;
  }
}

/** An error of axios holds the request with its token, so nothing of it is kept but its code. */
function unanswered(error: unknown, signal: AbortSignal): SlurmError {
  if (signal.aborted) return new SlurmError('slurmrestd did not answer in time', false);
  const code = axios.isAxiosError(error) ? error.code : undefined;
  return new SlurmError(`slurmrestd cannot be reached (${code ?? 'no reason given'})`, false);
}

function rowsOfAll(jobs: ReturnType<typeof parseJobs>): SlurmRows {
  const all = new Map<string, SlurmRow>();
  for (const { rows } of jobs) for (const [key, row] of rows) all.set(key, row);
  return all;
}

function ignoreUnknown(error: unknown): undefined {
  if (error instanceof SlurmError && NO_SUCH_JOB.test(error.words)) return undefined;
  throw error;
}
