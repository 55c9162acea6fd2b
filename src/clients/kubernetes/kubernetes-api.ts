import type { V1Job } from '@kubernetes/client-node';
import { ApiCalls } from './api-calls.js';
import {
  isOfNode,
  isTooLong,
  KubernetesError,
  silentNode,
  toKubernetesError,
} from './kubernetes-error.js';
import {
  isObject,
  type JobObject,
  type Resource,
  type ResourceObjects,
  type WatchEvent,
} from './kubernetes-objects.js';
import { hasExpired, readWatchEvents } from './watch-events.js';

const GROUPS = { jobs: ['apis', 'batch', 'v1'], pods: ['api', 'v1'] } as const;
const PAGE = 500;

interface ListAnswer<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[];
}

/** Some of the objects of a list. */
export interface ObjectPage<T> {
  readonly objects: readonly T[];
  /** Of the whole list. */
  readonly version: string;
}

export interface AccessRequest {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** How much of a log is wanted. */
interface LogTailRequest {
  /** Lines from the end; absent: all. */
  readonly lines: number | undefined;
}

/** What this service asks of a cluster, in one namespace. */
export class KubernetesApi extends ApiCalls {
  /** Such as `v1.34.4`. */
  async version(signal: AbortSignal): Promise<string> {
    const answer = await this.call<{ gitVersion?: string }>(
      'read',
      { method: 'GET', path: ['version'] },
      signal,
    );
    return answer.gitVersion ?? 'of an unknown version';
  }

  async mayI(access: AccessRequest, signal: AbortSignal): Promise<boolean> {
    const resourceAttributes = { namespace: await this.namespace(), ...access };
    const { status } = await this.call<{ status?: { allowed?: boolean } }>(
      'read',
      {
        method: 'POST',
        path: ['apis', 'authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'],
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        },
      },
      signal,
    );
    return status?.allowed === true;
  }

  async createJob(job: V1Job, signal: AbortSignal): Promise<JobObject> {
    const path = await this.path('jobs');
    return this.call('write', { method: 'POST', path, body: job }, signal);
  }

  /** Has the API server look at a Job as if it were to be made; an unknown field is an error. */
  async tryJob(job: V1Job, signal: AbortSignal): Promise<void> {
    const query = { dryRun: 'All', fieldValidation: 'Strict' };
    await this.call(
      'read',
      { method: 'POST', path: await this.path('jobs'), query, body: job },
      signal,
    );
  }

  async findJob(name: string, signal: AbortSignal): Promise<JobObject | undefined> {
    const path = await this.path('jobs', name);
    return this.orAbsent(this.call<JobObject>('read', { method: 'GET', path }, signal));
  }

  /** @throws KubernetesError 409 when the object has another version by now */
  async patchJob(
    { metadata: { name, uid, resourceVersion } }: JobObject,
    patch: { readonly annotations: Readonly<Record<string, string>>; readonly spec: object },
    signal: AbortSignal,
  ): Promise<JobObject> {
    const path = await this.path('jobs', name);
    const metadata = { uid, resourceVersion, annotations: patch.annotations };
    const body = { metadata, spec: patch.spec };
    return this.call('write', { method: 'PATCH', path, body }, signal);
  }

  /** Its pods go first, then the job; returns before any of them has gone. */
  async deleteJob({ metadata: { name, uid } }: JobObject, signal: AbortSignal): Promise<void> {
    const path = await this.path('jobs', name);
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Foreground',
      preconditions: { uid },
    };
    await this.orAbsent(this.call('write', { method: 'DELETE', path, body }, signal));
  }

  /** Every object with the label: of few. Read anew when the history of a page is lost. */
  async list<R extends Resource>(
    resource: R,
    labelSelector: string,
    signal: AbortSignal,
  ): Promise<readonly ResourceObjects[R][]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const objects: ResourceObjects[R][] = [];
        for await (const page of this.pages(resource, labelSelector, signal)) {
          objects.push(...page.objects);
        }
        return objects;
      } catch (error) {
        if (!hasExpired(error) || attempt > 0) throw error;
      }
    }
  }

  /**
   * Every object with the label, a page at a time, all as they were at one moment: when the first page
   * was asked for or later. Each page has a deadline of its own, so that many objects may take long.
   *
   * From the API server's memory (resourceVersion=0) it would be cheaper, but for most versions in one
   * page whatever its size, and maybe as it was a while ago.
   * @throws KubernetesError 410 when the history of a page is lost
   */
  async *pages<R extends Resource>(
    resource: R,
    labelSelector: string,
    signal: AbortSignal,
  ): AsyncGenerator<ObjectPage<ResourceObjects[R]>> {
    let next: string | undefined = '';
    let limit = PAGE;
    while (next !== undefined) {
      const from = next === '' ? {} : { continue: next };
      const query = { labelSelector, limit: String(limit), ...from };
      try {
        const page: ListAnswer<ResourceObjects[R]> = await this.page(resource, query, signal);
        next = page.metadata?.continue || undefined;
        const objects = (page.items ?? []).filter(isObject) as ResourceObjects[R][];
        yield { objects, version: page.metadata?.resourceVersion ?? '' };
      } catch (error) {
        if (!isTooLong(error) || limit === 1) throw error;
        limit = Math.ceil(limit / 2);
      }
    }
  }

  /**
   * What happens after a resource version. The stream is open when this returns; the server ends it after
   * `seconds`, not long after a bookmark.
   * @param limits `silence`: a stream of which nothing comes for so many milliseconds is taken for dead
   */
  async openWatch<R extends Resource>(
    resource: R,
    labelSelector: string,
    resourceVersion: string,
    limits: { readonly seconds: number; readonly silence: number },
    signal: AbortSignal,
  ): Promise<AsyncGenerator<WatchEvent<ResourceObjects[R]>>> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(limits.seconds),
      labelSelector,
      resourceVersion,
    };
    const path = await this.path(resource);
    const stream = await this.open('list', { method: 'GET', path, query }, signal);
    return watchEvents<ResourceObjects[R]>(stream, limits.silence);
  }

  /**
   * The log of a pod's container as a stream; nothing where there is none yet, or no longer.
   * @throws KubernetesError with reason `NodeSilent` when the pod's node does not give it
   */
  async openLog(
    pod: string,
    container: string,
    { lines }: LogTailRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer> | undefined> {
    const path = [...(await this.path('pods', pod)), 'log'];
    const query = { container, ...(lines !== undefined && { tailLines: String(lines) }) };
    try {
      return await this.open('log', { method: 'GET', path, query }, signal);
    } catch (error) {
      // 400: the container waits to be started, or what it left is gone with its node.
      const hasNone = error instanceof KubernetesError && [400, 404].includes(error.status ?? 0);
      if (hasNone) return undefined;
      throw isOfNode(error) && !signal.aborted ? silentNode(error) : error;
    }
  }

  private async page<T>(
    resource: Resource,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ListAnswer<T>> {
    return this.call('list', { method: 'GET', path: await this.path(resource), query }, signal);
  }

  private async path(resource: Resource, ...names: readonly string[]): Promise<string[]> {
    return [...GROUPS[resource], 'namespaces', await this.namespace(), resource, ...names];
  }
}

async function* watchEvents<T>(
  stream: Parameters<typeof readWatchEvents>[0],
  silence: number,
): AsyncGenerator<WatchEvent<T>> {
  try {
    yield* readWatchEvents(stream, silence) as AsyncGenerator<WatchEvent<T>>;
  } catch (error) {
    throw toKubernetesError(error);
  }
}
