import { effectUntil, lagAllowed, mayHaveActed, type History, type Operation } from './history.js';
import type { JobHistory } from './job-history.js';

/** For so long a POST tries again what may pass, in milliseconds. */
const POST_PATIENCE_MS = 80_000;

/** What was said to exist and does not, or never ran. */
export function isLost(job: JobHistory, history: History): boolean {
  if (job.isExpectedToFail) return false;
  return job.sightings.some((sighting) => {
    if (isOfGhost(job, sighting) || mayBeOfThePast(job, sighting, history)) return false;
    // What was only seen may be made anew as long as its POST is under way.
    const denied = absences(job).some(
      (absence) =>
        sighting.kind === 'POST' &&
        absence.invoked >= sighting.completed &&
        !removedBetween(job, sighting.invoked, absence.completed, absence),
    );
    return denied || (!job.mayBeRemovedBetween(sighting.invoked, Infinity) && !hasRun(job));
  });
}

/** Shows a job that a DELETE had removed before, and that nobody can have added again. */
function isOfGhost(job: JobHistory, { invoked, completed }: Operation): boolean {
  return job.deletes.some(
    (remove) =>
      remove.outcome === 'ok' &&
      remove.completed <= invoked &&
      !job.mayBeAddedBetween(remove.invoked, completed),
  );
}

/** Another replica than the one that removed the job may show it for a while, and says nothing new by that. */
function mayBeOfThePast(job: JobHistory, sighting: Operation, history: History): boolean {
  if (sighting.kind !== 'GET') return false;
  return job.deletes.some(
    (remove) =>
      remove.outcome === 'ok' &&
      remove.replica !== sighting.replica &&
      remove.invoked <= sighting.completed &&
      sighting.invoked < remove.completed + lagAllowed(sighting, history),
  );
}

/** GETs and DELETEs that were told that there is no such job. */
function absences(job: JobHistory): readonly Operation[] {
  return job.operations.filter(({ kind, status }) => kind !== 'POST' && status === 404);
}

function removedBetween(job: JobHistory, from: number, to: number, except: Operation): boolean {
  return job.deletes.some(
    (remove) =>
      remove !== except &&
      mayHaveActed(remove) &&
      remove.invoked <= to &&
      effectUntil(remove) >= from,
  );
}

/** At the end: every worker is there, and none still waits for its start. */
function hasRun({ objects, planned }: JobHistory): boolean {
  const workers = new Set(objects.map(({ worker }) => worker));
  const wanted = Math.max(
    ...planned.map((plan) => (hasObject(plan.spec, objects) ? plan.workers : 1)),
  );
  return workers.size >= wanted && objects.every(({ state }) => state !== 'created');
}

function hasObject(spec: string, objects: JobHistory['objects']): boolean {
  return objects.some((object) => object.spec === spec);
}

/** Two engine objects for one worker, two accepted specs, or more runs than workers. */
export function isDuplicate(job: JobHistory, history: History): boolean {
  const workers = job.objects.map(({ worker }) => worker);
  if (new Set(workers).size < workers.length) return true;
  if (hasTwoAccepted(job)) return true;
  return hasExtraRuns(job, history) && !isForgotten(job, history);
}

/**
 * Run again although the service did nothing wrong: an engine that is killed during a start may have
 * let the job run and shows it as never started afterwards.
 */
export function isRunForgotten(job: JobHistory, history: History): boolean {
  return hasExtraRuns(job, history) && isForgotten(job, history);
}

function hasExtraRuns(job: JobHistory, { markerLines }: History): boolean {
  return job.planned.some(
    ({ spec, workers: count }) => (markerLines.get(spec) ?? 0) > count * runsAllowed(job, spec),
  );
}

/** Whether the engine was away between its making of a container and its word of the start. */
function isForgotten({ changes }: JobHistory, { engineOutages }: History): boolean {
  return changes
    .filter(({ kind }) => kind === 'create')
    .some((create) => {
      const start = changes.find(({ id, kind }) => kind === 'start' && id === create.id);
      const until = start?.seen ?? Infinity;
      return engineOutages.some(({ from, to }) => create.seen <= to && from <= until);
    });
}

/** After a DELETE a POST that is still under way may run the job again. */
function runsAllowed(job: JobHistory, spec: string): number {
  const posts = job.posts.filter((post) => post.spec === spec && mayHaveActed(post));
  const again = job.deletes.filter(
    (remove) => mayHaveActed(remove) && posts.some((post) => effectUntil(post) >= remove.invoked),
  );
  return 1 + again.length;
}

function hasTwoAccepted(job: JobHistory): boolean {
  const accepted = job.posts.filter(({ outcome }) => outcome === 'ok');
  return accepted.some((one) =>
    accepted.some((other) => {
      const [from, to] = [
        Math.min(one.invoked, other.invoked),
        Math.max(one.completed, other.completed),
      ];
      return one.spec !== other.spec && !job.mayBeRemovedBetween(from, to);
    }),
  );
}

/** Something of a spec that was definitely refused. */
export function isPhantom(job: JobHistory, { markerLines }: History): boolean {
  return job.planned.some(({ spec }) => {
    const posts = job.posts.filter((post) => post.spec === spec);
    const wasRefused = posts.length > 0 && posts.every((post) => !mayHaveActed(post));
    return wasRefused && ((markerLines.get(spec) ?? 0) > 0 || hasObject(spec, job.objects));
  });
}

/** Seen again after a 204 although nobody can have added it again. */
export function isGhost(job: JobHistory, history: History): boolean {
  const removals = job.deletes.filter(({ outcome }) => outcome === 'ok');
  return removals.some((remove) => {
    const isLeft = job.objects.length > 0 && !job.mayBeAddedBetween(remove.invoked, Infinity);
    const seen = job.gets.some((get) => {
      const lag = get.replica === remove.replica ? 0 : lagAllowed(get, history);
      if (get.outcome !== 'ok' || get.invoked < remove.completed + lag) return false;
      return !job.mayBeAddedBetween(remove.invoked, get.completed);
    });
    return seen || isLeft;
  });
}

/** With our label, and no POST explains it; or workers without the first one, which no call finds. */
export function isOrphan(job: JobHistory): boolean {
  if (job.objects.length === 0) return false;
  const isExplained = job.objects.every(({ spec }) =>
    job.posts.some((post) => post.spec === spec && mayHaveActed(post)),
  );
  return !isExplained || job.objects.every(({ worker }) => worker !== 0);
}

/** A sound job, the only one of its jid, was turned away for good, or before the service may give up. */
export function isRefused(job: JobHistory): boolean {
  if (job.isExpectedToFail || new Set(job.posts.map(({ spec }) => spec)).size !== 1) return false;
  return job.posts.some((post) => isTurnedAway(post) || isGivenUpEarly(job, post));
}

const isTurnedAway = ({ outcome, status }: Operation): boolean =>
  outcome === 'fail' && status !== undefined;

/** A client takes whatever is no 201 for the end of its job: what passes is waited for. */
function isGivenUpEarly(job: JobHistory, { invoked, completed, status = 0 }: Operation): boolean {
  const isEarly = status >= 500 && completed - invoked < POST_PATIENCE_MS;
  return isEarly && !job.deletes.some((remove) => remove.invoked <= completed);
}
