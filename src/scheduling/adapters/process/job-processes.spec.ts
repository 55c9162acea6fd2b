import { describe, expect, it } from 'vitest';
import { jobProcesses, type Anchors } from './job-processes.js';
import { descendants, parseStat, type ProcessRow } from './process-table.js';

const row = (pid: number, parent: number, session: number): ProcessRow => ({
  pid,
  parent,
  session,
  startTime: `t${pid}`,
  ended: false,
});

/** 10 supervises; 11 and 12 help it; 20 is the job, 21 its child, 30 has a session of its own. */
const ROWS = [
  row(1, 0, 1),
  row(2, 0, 0),
  row(10, 1, 10),
  row(11, 10, 10),
  row(12, 11, 10),
  row(20, 12, 20),
  row(21, 20, 20),
  row(30, 21, 30),
  row(40, 1, 20),
  row(50, 1, 50),
  row(51, 1, 0),
];
const nobody: Anchors = { supervisor: undefined, leader: undefined, grouped: new Set() };
const pidsOf = (rows: readonly ProcessRow[]): number[] => rows.map(({ pid }) => pid);

describe('the processes of a job', () => {
  it('are below its supervisor or share a session with such, without the helpers', () => {
    const found = jobProcesses(ROWS, { ...nobody, supervisor: 10 }, new Map());
    expect(pidsOf(found)).toEqual([20, 21, 30, 40]);
  });

  it('are found by the leader of their session when the supervisor is gone', () => {
    expect(pidsOf(jobProcesses(ROWS, { ...nobody, leader: 20 }, new Map()))).toEqual([
      20, 21, 30, 40,
    ]);
  });

  it('are followed when they have left everything, unless their number is reused', () => {
    const orphan = new Map([[50, 't50']]);
    expect(pidsOf(jobProcesses(ROWS, nobody, orphan))).toEqual([50]);
    expect(jobProcesses(ROWS, nobody, new Map([[50, 'other']]))).toEqual([]);
  });

  it('are found by their control group, and no session is taken for that of the host', () => {
    expect(pidsOf(jobProcesses(ROWS, { ...nobody, grouped: new Set([51]) }, new Map()))).toEqual([
      51,
    ]);
    expect(pidsOf(jobProcesses(ROWS, nobody, new Map([[51, 't51']])))).toEqual([51]);
  });
});

describe('the process table', () => {
  it('is read whatever a process calls itself', () => {
    const fields = 'S 1 20 30 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 12345 0';
    const expected = { pid: 42, parent: 1, session: 30, startTime: '12345', ended: false };
    expect(parseStat(`42 (a) Z (b c) ${fields}`)).toEqual(expected);
    expect(parseStat('')).toBeUndefined();
  });

  it('is walked down without going round in circles', () => {
    const circle = [row(5, 6, 1), row(6, 5, 1)];
    expect(pidsOf(descendants(circle, new Set([5])))).toEqual([6]);
  });
});
