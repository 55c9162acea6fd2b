import { Inject, Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { LiveState, type LiveFigures } from '../scheduling/application/live-state.js';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly value: (figures: LiveFigures) => number;
}

/** Names and units as Prometheus has them: seconds and bytes. */
const METRICS: readonly Metric[] = [
  {
    name: 'pman_jobs',
    help: 'Jobs in the table, finished ones included.',
    value: ({ jobs }) => jobs,
  },
  {
    name: 'pman_jobs_live',
    help: 'Jobs in the table that may still change.',
    value: ({ liveJobs }) => liveJobs,
  },
  {
    name: 'pman_jobs_doubtful',
    help: 'Jobs whose state is about to be looked up.',
    value: ({ doubtfulJobs }) => doubtfulJobs,
  },
  {
    name: 'pman_list_age_seconds',
    help: 'Time since the newest list of all jobs began.',
    value: ({ listAge }) => listAge / 1_000,
  },
  {
    name: 'pman_event_streams_opened',
    help: 'How often the event stream of the backend was opened since the start.',
    value: ({ streamsOpened }) => streamsOpened,
  },
  {
    name: 'pman_log_cache_bytes',
    help: 'Memory that kept logs take, estimated.',
    value: ({ cachedLogBytes }) => cachedLogBytes,
  },
  {
    name: 'pman_breaker_open',
    help: '1 while the backend does not answer and is asked once a second only.',
    value: ({ isBreakerOpen }) => (isBreakerOpen ? 1 : 0),
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the service.',
    value: () => process.memoryUsage.rss(),
  },
];

/** The live state in the text format of Prometheus. */
@Injectable()
export class Metrics {
  private registry: Promise<Registry> | undefined;

  constructor(@Inject(LiveState) private readonly state: LiveState) {}

  async read(): Promise<string> {
    this.registry ??= this.register();
    return (await this.registry).metrics();
  }

  /** Loaded when first asked for: a service that nobody scrapes need not have it. */
  private async register(): Promise<Registry> {
    const { Gauge, Registry } = await import('prom-client');
    const registry = new Registry();
    for (const { name, help, value } of METRICS) {
      const gauge: InstanceType<typeof Gauge> = new Gauge({
        name,
        help,
        registers: [registry],
        collect: () => gauge.set(value(this.state.figures())),
      });
    }
    return registry;
  }
}
