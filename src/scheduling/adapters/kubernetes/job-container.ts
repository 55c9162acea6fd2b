import type {
  ContainerObject,
  ContainerState,
  JobObject,
  PodObject,
} from '../../../clients/kubernetes/kubernetes-objects.js';

/** The job's own container: a cluster may put others beside it, and in front of it. */
export const CONTAINER = 'job';

/** As it is asked for. */
export function containerOf({ spec }: JobObject): ContainerObject | undefined {
  return spec?.template?.spec?.containers?.find(({ name }) => name === CONTAINER);
}

/** What became of it in one pod. */
export function containerState({ status }: PodObject): ContainerState | undefined {
  return status?.containerStatuses?.find(({ name }) => name === CONTAINER)?.state;
}
