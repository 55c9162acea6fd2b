import { ANOMALIES, type Anomaly } from '../checker/checker.js';
import type { Operation } from '../checker/history.js';
import type { OracleRun } from './oracle-run.js';

const KINDS = ['POST', 'GET', 'DELETE'] as const;
const OUTCOMES = ['ok', 'fail', 'info'] as const;

export interface Totals {
  readonly runs: number;
  readonly jobs: number;
  readonly starts: number;
  /** By request and outcome, such as `POST ok`. */
  readonly requests: Readonly<Record<string, number>>;
  readonly anomalies: Readonly<Record<Anomaly, number>>;
  readonly forgottenRuns: number;
  readonly forgottenEnds: number;
  readonly judged: number;
  /** The worst of the runs, in milliseconds. */
  readonly staleP99: number;
  readonly staleMax: number;
}

export function totalsOf(runs: readonly OracleRun[]): Totals {
  const sum = (count: (run: OracleRun) => number): number =>
    runs.reduce((total, run) => total + count(run), 0);
  const most = (figure: (run: OracleRun) => number): number => Math.max(0, ...runs.map(figure));
  return {
    runs: runs.length,
    jobs: sum(({ history }) => history.planned.length),
    starts: sum(({ history }) => history.changes.filter(({ kind }) => kind === 'start').length),
    requests: Object.fromEntries(
      KINDS.flatMap((kind) =>
        OUTCOMES.map((outcome) => [
          `${kind} ${outcome}`,
          sum(({ history }) => history.operations.filter(isOf(kind, outcome)).length),
        ]),
      ),
    ),
    anomalies: Object.fromEntries(
      ANOMALIES.map((anomaly) => [
        anomaly,
        sum(({ verdict }) => verdict.anomalies[anomaly].length),
      ]),
    ) as Record<Anomaly, number>,
    forgottenRuns: sum(({ verdict }) => verdict.forgottenRuns.length),
    forgottenEnds: sum(({ verdict }) => verdict.forgottenEnds.length),
    judged: sum(({ verdict }) => verdict.staleness.judged),
    staleP99: most(({ verdict }) => verdict.staleness.p99),
    staleMax: most(({ verdict }) => verdict.staleness.max),
  };
}

function isOf(kind: string, outcome: string) {
  return (operation: Operation): boolean =>
    operation.kind === kind && operation.outcome === outcome;
}

export function formatTotals(engine: string, totals: Totals): string {
  const rows: (readonly [string, number])[] = [
    ['runs', totals.runs],
    ['jobs asked for', totals.jobs],
    ['containers started', totals.starts],
    ...Object.entries(totals.requests),
    ['GETs judged for freshness', totals.judged],
    ['staleness p99 (worst run), ms', Math.round(totals.staleP99)],
    ['staleness max, ms', Math.round(totals.staleMax)],
    ['runs the engine forgot', totals.forgottenRuns],
    ['ends the engine forgot', totals.forgottenEnds],
    ...ANOMALIES.map((anomaly) => [anomaly, totals.anomalies[anomaly]] as const),
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(32)}${String(value).padStart(8)}`);
  return [engine, ...lines].join('\n');
}

/** Everything that is known of the jobs that something is wrong with, in the order of time. */
export function explain({ history, verdict }: OracleRun): string {
  return ANOMALIES.flatMap((anomaly) =>
    verdict.anomalies[anomaly].flatMap((jid) => {
      const isAbout = (part: { readonly jid: string }): boolean => part.jid === jid;
      const moments = [
        ...history.operations
          .filter(isAbout)
          .map((operation) => [operation.invoked, operation] as const),
        ...history.changes.filter(isAbout).map((change) => [change.seen, change] as const),
      ].toSorted(([a], [b]) => a - b);
      return [
        `${anomaly}: ${jid}`,
        ...history.planned
          .filter(isAbout)
          .map((plan) => `  ${JSON.stringify(plan)} lines ${history.markerLines.get(plan.spec)}`),
        ...moments.map(([, moment]) => `  ${JSON.stringify(moment, round)}`),
        ...history.objects.filter(isAbout).map((object) => `  left: ${JSON.stringify(object)}`),
      ];
    }),
  ).join('\n');
}

/** The jid stands above. */
function round(key: string, value: unknown): unknown {
  if (key === 'jid') return undefined;
  return typeof value === 'number' ? Math.round(value) : value;
}
