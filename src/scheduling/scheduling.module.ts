import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Provider,
} from '@nestjs/common';
import { availableParallelism } from 'node:os';
import type { SchedulerConfig } from '../config/app-config.js';
import { assertNever } from '../shared/assert-never.js';
import { EVENT_LOG, type EventLog } from '../shared/event-log.js';
import { STORAGE, type StoragePort } from '../storage/domain/storage.port.js';
import { auditTrail } from './application/audit-trail.js';
import { CircuitBreaker } from './application/circuit-breaker.js';
import { DeferredJobs } from './application/deferred-jobs.js';
import { GuardedBackend } from './application/guarded-backend.js';
import { JobTable } from './application/job-table.js';
import { LiveScheduler } from './application/live-scheduler.js';
import { LiveState } from './application/live-state.js';
import { LogCache } from './application/log-cache.js';
import { StartGate } from './application/start-gate.js';
import { SUBMISSIONS, Submissions } from './application/submission.js';
import { SYNC_TIMES, type MonotonicClock } from './application/sync-times.js';
import { Synchroniser } from './application/synchroniser.js';
import { TimeLimits } from './application/time-limits.js';
import { SCHEDULER, type SchedulerPort } from './domain/scheduler.port.js';

export type LoadBackend = (config: SchedulerConfig, log: EventLog) => Promise<SchedulerPort>;

/** Loads the chosen backend only: the others' SDKs cost start-up time and memory. */
async function loadChosenBackend(config: SchedulerConfig, log: EventLog): Promise<SchedulerPort> {
  switch (config.backend) {
    case 'docker': {
      const { createDockerScheduler } = await import('./adapters/docker/docker.factory.js');
      return createDockerScheduler(config, log);
    }
    case 'kubernetes': {
      const { createKubernetesScheduler } =
        await import('./adapters/kubernetes/kubernetes.factory.js');
      return createKubernetesScheduler(config);
    }
    case 'swarm': {
      const { createSwarmScheduler } = await import('./adapters/swarm/swarm.factory.js');
      return createSwarmScheduler(config);
    }
    case 'process': {
      const { createProcessScheduler } = await import('./adapters/process/process.factory.js');
      return createProcessScheduler(config, log);
    }
    case 'slurm': {
      const { createSlurmScheduler } = await import('./adapters/slurm/slurm.factory.js');
      return createSlurmScheduler(config);
    }
    case 'cromwell': {
      const { createCromwellScheduler } = await import('./adapters/cromwell/cromwell.factory.js');
      return createCromwellScheduler(config, log);
    }
    default:
      return assertNever(config);
  }
}

const BACKEND = Symbol('scheduling:BACKEND');
const SYNCHRONISER = Symbol('scheduling:SYNCHRONISER');
/** Beyond this an engine's starts only get slower. */
const STARTS_PER_CORE = 2;
const LOG_BUDGET_BYTES = 64 * 1024 * 1024;
const monotonicClock: MonotonicClock = () => performance.now();

/** What the service does of its own accord. */
const BACKGROUND: Provider[] = [
  {
    provide: DeferredJobs,
    inject: [BACKEND, STORAGE, SYNCHRONISER, EVENT_LOG],
    useFactory: (
      backend: SchedulerPort,
      storage: StoragePort,
      synchroniser: Synchroniser,
      log: EventLog,
    ) =>
      new DeferredJobs(
        backend,
        ({ directories, user }, signal) =>
          storage.prepare(directories, { uid: user?.uid, gid: user?.gid }, signal),
        (name) => synchroniser.doubt(name),
        log,
      ),
  },
  {
    provide: TimeLimits,
    inject: [BACKEND, JobTable, SYNCHRONISER, EVENT_LOG],
    useFactory: (
      backend: SchedulerPort,
      table: JobTable,
      synchroniser: Synchroniser,
      log: EventLog,
    ) => new TimeLimits(backend, table, (name) => synchroniser.doubt(name), log, monotonicClock),
  },
];

/** The table and what keeps it and is made of it. */
const LIVE_STATE: Provider[] = [
  { provide: CircuitBreaker, useFactory: () => new CircuitBreaker(monotonicClock) },
  {
    provide: JobTable,
    inject: [EVENT_LOG],
    useFactory: (log: EventLog) => {
      const table = new JobTable();
      table.observe(auditTrail(log));
      return table;
    },
  },
  {
    provide: LogCache,
    inject: [BACKEND, JobTable],
    useFactory: (backend: SchedulerPort, table: JobTable) =>
      new LogCache(backend, LOG_BUDGET_BYTES, monotonicClock, () => table.live),
  },
  {
    provide: LiveState,
    inject: [JobTable, SYNCHRONISER, LogCache, CircuitBreaker, SUBMISSIONS],
    useFactory: (
      table: JobTable,
      synchroniser: Synchroniser,
      logs: LogCache,
      breaker: CircuitBreaker,
      submissions: Submissions,
    ) => new LiveState(table, synchroniser, logs, breaker, submissions, monotonicClock),
  },
  {
    provide: SYNCHRONISER,
    inject: [BACKEND, JobTable, EVENT_LOG],
    useFactory: (backend: SchedulerPort, table: JobTable, log: EventLog) => {
      const synchroniser = new Synchroniser(backend, table, log, monotonicClock, SYNC_TIMES);
      synchroniser.start();
      return synchroniser;
    },
  },
  {
    provide: SCHEDULER,
    inject: [BACKEND, JobTable, LogCache, SYNCHRONISER],
    useFactory: (
      backend: SchedulerPort,
      table: JobTable,
      logs: LogCache,
      synchroniser: Synchroniser,
    ) => new LiveScheduler(backend, table, logs, synchroniser),
  },
  {
    provide: SUBMISSIONS,
    inject: [SCHEDULER, JobTable],
    useFactory: (scheduler: LiveScheduler, table: JobTable) =>
      new Submissions(scheduler, table, scheduler),
  },
];

@Module({})
export class SchedulingModule
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  constructor(
    @Inject(SYNCHRONISER) private readonly synchroniser: Synchroniser,
    @Inject(SUBMISSIONS) private readonly submissions: Submissions,
    @Inject(DeferredJobs) private readonly deferredJobs: DeferredJobs,
    @Inject(TimeLimits) private readonly timeLimits: TimeLimits,
  ) {}

  onApplicationBootstrap(): void {
    this.deferredJobs.start();
    this.timeLimits.start();
  }

  /** Before the server waits for its open requests. */
  onModuleDestroy(): void {
    this.submissions.leave();
  }

  onApplicationShutdown(): void {
    this.deferredJobs.stop();
    this.timeLimits.stop();
    this.synchroniser.stop();
  }

  /** @param loadBackend tests put a backend of their own here */
  static forRoot(
    config: SchedulerConfig,
    loadBackend: LoadBackend = loadChosenBackend,
  ): DynamicModule {
    return {
      module: SchedulingModule,
      global: true,
      providers: [
        {
          provide: BACKEND,
          inject: [EVENT_LOG, CircuitBreaker],
          useFactory: async (log: EventLog, breaker: CircuitBreaker) => {
            const backend = await loadBackend(config, log);
            const starts = backend.parallelStarts ?? STARTS_PER_CORE * availableParallelism();
            return new GuardedBackend(backend, breaker, new StartGate(starts));
          },
        },
        ...LIVE_STATE,
        ...BACKGROUND,
      ],
      exports: [SCHEDULER, SUBMISSIONS, LiveState],
    };
  }
}
