import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { Integer, Variable } from './variable.js';

/** The service itself. */
export class ServiceEnvironment {
  @Variable('0.0.0.0; 127.0.0.1 for process', 'Address to listen on')
  @IsString()
  HOST?: string;

  @Variable('5010', 'Port to listen on')
  @Min(0)
  @Max(65_535)
  @IsInt()
  @Integer()
  PORT?: number;

  @Variable('info', 'Least severe log level: `debug`, `info`, `warn` or `error`')
  @IsIn(['debug', 'info', 'warn', 'error'])
  LOG_LEVEL?: string;

  @Variable('', 'Accepted and not used: earlier versions needed it')
  @IsString()
  SECRET_KEY?: string;
}
