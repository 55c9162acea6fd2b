/** What a deployment decides about job containers on engines that speak Docker's API. */
export interface EngineOptions {
  readonly memoryLimit: 'hard' | 'soft';
  readonly capabilities: 'minimal' | 'engine';
  /** A network's name; absent: the engine's default. */
  readonly network: string | undefined;
  /** Whether the image's ENTRYPOINT runs in front of the command. */
  readonly imageEntrypoint: 'keep' | 'replace';
  /** Size at which the engine rotates a job's log file, in MiB. */
  readonly logFileMebibytes: number;
  /** Path of a file of registry credentials. */
  readonly registryAuthFile: string | undefined;
}
