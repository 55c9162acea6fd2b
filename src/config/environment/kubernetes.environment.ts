import { IsString } from 'class-validator';
import { IsKeyValueList } from '../environment-rules.js';
import { Variable } from './variable.js';

/** Clusters. */
export class KubernetesEnvironment {
  @Variable('', 'Namespace for jobs', ['kubernetes'])
  @IsString()
  JOB_NAMESPACE?: string;

  @Variable('', 'Node labels that jobs need, `key=value,key=value`', ['kubernetes'])
  @IsKeyValueList()
  NODE_SELECTOR?: string;

  @Variable('', 'Names of image pull secrets, comma-separated', ['kubernetes'])
  @IsString()
  IMAGE_PULL_SECRETS?: string;
}
