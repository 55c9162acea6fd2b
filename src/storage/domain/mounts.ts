/** A directory on the machine where the job runs; absolute path. */
export interface HostPathSource {
  readonly kind: 'host-path';
  readonly path: string;
}

/** A directory in the volume behind a claim of the cluster. */
export interface ClaimSource {
  readonly kind: 'pvc-subpath';
  /** The claim's name, in the namespace of the jobs. */
  readonly claim: string;
  /** Relative to the root of the volume. */
  readonly path: string;
}

export type MountSource = HostPathSource | ClaimSource;

/** Input is mounted read-only at `/share/incoming`, output read-write at `/share/outgoing`. */
export interface Mounts {
  readonly input: MountSource;
  readonly output: MountSource;
}

export const INPUT_TARGET = '/share/incoming';
export const OUTPUT_TARGET = '/share/outgoing';
