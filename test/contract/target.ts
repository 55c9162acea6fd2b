/** What a backend can be asked to show; a case that needs more than a target has is a refusal there. */
export type Feature =
  | 'images'
  | 'images-first'
  | 'engine-names'
  | 'engine-settings'
  | 'network-none'
  | 'hard-limits'
  | 'swap-limit'
  | 'process-limit'
  /** Whether POST itself tells that an image or a program is not there. */
  | 'refused-at-once'
  | 'overcommitment'
  | 'container-rights'
  | 'image-entrypoint'
  | 'job-user'
  | 'read-only-input'
  | 'shm-size'
  | 'gpu-refusal'
  | 'local-processes'
  | 'log-files';

/** Something of somebody else that has the name of a job. */
export interface ForeignObject {
  readonly id: string;
  stillThere(): Promise<boolean>;
  dispose(): Promise<void>;
}

/** A real backend that the contract suite runs against. */
export interface ContractTarget {
  readonly name: string;
  readonly features: readonly Feature[];
  /** An image that its registry says it does not have; absent: any that cannot be had is refused. */
  readonly absentImage?: string;
  /** Brings the backend up where it is not, within its own deadline. */
  start(): Promise<void>;
  /** Ends what `start` has started. */
  stop(): Promise<void>;
  /** What the service needs in its environment beside the store. */
  environment(store: string): Readonly<Record<string, string>>;
  /** The labels that the backend keeps with a job. */
  labels(jid: string, store: string): Promise<Readonly<Record<string, string>>>;
  /** Only where `engine-names` is a feature. */
  placeForeignObject(name: string): Promise<ForeignObject>;
  /** The backend's own id of a job; only where `engine-names` is a feature. */
  idOf(jid: string): Promise<string>;
  /** How much disk the engine keeps for the log of a job; only where `log-files` is a feature. */
  logBytes(jid: string, store: string): Promise<number>;
  /** Names of everything that the service has made and not removed. */
  listOwn(store: string): Promise<readonly string[]>;
}
