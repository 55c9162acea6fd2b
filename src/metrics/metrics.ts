import { Inject, Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { LiveState, type LiveFigures } from '../scheduling/application/live-state.js';
import { RequestTimes } from './request-times.js';

export const BUILD_INFO = Symbol('metrics:BUILD_INFO');

export interface BuildInfo {
  readonly version: string;
  readonly backend: string;
  readonly storage: string;
}

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

interface Count {
  readonly name: string;
  readonly help: string;
  /** What is told apart, if anything is. */
  readonly label?: string;
  readonly values: (figures: LiveFigures) => ReadonlyMap<string, number>;
}

const COUNTS: readonly Count[] = [
  {
    name: 'pman_event_streams_opened_total',
    help: 'How often the event stream of the backend was opened since the start.',
    values: ({ streamsOpened }) => new Map([['', streamsOpened]]),
  },
  {
    name: 'pman_submissions_total',
    help: 'Submissions that have ended, by "accepted" or the kind of the error.',
    label: 'outcome',
    values: ({ submissions }) => submissions,
  },
  {
    name: 'pman_backend_errors_total',
    help: 'Calls to the backend that have failed, by the kind of the error.',
    label: 'error',
    values: ({ backendErrors }) => backendErrors,
  },
];

/** The live state in the text format of Prometheus. */
@Injectable()
export class Metrics {
  private registry: Promise<Registry> | undefined;
  private figures: LiveFigures;

  constructor(
    @Inject(LiveState) private readonly state: LiveState,
    @Inject(RequestTimes) private readonly times: RequestTimes,
    @Inject(BUILD_INFO) private readonly build: BuildInfo,
  ) {
    this.figures = state.figures();
  }

  async read(): Promise<string> {
    this.registry ??= this.register();
    const registry = await this.registry;
    this.figures = this.state.figures();
    return `${await registry.metrics()}${this.times.text()}`;
  }

  /** Loaded when first asked for: a service that nobody scrapes need not have it. */
  private async register(): Promise<Registry> {
    const { Counter, Gauge, Registry } = await import('prom-client');
    const registry = new Registry();
    const registers = [registry];
    for (const { name, help, value } of METRICS) {
      const gauge: InstanceType<typeof Gauge> = new Gauge({
        name,
        help,
        registers,
        collect: () => gauge.set(value(this.figures)),
      });
    }
    for (const { name, help, label, values } of COUNTS) {
      const labelNames = label === undefined ? [] : [label];
      const counter: InstanceType<typeof Counter> = new Counter({
        name,
        help,
        registers,
        labelNames,
        collect: () => {
          counter.reset();
          for (const [what, count] of values(this.figures)) {
            counter.inc(label === undefined ? {} : { [label]: what }, count);
          }
        },
      });
    }
    const labelNames = Object.keys(this.build);
    const info = { name: 'pman_build_info', help: 'Which build this is and what it runs on.' };
    new Gauge({ ...info, labelNames, registers }).set({ ...this.build }, 1);
    return registry;
  }
}
