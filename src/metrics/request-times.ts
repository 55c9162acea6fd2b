import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

const NAME = 'pman_http_request_duration_seconds';
/** Upper bounds in seconds. */
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60] as const;

interface Series {
  readonly labels: string;
  /** How many fell into each; the last is above all bounds. */
  readonly counts: number[];
  sum: number;
}

/** How long answers took, by method, route and code. Counted by hand: it happens with each request. */
@Injectable()
export class RequestTimes {
  private readonly series = new Map<string, Series>();

  /** Watches every request of a server that does not listen yet. */
  follow(fastify: FastifyInstance): void {
    fastify.addHook('onResponse', (request, reply, done) => {
      const route = request.is404 ? '' : (request.routeOptions.url ?? '');
      this.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
      done();
    });
  }

  /** @param route as it is written in the code, so that it holds no name of a job */
  observe(method: string, route: string, code: number, seconds: number): void {
    const key = `${method} ${code} ${route}`;
    let series = this.series.get(key);
    if (series === undefined) {
      const labels = `method="${method}",route="${route}",code="${code}"`;
      series = { labels, counts: Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
      this.series.set(key, series);
    }
    const bound = BOUNDS.findIndex((limit) => seconds <= limit);
    const bucket = bound < 0 ? BOUNDS.length : bound;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
  }

  /** In the text format of Prometheus. */
  text(): string {
    const head = [
      `# HELP ${NAME} Time from the arrival of a request to the end of its answer.`,
      `# TYPE ${NAME} histogram`,
    ];
    return `${[...head, ...[...this.series.values()].flatMap(linesOf)].join('\n')}\n`;
  }
}

function linesOf({ labels, counts, sum }: Series): readonly string[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return `${NAME}_bucket{${labels},le="${BOUNDS[index] ?? '+Inf'}"} ${total}`;
  });
  return [...buckets, `${NAME}_sum{${labels}} ${sum}`, `${NAME}_count{${labels}} ${total}`];
}
