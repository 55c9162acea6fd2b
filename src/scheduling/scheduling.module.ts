import { Module, type DynamicModule } from '@nestjs/common';
import type { SchedulerConfig } from '../config/app-config.js';
import { EVENT_LOG, type EventLog } from '../shared/event-log.js';
import { SUBMISSIONS, Submissions } from './application/submission.js';
import { SCHEDULER, type SchedulerPort } from './domain/scheduler.port.js';

/** Loads the chosen backend only: the others' SDKs cost start-up time and memory. */
async function createScheduler(config: SchedulerConfig, log: EventLog): Promise<SchedulerPort> {
  switch (config.backend) {
    case 'docker': {
      const { createDockerScheduler } = await import('./adapters/docker/docker.factory.js');
      return createDockerScheduler(config, log);
    }
    case 'process': {
      const { createProcessScheduler } = await import('./adapters/process/process.factory.js');
      return createProcessScheduler(config, log);
    }
  }
}

@Module({})
export class SchedulingModule {
  static forRoot(config: SchedulerConfig): DynamicModule {
    return {
      module: SchedulingModule,
      global: true,
      providers: [
        {
          provide: SCHEDULER,
          inject: [EVENT_LOG],
          useFactory: (log: EventLog) => createScheduler(config, log),
        },
        { provide: SUBMISSIONS, useClass: Submissions },
      ],
      exports: [SCHEDULER, SUBMISSIONS],
    };
  }
}
