/** What this service reads of the objects of a cluster; everything else is left out. */
export interface ObjectMeta {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly uid: string }[];
}

export interface Condition {
  readonly type: string;
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** batch/v1 Job. */
export interface JobObject {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly completions?: number;
    readonly suspend?: boolean;
    readonly template?: { readonly spec?: { readonly containers?: readonly ContainerObject[] } };
  };
  readonly status?: JobObjectStatus;
}

export interface ContainerObject {
  readonly name?: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

export interface JobObjectStatus {
  readonly conditions?: readonly Condition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly ready?: number;
  readonly terminating?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  /** Pods that have ended and that the counts above do not contain yet. */
  readonly uncountedTerminatedPods?: {
    readonly succeeded?: readonly string[];
    readonly failed?: readonly string[];
  };
}

/** v1 Pod. */
export interface PodObject {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    /** Pending, Running, Succeeded, Failed or Unknown. */
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: ContainerState;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: TerminatedContainer;
}

export interface TerminatedContainer {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

/** One event of a watch; of a bookmark's object only the version means anything. */
export interface WatchEvent<T = { readonly metadata: ObjectMeta }> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** Objects that the API shows as lists. */
export interface ResourceObjects {
  readonly jobs: JobObject;
  readonly pods: PodObject;
}
export type Resource = keyof ResourceObjects;

/** Whether what came as an object is one, as far as this service relies on it. */
export function isObject(value: unknown): value is { readonly metadata: ObjectMeta } {
  const { metadata } = (value ?? {}) as { metadata?: Partial<ObjectMeta> };
  return typeof metadata === 'object' && metadata !== null && isName(metadata.resourceVersion);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
