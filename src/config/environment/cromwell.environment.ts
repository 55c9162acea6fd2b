import { IsInt, Matches, Max, Min } from 'class-validator';
import { IsHttpUrl } from '../environment-rules.js';
import { Integer, Variable } from './variable.js';

/** Cromwell. */
export class CromwellEnvironment {
  @Variable('', 'Address of the Cromwell server', ['cromwell'])
  @IsHttpUrl()
  CROMWELL_URL?: string;

  @Variable(
    '',
    'Value of the Authorization header, where the server wants one, such as `Bearer ...`',
    ['cromwell'],
  )
  @Matches(/^[\x21-\x7e][\x20-\x7e]*$/, { message: 'must be the value of a header' })
  CROMWELL_AUTHORIZATION?: string;

  @Variable('', 'Time limit of a job in minutes', ['cromwell', 'slurm'])
  @Min(1)
  @Max(525_600)
  @IsInt()
  @Integer()
  TIMELIMIT_MINUTES?: number;
}
