import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { IsJsonArray, IsJsonObject, IsKeyValueList } from '../environment-rules.js';
import { Integer, Variable } from './variable.js';

const CLUSTERS = ['kubernetes', 'openshift'];
const MAX_SECONDS = 31_536_000;

/** Clusters. */
export class KubernetesEnvironment {
  @Variable(
    '',
    "Path of a kubeconfig; empty: the pod's service account, or `~/.kube/config` outside a cluster",
    CLUSTERS,
  )
  @IsString()
  KUBECONFIG?: string;

  @Variable(
    '',
    "Namespace for jobs; empty: that of this service's pod, or of the kubeconfig's context",
    CLUSTERS,
  )
  @IsString()
  JOB_NAMESPACE?: string;

  @Variable('', 'Node labels that jobs need, `key=value,key=value`', ['swarm', ...CLUSTERS])
  @IsKeyValueList()
  NODE_SELECTOR?: string;

  @Variable('', 'Tolerations of job pods, a JSON array as in a pod', CLUSTERS)
  @IsJsonArray()
  JOB_TOLERATIONS?: string;

  @Variable('', 'Affinity of job pods, a JSON object as in a pod', CLUSTERS)
  @IsJsonObject()
  JOB_AFFINITY?: string;

  @Variable('', 'Priority class of job pods', CLUSTERS)
  @IsString()
  JOB_PRIORITY_CLASS?: string;

  @Variable('', 'Service account of job pods; its token is never mounted', CLUSTERS)
  @IsString()
  JOB_SERVICE_ACCOUNT?: string;

  @Variable('', 'Names of image pull secrets, comma-separated', CLUSTERS)
  @IsString()
  IMAGE_PULL_SECRETS?: string;

  @Variable(
    '',
    "`Always`, `IfNotPresent` or `Never`; empty: the cluster's own rule for the image's tag",
    CLUSTERS,
  )
  @IsIn(['Always', 'IfNotPresent', 'Never'])
  IMAGE_PULL_POLICY?: string;

  @Variable('', 'Group that owns the volumes of job pods (fsGroup)', CLUSTERS)
  @Min(1)
  @Max(4_294_967_294)
  @IsInt()
  @Integer()
  JOB_FS_GROUP?: number;

  @Variable('nvidia.com/gpu', 'Name of the resource that a GPU is on the nodes', CLUSTERS)
  @IsString()
  GPU_RESOURCE?: string;

  @Variable(
    '100',
    'Percentage of its cpu and memory limits that a node reserves for a job, 0 to 100',
    CLUSTERS,
  )
  @Min(0)
  @Max(100)
  @IsInt()
  @Integer()
  JOB_REQUEST_PERCENT?: number;

  // None at all would be too few for anybody to hear of the end.
  @Variable('', 'Seconds after which the cluster forgets a finished job; empty: never', CLUSTERS)
  @Min(1)
  @Max(MAX_SECONDS)
  @IsInt()
  @Integer()
  JOB_TTL?: number;

  @Variable('', 'Local queue of Kueue that jobs are put into', CLUSTERS)
  @IsString()
  KUEUE_QUEUE?: string;

  @Variable(
    '600',
    'Seconds after which a job has failed whose image, volumes or container cannot be had',
    CLUSTERS,
  )
  @Min(1)
  @Max(MAX_SECONDS)
  @IsInt()
  @Integer()
  JOB_START_GRACE?: number;

  @Variable('86400', 'Seconds after which a job has failed that no node has taken', CLUSTERS)
  @Min(1)
  @Max(MAX_SECONDS)
  @IsInt()
  @Integer()
  JOB_SCHEDULING_GRACE?: number;
}
