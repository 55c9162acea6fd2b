import type { Anomaly } from './checker.js';
import {
  NOTHING_LEFT,
  absent,
  change,
  get,
  history,
  object,
  planned,
  post,
  remove,
} from './history-fixture.js';
import type { History } from './history.js';

interface PlantedAnomaly {
  readonly anomaly: Anomaly;
  readonly what: string;
  readonly history: History;
}

const REFUSAL = { outcome: 'fail', status: 400 } as const;
const NO_ANSWER = { outcome: 'info' } as const;

/** Histories of one jid with exactly one kind of anomaly. */
export const PLANTED: readonly PlantedAnomaly[] = [
  {
    anomaly: 'lost',
    what: 'an acknowledged job that is not there at the end',
    history: history(NOTHING_LEFT),
  },
  {
    anomaly: 'lost',
    what: 'a job that was seen, of which the POST had no answer, and that is not there at the end',
    history: history({
      ...NOTHING_LEFT,
      operations: [post(0, NO_ANSWER), get(200, 'started')],
    }),
  },
  {
    anomaly: 'lost',
    what: 'a job that another replica shows long after its removal, so that a POST has added it again',
    history: history({
      ...NOTHING_LEFT,
      operations: [
        post(0, NO_ANSWER),
        post(50),
        remove(4_000),
        get(5_100, 'finishedSuccessfully', { replica: 1 }),
      ],
    }),
  },
  {
    anomaly: 'lost',
    what: 'a 404 for a job that is acknowledged and there again later',
    history: history({ operations: [post(0), absent(500), get(4_000, 'finishedSuccessfully')] }),
  },
  {
    anomaly: 'lost',
    what: 'a DELETE that is told that there is no such job',
    history: history({
      operations: [post(0), remove(500, { outcome: 'fail', status: 404 })],
    }),
  },
  {
    anomaly: 'lost',
    what: 'an acknowledged job that never started',
    history: history({
      changes: [change('create', 5)],
      objects: [object({ state: 'created' })],
      markerLines: new Map(),
    }),
  },
  {
    anomaly: 'lost',
    what: 'an acknowledged job with one worker of two',
    history: history({ planned: [planned({ workers: 2 })] }),
  },
  {
    anomaly: 'duplicate',
    what: 'two objects for one worker',
    history: history({ objects: [object(), object({ id: 'c2' })] }),
  },
  {
    anomaly: 'duplicate',
    what: 'a job that wrote its marker twice',
    history: history({ markerLines: new Map([['job/0', 2]]) }),
  },
  {
    anomaly: 'duplicate',
    what: 'two different jobs that were both accepted for one jid',
    history: history({
      planned: [planned(), planned({ spec: 'job/1' })],
      operations: [post(0), post(500, { spec: 'job/1' })],
    }),
  },
  {
    anomaly: 'phantom',
    what: 'a run of a job that was definitely refused',
    history: history({
      planned: [planned({ isBad: true })],
      operations: [post(0, REFUSAL)],
      objects: [],
    }),
  },
  {
    anomaly: 'ghost',
    what: 'a job that is seen after its removal',
    history: history({
      ...NOTHING_LEFT,
      operations: [post(0), remove(4_000), get(4_100, 'finishedSuccessfully')],
    }),
  },
  {
    anomaly: 'ghost',
    what: 'a job that another replica still shows when the time for that is over',
    history: history({
      ...NOTHING_LEFT,
      operations: [post(0), remove(4_000), get(5_100, 'finishedSuccessfully', { replica: 1 })],
    }),
  },
  {
    anomaly: 'ghost',
    what: 'an object that is left after the removal',
    history: history({ operations: [post(0), remove(4_000)] }),
  },
  {
    anomaly: 'regression',
    what: 'a status that steps back',
    history: history({ operations: [post(0), get(200, 'started'), get(300, 'notstarted')] }),
  },
  {
    anomaly: 'regression',
    what: 'another replica that is behind for too long',
    history: history({
      changes: [],
      operations: [post(0), get(200, 'started'), get(1_300, 'notstarted', { replica: 1 })],
    }),
  },
  {
    anomaly: 'regression',
    what: 'a final status that changes',
    history: history({
      planned: [planned({ workers: 2 })],
      objects: [object(), object({ id: 'c2', worker: 1, exitCode: 1 })],
      operations: [
        post(0),
        get(3_100, 'finishedSuccessfully'),
        get(3_200, 'finishedWithError', { replica: 1 }),
      ],
    }),
  },
  {
    anomaly: 'lie',
    what: 'a success of a job that exits with 3',
    history: history({
      planned: [planned({ exitCode: 3 })],
      operations: [post(0), get(3_100, 'finishedSuccessfully')],
    }),
  },
  {
    anomaly: 'lie',
    what: 'a success of a job that the engine has seen killed',
    history: history({
      changes: [change('create', 5), change('start', 100), change('die', 900, { exitCode: 137 })],
      objects: [object({ exitCode: 137 })],
      operations: [post(0), get(3_100, 'finishedSuccessfully')],
    }),
  },
  {
    anomaly: 'lie',
    what: 'an error of a job that has ended well',
    history: history({ operations: [post(0), get(3_100, 'finishedWithError')] }),
  },
  {
    anomaly: 'lie',
    what: 'a status that nobody knows',
    history: history({ operations: [post(0), get(200, 'undefined')] }),
  },
  {
    anomaly: 'stale',
    what: 'a job that is shown as running too long after its end',
    history: history({ operations: [post(0), get(4_001, 'started')] }),
  },
  {
    anomaly: 'stale',
    what: 'a job that is shown as waiting too long after its start',
    history: history({ operations: [post(0), get(1_101, 'notstarted')] }),
  },
  {
    anomaly: 'stale',
    what: 'a job that is shown too long after its object has gone',
    history: history({
      ...NOTHING_LEFT,
      changes: [...history().changes, change('destroy', 4_000)],
      operations: [post(0), remove(3_900, NO_ANSWER), get(5_001, 'finishedSuccessfully')],
    }),
  },
  {
    anomaly: 'orphan',
    what: 'an object that nobody has asked for',
    history: history({ operations: [], markerLines: new Map() }),
  },
  {
    anomaly: 'orphan',
    what: 'a second worker without a first one, which no call can find',
    history: history({
      planned: [planned({ workers: 2 })],
      operations: [post(0, NO_ANSWER)],
      objects: [object({ worker: 1, state: 'created' })],
      markerLines: new Map(),
    }),
  },
  {
    anomaly: 'refused',
    what: 'a sound job that is turned away for good',
    history: history({ ...NOTHING_LEFT, changes: [], operations: [post(0, REFUSAL)] }),
  },
  {
    anomaly: 'refused',
    what: 'a sound job that is given up while it could be tried again',
    history: history({
      operations: [post(0, { ...NO_ANSWER, status: 503, completed: 30_000 }), post(40_000)],
    }),
  },
];
