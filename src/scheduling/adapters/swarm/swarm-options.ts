import type { EngineOptions } from '../docker-api/engine-options.js';

/** What a deployment decides about jobs of a swarm. */
export interface SwarmOptions extends EngineOptions {
  /** Labels that a node must have. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** The kind of the generic resource that a GPU is on the swarm's nodes. */
  readonly gpuResource: string;
}
