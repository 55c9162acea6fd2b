import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from './run/engine.js';
import { loadOf, runOracle } from './run/oracle-run.js';
import { explain } from './run/report.js';
import { describeHarm, scheduleOf } from './run/schedule.js';

const SEED = 7;
const SECONDS = 30;

describe.each(['docker', 'podman'] as const)('two replicas in bad weather, on %s', (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.up(kind, `oracle-${kind}`);
  });
  afterAll(() => engine.down());

  it(`lose, double and invent no job, and tell no lie (seed ${SEED})`, async () => {
    const run = await runOracle(engine, SEED, SECONDS);
    const harm = scheduleOf(SEED, loadOf(SECONDS)).map(describeHarm).join('\n');
    expect(run.verdict.isClean, `${explain(run)}\n${harm}`).toBe(true);
    // A run in which nothing happened would find nothing.
    expect(run.history.changes.filter(({ kind: what }) => what === 'start')).not.toHaveLength(0);
    expect(run.verdict.staleness.judged).toBeGreaterThan(10);
  });
});
