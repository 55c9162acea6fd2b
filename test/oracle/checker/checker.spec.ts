import { describe, expect, it } from 'vitest';
import { ANOMALIES, check } from './checker.js';
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
import { PLANTED } from './planted-anomalies-fixture.js';
import type { History } from './history.js';

const NO_ANSWER = { outcome: 'info' } as const;

function found(of: History): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(check(of).anomalies).filter(([, jids]) => jids.length > 0),
  );
}

describe('what the checker of histories finds', () => {
  it.each(PLANTED)('$anomaly: $what', ({ anomaly, history: planted }) => {
    expect(found(planted)).toEqual({ [anomaly]: ['job'] });
    expect(check(planted).isClean).toBe(false);
  });

  it('has a planted history for every kind of anomaly', () => {
    expect([...new Set(PLANTED.map(({ anomaly }) => anomaly))]).toEqual([...ANOMALIES]);
  });
});

const SOUND: readonly (readonly [string, History])[] = [
  ['a job from its POST to its end', history({ operations: wholeLife() })],
  ['a POST without an answer that had no effect', lostPost(NOTHING_LEFT)],
  ['a POST without an answer that had one', lostPost({})],
  [
    'a DELETE without an answer that had no effect',
    history({ operations: [post(0), remove(500, NO_ANSWER), get(4_500, 'finishedSuccessfully')] }),
  ],
  [
    'a 404 while a DELETE is under way',
    history({
      ...NOTHING_LEFT,
      operations: [post(0), remove(500, { completed: 900 }), absent(600), absent(1_000)],
    }),
  ],
  [
    'the same jid again after its removal',
    history({
      planned: [planned(), planned({ spec: 'job/1', exitCode: 1 })],
      operations: [
        ...wholeLife(),
        remove(4_000),
        absent(4_100),
        post(4_200, { spec: 'job/1' }),
        get(4_250, 'notstarted'),
      ],
      changes: [
        ...history().changes,
        change('destroy', 4_005),
        change('create', 4_300, { id: 'c2' }),
        change('die', 4_400, { id: 'c2', exitCode: 1 }),
      ],
      objects: [object({ id: 'c2', spec: 'job/1', exitCode: 1 })],
      markerLines: new Map([
        ['job/0', 1],
        ['job/1', 1],
      ]),
    }),
  ],
  [
    'a second run by a POST that was still under way when the job was removed',
    history({
      operations: [post(0, NO_ANSWER), post(100), remove(500), get(4_500, 'finishedSuccessfully')],
      markerLines: new Map([['job/0', 2]]),
    }),
  ],
  [
    'another job for the same jid that is refused',
    history({
      planned: [planned(), planned({ spec: 'job/1' })],
      operations: [post(0), post(100, { spec: 'job/1', outcome: 'fail', status: 409 })],
    }),
  ],
  [
    'a bad job that is refused',
    history({
      ...NOTHING_LEFT,
      planned: [planned({ isBad: true })],
      changes: [change('create', 5), change('destroy', 20)],
      operations: [get(2, 'notstarted'), post(0, { outcome: 'fail', status: 422 }), absent(50)],
    }),
  ],
  [
    'an error of a job that the engine has killed',
    history({
      objects: [object({ exitCode: 137 })],
      changes: [change('create', 5), change('start', 100), change('die', 400, { exitCode: 137 })],
      operations: [post(0), get(1_000, 'finishedWithError')],
    }),
  ],
  [
    'another replica that is behind by less than the contract allows',
    history({
      operations: [
        post(0),
        get(3_100, 'finishedSuccessfully'),
        get(3_900, 'started', { replica: 1 }),
        remove(4_000),
        get(4_900, 'finishedSuccessfully', { replica: 1 }),
      ],
      ...NOTHING_LEFT,
    }),
  ],
  [
    'another replica that still shows a removed job, of which one POST had no answer',
    history({
      operations: [post(0, NO_ANSWER), post(50), remove(4_000), seenElsewhere(4_900)],
      ...NOTHING_LEFT,
    }),
  ],
];

function seenElsewhere(at: number) {
  return get(at, 'finishedSuccessfully', { replica: 1 });
}

function wholeLife() {
  return [
    post(0),
    get(50, 'notstarted'),
    get(200, 'started'),
    get(3_100, 'finishedSuccessfully'),
    get(3_200, 'finishedSuccessfully', { replica: 1 }),
  ];
}

function lostPost(left: Partial<History>): History {
  return history({ ...left, changes: [], operations: [post(0, NO_ANSWER)] });
}

describe('what the checker of histories lets pass', () => {
  it.each(SOUND)('%s', (_, sound) => {
    expect(found(sound)).toEqual({});
    expect(check(sound).isClean).toBe(true);
  });
});

describe('a job that ran twice', () => {
  const twice = history({ markerLines: new Map([['job/0', 2]]) });
  const withOutage = (from: number): History => ({
    ...twice,
    engineOutages: [{ from, to: from + 1_000 }],
  });

  it('is told apart when the engine was killed during its start', () => {
    expect(found(withOutage(50))).toEqual({});
    expect(check(withOutage(50)).forgottenRuns).toEqual(['job']);
  });

  it.each([-1_000, 101])(
    'is a duplicate when the engine was killed at another time: %d',
    (from) => {
      expect(found(withOutage(from))).toEqual({ duplicate: ['job'] });
      expect(check(withOutage(from)).forgottenRuns).toEqual([]);
    },
  );
});

describe('an error of a job that ended with the code 0', () => {
  const wrong = (from: number, shown: 'finishedWithError' | 'undefined' = 'finishedWithError') =>
    history({
      operations: [post(0), get(9_000, shown)],
      engineOutages: [{ from, to: from + 1_000 }],
      objects: [object({ exitCode: 0 })],
    });

  it('is told apart when the engine was killed just then', () => {
    expect(found(wrong(3_300))).toEqual({});
    expect(check(wrong(3_300)).forgottenEnds).toEqual(['job']);
  });

  it('is a lie otherwise', () => {
    expect(found(wrong(3_500))).toEqual({ lie: ['job'] });
    expect(found(wrong(3_300, 'undefined'))).toEqual({ lie: ['job'] });
    expect(check(wrong(3_500)).forgottenEnds).toEqual([]);
  });
});

describe('a change that a replica was not told of', () => {
  const untold = (at: number): History =>
    history({
      eventLosses: [{ replica: 0, from: 2_900, to: 3_100 }],
      operations: [post(0), get(at, 'started')],
    });

  it('shows after the next list at the latest', () => {
    expect(found(untold(12_900))).toEqual({});
    expect(found(untold(13_101))).toEqual({ stale: ['job'] });
  });

  it('shows on every other replica in time', () => {
    const elsewhere = get(4_500, 'started', { replica: 1 });
    expect(found({ ...untold(0), operations: [post(0), elsewhere] })).toEqual({ stale: ['job'] });
  });
});

describe('the staleness that the checker of histories measures', () => {
  it('is how long before its GET the first change was that the answer does not show', () => {
    const { staleness } = check(history({ operations: [post(0), get(3_250, 'started')] }));
    expect(staleness).toEqual({ judged: 1, p99: 250, max: 250 });
  });

  it('is nothing for an answer that was true when it was asked for', () => {
    const gets = [get(60, 'notstarted'), get(2_995, 'started'), get(9_000, 'finishedSuccessfully')];
    expect(check(history({ operations: [post(0), ...gets] })).staleness.max).toBe(0);
  });
});
