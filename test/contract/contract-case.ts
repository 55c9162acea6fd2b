import type { Harness } from './harness.js';
import type { Feature } from './target.js';

/** One promise of the service, the same for every backend. */
export interface ContractCase {
  readonly id: string;
  /** A sentence about what is seen from outside. */
  readonly title: string;
  readonly needs?: readonly Feature[];
  /** Settings of the service under which the promise is tried. */
  readonly settings?: Readonly<Record<string, string>>;
  /** True where the case needs a service that no other case uses. */
  readonly alone?: boolean;
  run(harness: Harness): Promise<void>;
}
