import type { AccessRequest, KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import type { CheckResult } from '../../../shared/check-result.js';
import { judgeTrial, trialJob } from './job-trial.js';
import type { KubernetesOptions } from './kubernetes-options.js';

/** What the Role of the manifests gives, and no more. */
export const NEEDED: readonly AccessRequest[] = [
  ...['create', 'get', 'list', 'watch', 'patch', 'delete'].map((verb) => ({
    verb,
    group: 'batch',
    resource: 'jobs',
  })),
  ...['list', 'watch'].map((verb) => ({ verb, group: '', resource: 'pods' })),
  { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
];

/** What was well is not asked for again for this long, in milliseconds. */
const TRUST_MS = 60_000;

/** Whether the cluster answers now, and lets this service do what it has to. */
export class KubernetesCheck {
  private trustedUntil = 0;
  private triedUntil = 0;

  constructor(
    private readonly api: KubernetesApi,
    private readonly options: KubernetesOptions,
  ) {}

  async run(signal: AbortSignal): Promise<readonly CheckResult[]> {
    const name = 'cluster';
    try {
      const version = await this.api.version(signal);
      const namespace = await this.api.namespace();
      const detail = `Kubernetes ${version}, namespace ${namespace}`;
      const cluster = { name, ok: true, detail };
      const rights = await this.checkRights(namespace, signal);
      // Without the rights nothing is learned of the jobs.
      return rights.ok ? [cluster, rights, await this.tryJob(signal)] : [cluster, rights];
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'no answer';
      const mend = 'start the cluster, or point KUBECONFIG at it';
      return [{ name, ok: false, detail, mend }];
    }
  }

  private async tryJob(signal: AbortSignal): Promise<CheckResult> {
    if (performance.now() < this.triedUntil) return judgeTrial(undefined);
    const failure = await this.api.tryJob(trialJob(this.options), signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    const result = judgeTrial(failure);
    if (result.ok) this.triedUntil = performance.now() + TRUST_MS;
    return result;
  }

  private async checkRights(namespace: string, signal: AbortSignal): Promise<CheckResult> {
    const name = 'rights';
    const detail = `all ${NEEDED.length} that it needs`;
    if (performance.now() < this.trustedUntil) return { name, ok: true, detail };
    const answers = await Promise.all(NEEDED.map((access) => this.api.mayI(access, signal)));
    const missing = NEEDED.filter((_, index) => answers[index] === false).map(inWords);
    if (missing.length === 0) {
      this.trustedUntil = performance.now() + TRUST_MS;
      return { name, ok: true, detail };
    }
    return {
      name,
      ok: false,
      detail: `missing in namespace ${namespace}: ${missing.join(', ')}`,
      mend: 'apply the Role and the RoleBinding of deploy/kubernetes/base',
    };
  }
}

function inWords({ verb, resource, subresource }: AccessRequest): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}
