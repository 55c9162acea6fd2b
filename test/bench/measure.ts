import { setTimeout as sleep } from 'node:timers/promises';

/** For an engine to get over what it has just done. */
const REST_MS = 100;

/** One line of the table that a bench run prints. */
export interface Row {
  readonly id: string;
  readonly operation: string;
  /** What the engine, or the bare runtime, takes by itself. */
  readonly direct: number;
  readonly ours: number;
  readonly unit: string;
  /** Ours by direct, or the figure itself where there is nothing to compare with. */
  readonly value: number;
  readonly bar: number;
  /** Whether the value may be no smaller than the bar, or no larger. */
  readonly side: 'at least' | 'at most';
  /** Smallest and largest value of a block. */
  readonly range: readonly [number, number];
}

type Measured = Pick<Row, 'direct' | 'ours' | 'value' | 'range'>;

export function atMost(
  id: string,
  operation: string,
  unit: string,
  measured: Measured,
  bar: number,
): Row {
  return { id, operation, unit, bar, side: 'at most', ...measured };
}

export function atLeast(
  id: string,
  operation: string,
  unit: string,
  measured: Measured,
  bar: number,
): Row {
  return { id, operation, unit, bar, side: 'at least', ...measured };
}

/** A figure beside what it is compared with, each measured once. */
export function ratio(direct: number, ours: number): Measured {
  const value = ours / direct;
  return { direct, ours, value, range: [value, value] };
}

/** A figure that is judged by itself. */
export function figure(value: number): Measured {
  return { direct: Number.NaN, ours: value, value, range: [value, value] };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Milliseconds that a task takes. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await task();
  return performance.now() - begin;
}

/**
 * Times two tasks in turn, block by block, so that both see the same machine; the value is the median
 * of the blocks' ratios of medians.
 * @param prepare what both tasks of a call need, before its block
 */
export async function compareInBlocks(
  blocks: number,
  callsPerBlock: number,
  direct: (call: number) => Promise<unknown>,
  ours: (call: number) => Promise<unknown>,
  prepare: (call: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<Measured> {
  const medians: (readonly [number, number])[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const first = block * callsPerBlock;
    for (let call = first; call < first + callsPerBlock; call += 1) await prepare(call);
    medians.push([
      await medianOf(callsPerBlock, first, direct),
      await medianOf(callsPerBlock, first, ours),
    ]);
  }
  return summarise(medians);
}

/**
 * Times two tasks call by call, each after everything of the one before has come to rest: what one
 * leaves behind is not charged to the other. The value is the ratio of the medians of all calls.
 */
export async function compareAtRest(
  blocks: number,
  callsPerBlock: number,
  direct: Task,
  ours: Task,
): Promise<Measured> {
  const sides = [
    { task: direct, times: [] as number[] },
    { task: ours, times: [] as number[] },
  ] as const;
  for (let call = 0; call < blocks * callsPerBlock; call += 1) {
    // Neither is always the second.
    for (const { task, times } of call % 2 === 0 ? sides : sides.toReversed())
      times.push(await timedAtRest(task, call));
  }
  const medians = (from?: number, end?: number) =>
    [median(sides[0].times.slice(from, end)), median(sides[1].times.slice(from, end))] as const;
  const parts = Array.from({ length: blocks }, (_, block) =>
    medians(block * callsPerBlock, (block + 1) * callsPerBlock),
  );
  return { ...ratio(...medians()), range: summarise(parts).range };
}

/** What is timed, and what waits until it has left nothing to do. */
export interface Task {
  readonly run: (call: number) => Promise<unknown>;
  readonly rest: (call: number) => Promise<unknown>;
}

async function timedAtRest({ run, rest }: Task, call: number): Promise<number> {
  const took = await timed(() => run(call));
  await rest(call);
  await sleep(REST_MS);
  return took;
}

function summarise(blocks: readonly (readonly [direct: number, ours: number])[]): Measured {
  const ratios = blocks.map(([direct, ours]) => ours / direct);
  return {
    direct: median(blocks.map(([direct]) => direct)),
    ours: median(blocks.map(([, ours]) => ours)),
    value: median(ratios),
    range: [Math.min(...ratios), Math.max(...ratios)],
  };
}

/** Takes two figures in turn, block by block; the value is the median of the blocks' ratios. */
export async function compareInTurn(
  blocks: number,
  direct: () => Promise<number>,
  ours: () => Promise<number>,
): Promise<Measured> {
  const figures: (readonly [number, number])[] = [];
  for (let block = 0; block < blocks; block += 1) figures.push([await direct(), await ours()]);
  return summarise(figures);
}

async function medianOf(
  calls: number,
  first: number,
  task: (call: number) => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let call = first; call < first + calls; call += 1) times.push(await timed(() => task(call)));
  return median(times);
}

const verdictOf = (row: Row): string => (isMet(row) ? 'pass' : 'FAIL');

const isMet = ({ value, bar, side }: Row): boolean =>
  side === 'at most' ? value <= bar : value >= bar;

const decimals = (value: number): string => value.toFixed(value < 10 ? 3 : 1);

/** A row as one line of a log. */
export function summaryOf(row: Row): string {
  const { id, operation, ours, unit, value, bar, side } = row;
  return `${id} ${operation}: ${decimals(ours)} ${unit}, ${decimals(value)} (${side} ${bar}) ${verdictOf(row)}`;
}

/** The table as text; the last column says whether the bar is met. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.id,
    row.operation,
    Number.isNaN(row.direct) ? '-' : `${decimals(row.direct)} ${row.unit}`,
    `${decimals(row.ours)} ${row.unit}`,
    `${decimals(row.value)} (${decimals(row.range[0])} to ${decimals(row.range[1])})`,
    `${row.side === 'at most' ? '<=' : '>='} ${row.bar}`,
    verdictOf(row),
  ]);
  const table = [['', 'operation', 'direct', 'ours', 'value', 'bar', ''], ...cells];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table
    .map((line) => line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '))
    .join('\n');
}

export function allMet(rows: readonly Row[]): boolean {
  return rows.every(isMet);
}
