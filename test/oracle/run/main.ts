import { parseArgs } from 'node:util';
import { Engine, type EngineKind } from './engine.js';
import { loadOf, runOracle, type OracleRun } from './oracle-run.js';
import { explain, formatTotals, totalsOf } from './report.js';
import { describeHarm, scheduleOf } from './schedule.js';

const KINDS: readonly EngineKind[] = ['docker', 'podman'];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @returns the exit code: 0 when no run has shown an anomaly. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string', default: 'docker' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      runs: { type: 'string', default: '1' },
    },
  });
  const kind = KINDS.find((known) => known === values.engine);
  const [first, seconds, count] = [values.seed, values.seconds, values.runs].map(Number);
  if (kind === undefined || !first || !seconds || !count) {
    say('npm run oracle -- [--engine docker|podman] [--seed N] [--seconds S] [--runs K]');
    return 1;
  }
  const engine = await Engine.up(kind, `oracle-${kind}`);
  try {
    const runs: OracleRun[] = [];
    for (let seed = first; seed < first + count; seed += 1) {
      runs.push(await oneRun(engine, seed, seconds));
    }
    say(formatTotals(kind, totalsOf(runs)));
    return runs.every(({ verdict }) => verdict.isClean) ? 0 : 1;
  } finally {
    await engine.down();
  }
}

async function oneRun(engine: Engine, seed: number, seconds: number): Promise<OracleRun> {
  say(`${engine.kind}, seed ${seed}, ${seconds} s`);
  scheduleOf(seed, loadOf(seconds)).forEach((harm) => say(`  ${describeHarm(harm)}`));
  const run = await runOracle(engine, seed, seconds);
  const { jobs, starts, judged, staleP99, forgottenRuns, forgottenEnds } = totalsOf([run]);
  say(
    `${jobs} jobs, ${starts} starts, ${run.history.operations.length} requests, ${judged} judged`,
  );
  say(
    `staleness p99 ${Math.round(staleP99)} ms, the engine forgot: ${forgottenRuns} runs, ${forgottenEnds} ends`,
  );
  say(run.verdict.isClean ? 'no anomaly' : explain(run));
  return run;
}
