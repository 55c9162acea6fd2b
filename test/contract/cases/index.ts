import type { ContractCase } from '../contract-case.js';
import { COMMAND_CASES } from './command.cases.js';
import { ENVIRONMENT_CASES } from './environment.cases.js';
import { EXIT_CASES } from './exit.cases.js';
import { IDENTITY_CASES } from './identity.cases.js';
import { LIMIT_CASES } from './limits.cases.js';
import { LOG_CASES } from './logs.cases.js';
import { REFUSAL_CASES } from './refusal.cases.js';
import { REMOVAL_CASES } from './removal.cases.js';
import { REPLICA_CASES } from './replica.cases.js';
import { SERVICE_LOG_CASES } from './service-log.cases.js';
import { USER_CASES } from './user.cases.js';
import { WORKER_CASES } from './workers.cases.js';

/** The one list of cases, for all backends. */
export const CASES: readonly ContractCase[] = [
  ...COMMAND_CASES,
  ...ENVIRONMENT_CASES,
  ...USER_CASES,
  ...LIMIT_CASES,
  ...EXIT_CASES,
  ...LOG_CASES,
  ...IDENTITY_CASES,
  ...REFUSAL_CASES,
  ...REMOVAL_CASES,
  ...WORKER_CASES,
  ...REPLICA_CASES,
  ...SERVICE_LOG_CASES,
];
