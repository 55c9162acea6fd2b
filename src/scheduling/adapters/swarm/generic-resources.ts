import type { SwarmEngine } from '../../../clients/docker-engine/swarm-engine.js';
import { invalidFields } from '../../../shared/domain-error.js';

/** A node with resources that only it names, such as GPUs. */
interface NodeResources {
  readonly Status?: { readonly State: string };
  readonly Spec?: { readonly Availability?: string };
  readonly Description?: {
    readonly Resources?: {
      readonly GenericResources?: readonly {
        readonly DiscreteResourceSpec?: { readonly Kind: string; readonly Value: number };
        readonly NamedResourceSpec?: { readonly Kind: string; readonly Value: string };
      }[];
    };
  };
}

/** A job that asks for what no node has would wait for ever: it is refused instead. */
export class GenericResources {
  constructor(
    private readonly engine: SwarmEngine,
    private readonly kind: string,
  ) {}

  /** @throws DomainError `InvalidRequest` naming `gpu_limit` where no node has as many. */
  async assertPresent(count: number, signal: AbortSignal): Promise<void> {
    const nodes = (await this.engine.listNodes(signal)) as readonly NodeResources[];
    const most = Math.max(0, ...nodes.filter(takesJobs).map((node) => this.countOn(node)));
    if (most >= count) return;
    const has = most === 0 ? 'has none' : `has at most ${most} on one node`;
    const where = `generic resource "${this.kind}" of the nodes that take jobs`;
    throw invalidFields({ gpu_limit: `the swarm ${has} (${where})` });
  }

  private countOn({ Description }: NodeResources): number {
    const resources = Description?.Resources?.GenericResources ?? [];
    return resources.reduce((sum, { DiscreteResourceSpec, NamedResourceSpec }) => {
      if (DiscreteResourceSpec?.Kind === this.kind) return sum + DiscreteResourceSpec.Value;
      return NamedResourceSpec?.Kind === this.kind ? sum + 1 : sum;
    }, 0);
  }
}

/** One that is down, or that its operator has emptied, may never come back. */
function takesJobs({ Status, Spec }: NodeResources): boolean {
  return Status?.State !== 'down' && Spec?.Availability !== 'drain';
}
