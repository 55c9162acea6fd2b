import { IsInt, Max, Min } from 'class-validator';
import { IsHttpUrl } from '../environment-rules.js';
import { Integer, Variable } from './variable.js';

/** Cromwell. */
export class CromwellEnvironment {
  @Variable('', 'Address of the Cromwell server', ['cromwell'])
  @IsHttpUrl()
  CROMWELL_URL?: string;

  @Variable('', 'Time limit of a job in minutes', ['cromwell', 'slurm'])
  @Min(1)
  @Max(525_600)
  @IsInt()
  @Integer()
  TIMELIMIT_MINUTES?: number;
}
