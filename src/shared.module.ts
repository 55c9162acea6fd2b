import { Global, Module, type DynamicModule } from '@nestjs/common';
import { EVENT_LOG, type EventLog } from './shared/event-log.js';

/** What every module may ask for. */
@Global()
@Module({})
export class SharedModule {
  static forRoot(log: EventLog): DynamicModule {
    const providers = [{ provide: EVENT_LOG, useValue: log }];
    return { module: SharedModule, providers, exports: providers };
  }
}
