import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from './checker.js';
import { FRESHNESS } from './history-fixture.js';
import type { EngineChange, EngineObject, History, Operation, PlannedJob } from './history.js';
import { PLANTED } from './planted-anomalies-fixture.js';

/** One request to a perfect service, which takes effect at one moment, if at all. */
interface Step {
  readonly kind: 'POST' | 'OTHER' | 'BAD' | 'GET' | 'DELETE';
  readonly replica: number;
  /** Since the moment of the step before. */
  readonly later: number;
  readonly before: number;
  readonly after: number;
  readonly isAnswered: boolean;
  readonly isDone: boolean;
  readonly exitCode: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('POST', 'POST', 'OTHER', 'BAD', 'GET', 'GET', 'GET', 'DELETE'),
    replica: fc.nat({ max: 1 }),
    later: fc.integer({ min: 1, max: 2_000 }),
    before: fc.nat({ max: 1_500 }),
    after: fc.nat({ max: 1_500 }),
    isAnswered: fc.boolean(),
    isDone: fc.boolean(),
    exitCode: fc.constantFrom(0, 1),
  }),
  { maxLength: 25 },
);

interface Life {
  readonly id: string;
  readonly plan: PlannedJob;
  readonly created: number;
}

const STARTS_AFTER = 200;
const ENDS_AFTER = 1_500;

/** A history of one jid as a service without a fault makes it. */
class PerfectService {
  private readonly planned: PlannedJob[] = [];
  private readonly operations: Operation[] = [];
  private readonly changes: EngineChange[] = [];
  private readonly markerLines = new Map<string, number>();
  private now = 10_000;
  private life: Life | undefined;

  constructor(private readonly jid: string) {}

  run(all: readonly Step[]): History {
    for (const step of all) {
      this.now += step.later;
      this.perform(step);
    }
    const { planned, operations, changes, markerLines } = this;
    return {
      planned,
      operations,
      changes,
      objects: this.objects(),
      markerLines,
      engineOutages: [],
      eventLosses: [],
      resync: 10_000,
      freshness: FRESHNESS,
    };
  }

  private perform(step: Step): void {
    if (step.kind === 'GET') this.look(step);
    else if (step.kind === 'DELETE') this.remove(step);
    else if (step.kind === 'BAD') this.refuse(step);
    else this.add(step);
  }

  private look(step: Step): void {
    if (!step.isAnswered) this.record(step, { kind: 'GET', outcome: 'info' });
    else if (this.life === undefined) {
      this.record(step, { kind: 'GET', outcome: 'fail', status: 404 });
    } else {
      const shown = statusOf(this.life, this.now);
      this.record(step, { kind: 'GET', outcome: 'ok', status: 200, shown });
    }
  }

  private add(step: Step): void {
    const isOther = step.kind === 'OTHER' && this.life !== undefined;
    const plan = isOther ? this.plan(step, false) : (this.life?.plan ?? this.plan(step, false));
    const { spec } = plan;
    if (isOther) {
      this.record(step, { kind: 'POST', spec, outcome: 'fail', status: 409 });
      return;
    }
    const acts = step.isAnswered || step.isDone;
    if (acts) this.life ??= this.create(plan);
    if (!step.isAnswered || this.life === undefined) {
      this.record(step, { kind: 'POST', spec, outcome: 'info' });
    } else {
      const shown = statusOf(this.life, this.now);
      this.record(step, { kind: 'POST', spec, outcome: 'ok', status: 201, shown });
    }
  }

  private refuse(step: Step): void {
    const { spec } = this.plan(step, true);
    // A jid with a bad job is not judged by its other jobs, so the bad one has a jid of its own.
    this.record(step, { kind: 'POST', spec, jid: `${spec}-bad`, outcome: 'fail', status: 400 });
  }

  private remove(step: Step): void {
    const acts = step.isAnswered || step.isDone;
    const wasThere = this.life !== undefined;
    if (acts && this.life !== undefined) {
      this.changes.push(...changesOf(this.life, this.now));
      this.changes.push(this.change('destroy', this.life, this.now));
      this.life = undefined;
    }
    if (!step.isAnswered) this.record(step, { kind: 'DELETE', outcome: 'info' });
    else if (wasThere) this.record(step, { kind: 'DELETE', outcome: 'ok', status: 204 });
    else this.record(step, { kind: 'DELETE', outcome: 'fail', status: 404 });
  }

  private plan({ exitCode }: Step, isBad: boolean): PlannedJob {
    const spec = `${this.jid}/${this.planned.length}`;
    const jid = isBad ? `${spec}-bad` : this.jid;
    const plan = { spec, jid, workers: 1, exitCode, isBad };
    this.planned.push(plan);
    return plan;
  }

  private create(plan: PlannedJob): Life {
    this.markerLines.set(plan.spec, 1);
    return { id: `of-${plan.spec}`, plan, created: this.now };
  }

  private record(step: Step, what: Partial<Operation> & Pick<Operation, 'kind' | 'outcome'>): void {
    const [invoked, completed] = [this.now - step.before, this.now + step.after];
    this.operations.push({ jid: this.jid, replica: step.replica, invoked, completed, ...what });
  }

  private change(kind: EngineChange['kind'], { id }: Life, seen: number): EngineChange {
    return { kind, id, jid: this.jid, worker: 0, seen };
  }

  private objects(): readonly EngineObject[] {
    if (this.life === undefined) return [];
    const { id, plan } = this.life;
    this.changes.push(...changesOf(this.life, Infinity));
    const { spec, jid, exitCode } = plan;
    return [{ id, jid, spec, worker: 0, state: 'ended', exitCode }];
  }
}

function statusOf({ created, plan }: Life, now: number) {
  if (now < created + STARTS_AFTER) return 'notstarted';
  if (now < created + ENDS_AFTER) return 'started';
  return plan.exitCode === 0 ? 'finishedSuccessfully' : 'finishedWithError';
}

function changesOf({ id, created, plan }: Life, until: number): EngineChange[] {
  const { jid, exitCode } = plan;
  const all: EngineChange[] = [
    { kind: 'create', id, jid, worker: 0, seen: created },
    { kind: 'start', id, jid, worker: 0, seen: created + STARTS_AFTER },
    { kind: 'die', id, jid, worker: 0, seen: created + ENDS_AFTER, exitCode },
  ];
  return all.filter(({ seen }) => seen <= until);
}

function together(one: History, other: History): History {
  return {
    planned: [...one.planned, ...other.planned],
    operations: [...other.operations, ...one.operations],
    changes: [...one.changes, ...other.changes],
    objects: [...one.objects, ...other.objects],
    markerLines: new Map([...one.markerLines, ...other.markerLines]),
    engineOutages: [],
    eventLosses: [],
    resync: 10_000,
    freshness: FRESHNESS,
  };
}

const good = fc
  .tuple(steps, steps)
  .map(([one, other]) =>
    together(new PerfectService('one').run(one), new PerfectService('other').run(other)),
  );

describe('the checker of histories, over random ones', () => {
  it('finds nothing in what a perfect service does, whatever goes unanswered', () => {
    fc.assert(
      fc.property(good, (history) => {
        const { anomalies, isClean } = check(history);
        expect(isClean, JSON.stringify(anomalies)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('finds exactly the one job that is wrong among those that are not', () => {
    fc.assert(
      fc.property(good, fc.constantFrom(...PLANTED), (history, { anomaly, history: planted }) => {
        const { anomalies } = check(together(history, planted));
        const found = Object.entries(anomalies).filter(([, jids]) => jids.length > 0);
        expect(found).toEqual([[anomaly, ['job']]]);
      }),
      { numRuns: 500 },
    );
  });
});
