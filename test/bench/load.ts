import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { HttpClient } from './http-client.ts';

const run = promisify(execFile);
const ALL_JOBS = fileURLToPath(new URL('all-jobs.lua', import.meta.url));
const ALL_JOBS_CLIENTS = 32;
const SECONDS = 4;
/** A runtime that compiles what it runs often: the pace that it keeps is measured. */
const WARM_UP_SECONDS = 3;

/** Requests a second of so many clients at once, each with one connection that it keeps. */
export async function requestsPerSecond(
  client: HttpClient,
  path: string,
  clients: number,
  seconds: number,
): Promise<number> {
  const [begin, end] = [performance.now(), performance.now() + seconds * 1_000];
  let answered = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const { status, body } = await client.send('GET', path);
      if (status !== 200) throw new Error(`${status}: ${body}`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return answered / ((performance.now() - begin) / 1_000);
}

/** Requests a second with a connection for each, by wrk (Debian package wrk). */
export function connectionsPerSecond(port: number, path: string, clients: number): Promise<number> {
  return wrk(`http://127.0.0.1:${port}${path}`, clients, SECONDS);
}

/** The same of polls of the jobs of a model, one after the other. */
export function pollsPerSecondOfAll(port: number, jobs: number, seconds: number): Promise<number> {
  return wrk(`http://127.0.0.1:${port}/`, ALL_JOBS_CLIENTS, seconds, jobs);
}

async function wrk(url: string, clients: number, seconds: number, jobs?: number): Promise<number> {
  const script = jobs === undefined ? [] : ['-s', ALL_JOBS];
  const env = { ...process.env, BENCH_JOBS: String(jobs) };
  const load = async (duration: number) => {
    const options = ['-t1', `-c${clients}`, `-d${duration}s`, '-H', 'Connection: close'];
    return (await run('wrk', [...options, ...script, url], { env })).stdout;
  };
  await load(WARM_UP_SECONDS);
  const stdout = await load(seconds);
  if (/Non-2xx|Socket errors: connect [1-9]/.test(stdout)) throw new Error(stdout);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const index = Math.min(Math.ceil((sorted.length * percent) / 100), sorted.length) - 1;
  return sorted[Math.max(index, 0)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);
