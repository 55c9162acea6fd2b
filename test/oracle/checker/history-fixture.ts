import type {
  EngineChange,
  EngineObject,
  History,
  Operation,
  PlannedJob,
  StatusWord,
} from './history.js';

export const FRESHNESS = 1_000;
const JID = 'job';
const SPEC = 'job/0';

export function planned(changes: Partial<PlannedJob> = {}): PlannedJob {
  return { spec: SPEC, jid: JID, workers: 1, exitCode: 0, isBad: false, ...changes };
}

export function post(at: number, changes: Partial<Operation> = {}): Operation {
  return operation('POST', at, { spec: SPEC, status: 201, shown: 'notstarted', ...changes });
}

export function get(at: number, shown: StatusWord, changes: Partial<Operation> = {}): Operation {
  return operation('GET', at, { status: 200, shown, ...changes });
}

export function absent(at: number, changes: Partial<Operation> = {}): Operation {
  return operation('GET', at, { status: 404, outcome: 'fail', ...changes });
}

export function remove(at: number, changes: Partial<Operation> = {}): Operation {
  return operation('DELETE', at, { status: 204, ...changes });
}

/** Takes ten milliseconds from `at`. */
function operation(kind: Operation['kind'], at: number, changes: Partial<Operation>): Operation {
  return {
    kind,
    jid: JID,
    replica: 0,
    invoked: at,
    completed: at + 10,
    outcome: 'ok',
    ...changes,
  };
}

export function change(
  kind: EngineChange['kind'],
  seen: number,
  changes: Partial<EngineChange> = {},
): EngineChange {
  return { kind, id: 'c1', jid: JID, worker: 0, seen, ...changes };
}

export function object(changes: Partial<EngineObject> = {}): EngineObject {
  return { id: 'c1', jid: JID, spec: SPEC, worker: 0, state: 'ended', exitCode: 0, ...changes };
}

/** One job that ran from 100 to 3,000 and ended well, unless told otherwise. */
export function history(parts: Partial<History> = {}): History {
  return {
    planned: [planned()],
    operations: [post(0)],
    changes: [change('create', 5), change('start', 100), change('die', 3_000, { exitCode: 0 })],
    objects: [object()],
    markerLines: new Map([[SPEC, 1]]),
    engineOutages: [],
    eventLosses: [],
    resync: 10_000,
    freshness: FRESHNESS,
    ...parts,
  };
}

export const NOTHING_LEFT = { objects: [], markerLines: new Map<string, number>() } as const;
