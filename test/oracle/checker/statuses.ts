import {
  lagAllowed,
  type EngineChange,
  type History,
  type Operation,
  type StatusWord,
} from './history.js';
import type { JobHistory } from './job-history.js';

const ORDER: Readonly<Record<StatusWord, number>> = {
  notstarted: 0,
  started: 1,
  finishedSuccessfully: 2,
  finishedWithError: 2,
  undefined: 2,
};
const FINAL = ORDER.finishedSuccessfully;
/** Before its end by force, in milliseconds. */
const FORGETS_MS = 400;

const orderOf = ({ shown }: Operation): number => ORDER[shown ?? 'undefined'];

/** A status went back, or a final one changed, without a DELETE in between. */
export function isRegression(job: JobHistory, history: History): boolean {
  const seen = job.sightings.filter(({ shown }) => shown !== undefined);
  return seen.some((earlier) =>
    seen.some((later) => {
      if (later.invoked < earlier.completed) return false;
      if (!contradicts(earlier, later, lagAllowed(later, history))) return false;
      return !job.mayBeRemovedBetween(earlier.invoked, later.completed);
    }),
  );
}

/** Another replica may be behind by as much as the contract allows. */
function contradicts(earlier: Operation, later: Operation, lag: number): boolean {
  if (orderOf(earlier) === FINAL && orderOf(later) === FINAL) return earlier.shown !== later.shown;
  if (orderOf(later) >= orderOf(earlier)) return false;
  return earlier.replica === later.replica || later.invoked > earlier.completed + lag;
}

/** An end that is not the one that the engine or the job itself tells of. */
export function isLie(job: JobHistory, history: History): boolean {
  return isWrongEnd(job) && !isForgottenEnd(job, history);
}

/**
 * An error although the exit code was 0, because the engine says so itself: one that is killed right
 * after it has told of the end shows the code 255 when it is back.
 */
export function isForgottenEnd(job: JobHistory, { engineOutages }: History): boolean {
  const shown = new Set(job.sightings.map((sighting) => sighting.shown));
  if (!isWrongEnd(job) || shown.has('finishedSuccessfully') || shown.has('undefined')) return false;
  return engineOutages.some(({ from, to }) =>
    job.changes.some(({ kind, seen }) => kind === 'die' && from - FORGETS_MS <= seen && seen <= to),
  );
}

function isWrongEnd(job: JobHistory): boolean {
  const shown = new Set(job.sightings.map((sighting) => sighting.shown));
  if (shown.has('undefined')) return true;
  if (job.isExpectedToFail) return shown.has('finishedSuccessfully');
  const told = [...job.changes, ...job.objects].flatMap(({ exitCode }) => exitCode ?? []);
  const planned = job.planned.map(({ exitCode }) => exitCode);
  const canSucceed = planned.includes(0) && (told.length === 0 || told.includes(0));
  const canFail = planned.some((code) => code !== 0) || told.some((code) => code !== 0);
  if (shown.has('finishedSuccessfully') && !canSucceed) return true;
  // Without the engine's word a job that was killed cannot be told from a lie.
  return shown.has('finishedWithError') && !canFail && told.length > 0;
}

/** A GET that does not show a change although the time for that is over. */
export function isStale(job: JobHistory, history: History): boolean {
  return judgedGets(job).some((get) => stalenessOf(job, get) > lagAllowed(get, history));
}

/** The life of one object of the engine, by when an observer saw it. */
interface Life {
  create: number;
  start: number;
  die: number;
  destroy: number;
}

/** How old, in milliseconds, the change is that a GET has missed; 0 when it has missed none. */
export function stalenessOf(job: JobHistory, get: Operation): number {
  const lives = [...livesOf(job.changes).values()];
  const possible = lives.filter(({ create }) => create <= get.completed);
  const gone = Math.max(...possible.map(({ destroy }) => destroy));
  // What a POST has added anew may not have been seen yet by the observer.
  if (possible.length === 0 || job.mayBeAddedBetween(gone, get.completed)) return 0;
  return Math.max(0, Math.min(...possible.map((life) => get.invoked - missedChange(life, get))));
}

/** The moment of the first change that the answer does not show. */
function missedChange({ start, die, destroy }: Life, get: Operation): number {
  const shown = orderOf(get);
  if (shown < ORDER.started) return Math.min(start, die, destroy);
  return shown < FINAL ? Math.min(die, destroy) : destroy;
}

function livesOf(changes: readonly EngineChange[]): ReadonlyMap<string, Life> {
  const lives = new Map<string, Life>();
  for (const { id, kind, seen } of changes) {
    const life = lives.get(id) ?? {
      create: Infinity,
      start: Infinity,
      die: Infinity,
      destroy: Infinity,
    };
    life[kind] = Math.min(life[kind], seen);
    // Whatever else was seen first shows that it had been created by then.
    life.create = Math.min(life.create, seen);
    lives.set(id, life);
  }
  return lives;
}

/** GETs whose freshness can be judged: of jobs that are one object of the engine. */
export function judgedGets(job: JobHistory): readonly Operation[] {
  if (job.planned.some(({ workers }) => workers !== 1)) return [];
  return job.gets.filter(({ outcome, shown }) => outcome === 'ok' && shown !== undefined);
}
