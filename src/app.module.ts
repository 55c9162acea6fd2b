import { Module, type DynamicModule } from '@nestjs/common';
import type { AppConfig } from './config/app-config.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import type { Backend } from './scheduling/domain/capabilities.js';
import { SchedulingModule, type LoadBackend } from './scheduling/scheduling.module.js';
import type { EventLog } from './shared/event-log.js';
import { SharedModule } from './shared.module.js';
import { SERVER_VERSION } from './shared/version.js';
import { StorageModule } from './storage/storage.module.js';

/** The composition root. */
@Module({})
export class AppModule {
  /** @param configModule what read the configuration; it provides it to the other modules */
  static forRoot(
    config: AppConfig,
    log: EventLog,
    configModule: DynamicModule,
    loadBackend?: LoadBackend,
  ): DynamicModule {
    const serviceInfo = {
      server_version: SERVER_VERSION,
      container_env: environmentOf(config.scheduler),
      storage_type: config.storage.type,
    };
    return {
      module: AppModule,
      imports: [
        configModule,
        SharedModule.forRoot(log),
        StorageModule.forRoot(config.storage),
        SchedulingModule.forRoot(config.scheduler, loadBackend),
        JobsModule.forRoot(config, serviceInfo),
        HealthModule,
        MetricsModule.forRoot({
          version: serviceInfo.server_version,
          backend: serviceInfo.container_env,
          storage: serviceInfo.storage_type,
        }),
      ],
    };
  }
}

/** The word that clients know. */
function environmentOf(scheduler: AppConfig['scheduler']): Backend {
  if (scheduler.backend !== 'kubernetes') return scheduler.backend;
  return scheduler.options.profile;
}
