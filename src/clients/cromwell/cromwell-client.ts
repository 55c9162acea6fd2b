import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { CromwellError, toCromwellError } from './cromwell-error.js';

export interface CromwellClientOptions {
  /** Base address of the server, such as `https://cromwell.example.org`. */
  readonly url: string;
  /** The value of the Authorization header, where the server wants one. */
  readonly authorization: string | undefined;
}

/** The parts of a workflow that is handed in. */
export interface WorkflowSubmission {
  readonly source: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A workflow as the server's query lists it; it may lag behind its metadata by seconds. */
export interface ListedWorkflow {
  readonly id: string;
  readonly status: string;
  /** ISO 8601. */
  readonly submission?: string;
}

/** As much of the metadata as is looked at; a site's configuration decides what else there is. */
export interface WorkflowMetadata {
  readonly id: string;
  readonly status: string;
  readonly end?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly failures?: readonly WorkflowFailure[];
  readonly calls?: Readonly<Record<string, readonly WorkflowCall[]>>;
}

export interface WorkflowFailure {
  readonly message: string;
  readonly causedBy?: readonly WorkflowFailure[];
}

export interface WorkflowCall {
  /** Of the batch system; absent where it has refused the call. */
  readonly jobId?: string;
  /** Of the scatter, from 0 on; -1 outside of one. */
  readonly shardIndex?: number;
  readonly executionStatus?: string;
  /** On storage of the server. */
  readonly stderr?: string;
  readonly failures?: readonly WorkflowFailure[];
}

const API = '/api/workflows/v1';
/** Without the others, among them the inputs with the whole script. Shard and attempt always come. */
export const LOOKED_AT: readonly string[] = [
  'status',
  'end',
  'labels',
  'failures',
  'jobId',
  'executionStatus',
  'stderr',
];
const DEADLINE_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const UNKNOWN = new Set<number | undefined>([404]);
/** Of an unknown or ended workflow; the abort has nothing to do then. */
const NOTHING_TO_ABORT = new Set<number | undefined>([403, 404]);

/** The REST API of Cromwell, as far as it is needed. Every call has a deadline. */
export class CromwellClient {
  private readonly http: AxiosInstance;

  constructor({ url, authorization }: CromwellClientOptions) {
    this.http = axios.create({
      baseURL: url,
      timeout: DEADLINE_MS,
      maxContentLength: MAX_ANSWER_BYTES,
      maxRedirects: 0,
      proxy: false,
      ...(authorization !== undefined && { headers: { Authorization: authorization } }),
    });
  }

  /** @returns the id of the new workflow, which look-ups may not know for seconds. @throws CromwellError */
  async submit(workflow: WorkflowSubmission, signal: AbortSignal): Promise<string> {
    const form = new FormData();
    form.append('workflowSource', new Blob([workflow.source]), 'job.wdl');
    form.append('workflowInputs', new Blob([JSON.stringify(workflow.inputs)]), 'inputs.json');
    form.append('workflowOptions', new Blob([JSON.stringify(workflow.options)]), 'options.json');
    form.append('labels', new Blob([JSON.stringify(workflow.labels)]), 'labels.json');
    const request = { method: 'POST', url: API, data: form, signal };
    const { id } = await this.send<{ id?: unknown }>(request);
    if (typeof id !== 'string') throw new CromwellError('it gave the workflow no id', undefined);
    return id;
  }

  /**
   * The workflows that have all of these labels and any of these statuses (none: whatever), the newest
   * submission first. @throws CromwellError
   */
  async query(
    labels: Readonly<Record<string, string>>,
    statuses: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ListedWorkflow[]> {
    const params = new URLSearchParams();
    for (const status of statuses) params.append('status', status);
    for (const [key, value] of Object.entries(labels)) params.append('label', `${key}:${value}`);
    const request = { method: 'GET', url: `${API}/query`, params, signal };
    const { results } = await this.send<{ results?: unknown }>(request);
    if (!Array.isArray(results)) throw notCromwell();
    const newest = (a: ListedWorkflow, b: ListedWorkflow): number =>
      Date.parse(b.submission ?? '') - Date.parse(a.submission ?? '');
    return (results as readonly ListedWorkflow[]).toSorted(newest);
  }

  /** @returns nothing while the server does not know the id (yet). @throws CromwellError */
  async metadata(id: string, signal: AbortSignal): Promise<WorkflowMetadata | undefined> {
    try {
      const url = `${API}/${encodeURIComponent(id)}/metadata`;
      const params = new URLSearchParams(
        LOOKED_AT.map((key): [string, string] => ['includeKey', key]),
      );
      const told = await this.send<WorkflowMetadata>({ method: 'GET', url, params, signal });
      if (typeof told.status !== 'string') throw notCromwell();
      return told;
    } catch (error) {
      if (isUnknown(error, UNKNOWN)) return undefined;
      throw error;
    }
  }

  /** A workflow that has ended is left alone. @throws CromwellError */
  async abort(id: string, signal: AbortSignal): Promise<void> {
    try {
      const url = `${API}/${encodeURIComponent(id)}/abort`;
      await this.send({ method: 'POST', url, signal });
    } catch (error) {
      if (isUnknown(error, NOTHING_TO_ABORT)) return;
      throw error;
    }
  }

  /** @returns the server's version. @throws CromwellError */
  async version(signal: AbortSignal): Promise<string> {
    const request = { method: 'GET', url: '/engine/v1/version', signal };
    const { cromwell } = await this.send<{ cromwell?: string }>(request);
    return cromwell ?? 'unknown';
  }

  private async send<T>(request: AxiosRequestConfig): Promise<T> {
    try {
      return (await this.http.request<T>(request)).data;
    } catch (error) {
      throw toCromwellError(error);
    }
  }
}

/** What a proxy says with the same code is about the way to the server, and no workflow. */
function isUnknown(error: unknown, codes: ReadonlySet<number | undefined>): boolean {
  return error instanceof CromwellError && error.isItsOwn && codes.has(error.status);
}

/** Such as the page by which a proxy asks for a name and a password. */
function notCromwell(): CromwellError {
  return new CromwellError('what it answers is not what Cromwell answers', undefined);
}
