import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CromwellEnvironment } from './environment/cromwell.environment.js';
import { EngineEnvironment } from './environment/engine.environment.js';
import { JobEnvironment } from './environment/job.environment.js';
import { KubernetesEnvironment } from './environment/kubernetes.environment.js';
import { ProcessEnvironment } from './environment/process.environment.js';
import { SlurmEnvironment } from './environment/slurm.environment.js';
import { ServiceEnvironment } from './environment/service.environment.js';
import { variablesOf, type VariableHelp } from './environment/variable.js';

export type RawEnvironment = Readonly<Record<string, unknown>>;

/**
 * Every environment variable of the service. An empty variable counts as not set. Units are part of
 * the help; rules are the decorators nearest to the name.
 */
export type Environment = JobEnvironment &
  EngineEnvironment &
  KubernetesEnvironment &
  CromwellEnvironment &
  SlurmEnvironment &
  ProcessEnvironment &
  ServiceEnvironment;

/** In the order in which they are documented. */
export const ENVIRONMENT_CLASSES: readonly (new () => object)[] = [
  JobEnvironment,
  EngineEnvironment,
  KubernetesEnvironment,
  CromwellEnvironment,
  SlurmEnvironment,
  ProcessEnvironment,
  ServiceEnvironment,
];

/** All variables in the order in which they are documented. */
export const VARIABLES: readonly VariableHelp[] = ENVIRONMENT_CLASSES.flatMap(variablesOf);

/** Validates each variable by itself; an invalid one is reported and then counts as not set. */
export function parseEnvironment(raw: RawEnvironment, problems: string[]): Environment {
  return Object.assign({}, ...ENVIRONMENT_CLASSES.map((group) => parseGroup(group, raw, problems)));
}

function parseGroup(group: new () => object, raw: RawEnvironment, problems: string[]): object {
  const set = variablesOf(group)
    .map(({ name }) => [name, raw[name]] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  const environment = plainToInstance(group, Object.fromEntries(set));
  for (const error of validateSync(environment, { stopAtFirstError: true })) {
    const reason = Object.values(error.constraints ?? {})[0] ?? 'is not valid';
    problems.push(`${error.property}: ${reason.replace(`${error.property} `, '')}`);
    Reflect.deleteProperty(environment, error.property);
  }
  return environment;
}
