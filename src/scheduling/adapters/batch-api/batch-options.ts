/** What puts a job's image into a container on a node. */
export type ContainerRuntime = 'podman' | 'apptainer' | 'singularity' | 'charliecloud';

/** What a site decides about how jobs run on its nodes. */
export interface BatchOptions {
  readonly runtime: ContainerRuntime;
  /** The runtime's program on the nodes. */
  readonly program: string;
  /** Folder of unpacked images on the nodes, for a runtime that fetches none; absent: its own. */
  readonly imageStorage: string | undefined;
  /** `replace`: the command takes the place of the image's ENTRYPOINT. */
  readonly imageEntrypoint: 'keep' | 'replace';
  /** Folder of the jobs' records and logs, the same here and on the nodes. */
  readonly recordDirectory: string;
}
