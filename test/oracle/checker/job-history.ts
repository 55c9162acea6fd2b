import {
  effectUntil,
  mayHaveActed,
  type EngineChange,
  type EngineObject,
  type History,
  type Operation,
  type PlannedJob,
} from './history.js';

/** The part of a history that is about one jid. */
export class JobHistory {
  readonly posts: readonly Operation[];
  readonly gets: readonly Operation[];
  readonly deletes: readonly Operation[];

  private constructor(
    readonly jid: string,
    readonly planned: readonly PlannedJob[],
    readonly operations: readonly Operation[],
    readonly changes: readonly EngineChange[],
    readonly objects: readonly EngineObject[],
  ) {
    this.posts = operations.filter(({ kind }) => kind === 'POST');
    this.gets = operations.filter(({ kind }) => kind === 'GET');
    this.deletes = operations.filter(({ kind }) => kind === 'DELETE');
  }

  /** One for each jid that appears anywhere. */
  static split(history: History): readonly JobHistory[] {
    const { planned, operations, changes, objects } = history;
    const jids = new Set([...planned, ...operations, ...changes, ...objects].map(({ jid }) => jid));
    const groups = [planned, operations, changes, objects].map((all) =>
      Map.groupBy<string, { readonly jid: string }>(all, ({ jid }) => jid),
    );
    return [...jids].map((jid) => {
      const [plans, sent, changed, left] = groups.map((group) => group.get(jid) ?? []);
      return new JobHistory(
        jid,
        plans as PlannedJob[],
        (sent as Operation[]).toSorted((a, b) => a.invoked - b.invoked),
        (changed as EngineChange[]).toSorted((a, b) => a.seen - b.seen),
        left as EngineObject[],
      );
    });
  }

  /** Answers that show the job: it is known from then on. */
  get sightings(): readonly Operation[] {
    return this.operations.filter(({ kind, outcome }) => kind !== 'DELETE' && outcome === 'ok');
  }

  /** Whether a DELETE can have taken effect at any time between two moments. */
  mayBeRemovedBetween(from: number, to: number): boolean {
    return this.deletes.some(
      (remove) => mayHaveActed(remove) && remove.invoked <= to && effectUntil(remove) >= from,
    );
  }

  /** Whether a POST can have taken effect at any time between two moments. */
  mayBeAddedBetween(from: number, to: number): boolean {
    return this.posts.some(
      (post) => mayHaveActed(post) && post.invoked <= to && effectUntil(post) >= from,
    );
  }

  /** Also says yes where something asked for is expected to be refused. */
  get isExpectedToFail(): boolean {
    return this.planned.some(({ isBad }) => isBad);
  }
}
