import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';

export const SILENT_NODE = 'its node does not answer';

/**
 * The node controller marks the pods of a silent node as not ready, without a reason; the node itself
 * would have said so of their containers too.
 * Source: k8s.io/kubernetes `pkg/controller/util/node`, `MarkPodsNotReady`
 */
export function isNodeSilent({ status }: PodObject): boolean {
  const { phase, reason, conditions = [] } = status ?? {};
  const has = (type: string, value: string): boolean =>
    conditions.some((condition) => condition.type === type && condition.status === value);
  const isSilent = phase === 'Running' && has('Ready', 'False') && has('ContainersReady', 'True');
  return reason === 'NodeLost' || phase === 'Unknown' || isSilent;
}
