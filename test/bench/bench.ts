import { writeFile } from 'node:fs/promises';
import { allMet, formatTable, summaryOf, type Row } from './measure.ts';
import { freshnessRows, lostEventsRow } from './freshness-rows.ts';
import { growingLogRows } from './log-rows.ts';
import { finishedRows, lookUpRow } from './read-rows.ts';
import { startRig, type Rig } from './rig.ts';
import { hugeLogRow, manyJobsRow, readyRow, scaleRows } from './scale-rows.ts';
import { startRow } from './start-row.ts';
import { swarmRows } from './swarm-rows.ts';
import { burstRows, writeRows } from './write-rows.ts';

/*
 * Times the service against the engine of DOCKER_HOST, on the same machine, in the same run; of
 * scripts/bench.mjs. R15, and nothing else, is of an engine that is a manager of a swarm.
 */
type Part = readonly [string, (rig: Rig) => Promise<Row | readonly Row[]>];

const PARTS: readonly Part[] = [
  ['R1 R2 R3 R4', finishedRows],
  ['R6', lookUpRow],
  ['R7 R9', writeRows],
  ['R8', burstRows],
  ['R10', freshnessRows],
  ['R10', lostEventsRow],
  ['R5', growingLogRows],
  ['R11', manyJobsRow],
  ['R12', startRow],
  ['R12', readyRow],
  ['D23 R13 R14', scaleRows],
  ['R13', hugeLogRow],
];

const SWARM_PARTS: readonly Part[] = [['R15', swarmRows]];

const wanted = process.argv.slice(2);
const rig = await startRig(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');
try {
  const rows: Row[] = [];
  for (const [ids, part] of rig.isSwarm ? SWARM_PARTS : PARTS) {
    if (wanted.length > 0 && !ids.split(' ').some((id) => wanted.includes(id))) continue;
    const measured = [await part(rig)].flat();
    rows.push(...measured);
    // The whole takes a quarter of an hour: what there is by now is said at once.
    for (const row of measured) process.stdout.write(`${summaryOf(row)}\n`);
  }
  const engine = rig.isPodman ? 'Podman' : 'Docker';
  const name = rig.isSwarm ? 'Docker Swarm' : engine;
  process.stdout.write(`\n${name}\n${formatTable(rows)}\n`);
  await writeFile('bench-results.json', `${JSON.stringify(rows, null, 2)}\n`);
  process.exitCode = allMet(rows) ? 0 : 1;
} finally {
  await rig.close();
}
