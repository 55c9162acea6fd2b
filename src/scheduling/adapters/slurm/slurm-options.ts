/** What puts a job's image into a container on a node. */
export type ContainerRuntime = 'podman' | 'apptainer' | 'singularity';

/** What a site decides about all jobs. */
export interface SlurmOptions {
  readonly runtime: ContainerRuntime;
  /** The runtime's program on the nodes. */
  readonly program: string;
  /** `replace`: the command takes the place of the image's ENTRYPOINT. */
  readonly imageEntrypoint: 'keep' | 'replace';
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly qos: string | undefined;
  readonly constraint: string | undefined;
  /** SLURM's own time limit; absent: the partition's. */
  readonly timeLimitMinutes: number | undefined;
  /** Whether ended jobs are asked of `sacct`. */
  readonly accounting: boolean;
  /** Folder of the jobs' records and logs, the same here and on the nodes. */
  readonly recordDirectory: string;
}
