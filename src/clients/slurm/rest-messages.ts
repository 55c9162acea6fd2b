import type { SlurmRow, SlurmRows, SlurmSubmission } from './slurm-client.js';
import { SlurmError } from './slurm-error.js';
import { expandTasks } from './task-list.js';

/*
 * What slurmrestd says and is told, in version 0.0.38 of its API, which SLURM has from 22.05 to 23.11.
 * Source: its own /openapi/v3.
 */

/** The search path of a job's script; it inherits nothing. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** SLURM's numbers of what is no answer about a job: communication, sockets, authentication. */
const NO_ANSWER_BELOW = 2_000;
const SOCKETS_AND_BEYOND = 5_000;

/** Pure. */
export function submissionBody(submission: SlurmSubmission): object {
  const { workers } = submission;
  return {
    script: submission.script,
    // JSON leaves out what is not defined.
    job: {
      name: submission.name,
      comment: submission.comment,
      environment: { PATH, LC_ALL: 'C.UTF-8' },
      // Its `requeue` is taken for true whatever its value is.
      no_requeue: true,
      standard_output: '/dev/null',
      standard_error: '/dev/null',
      current_working_directory: '/',
      nodes: [1, 1],
      tasks: 1,
      array: workers > 1 ? `1-${workers}` : undefined,
      cpus_per_task: submission.cpus,
      memory_per_node: submission.memoryMebibytes,
      gpus: submission.gpus === undefined ? undefined : String(submission.gpus),
      time_limit: submission.timeLimitMinutes,
      partition: submission.partition,
      account: submission.account,
      qos: submission.qos,
      constraints: submission.constraint,
    },
  };
}

/** The number of a job that was taken; one that is held, too, comes with a word of error. */
export function jobNumberOf(answer: unknown): string | undefined {
  const job = isObject(answer) ? answer['job_id'] : undefined;
  // A job that was refused may have a number all the same, but not in the answer.
  return isNumber(job) && job > 0 ? String(job) : undefined;
}

/** A list that is empty is one, too; an answer without any says nothing of jobs. */
export function hasJobs(answer: unknown): boolean {
  return isObject(answer) && Array.isArray(answer['jobs']);
}

interface ListedJob {
  readonly job: string;
  readonly name: string;
  readonly comment: string;
  readonly rows: SlurmRows;
}

/** @param user only the jobs of this user; entries that are none are left out */
export function parseJobs(answer: unknown, user: string): readonly ListedJob[] {
  return listOf(answer, 'jobs').flatMap((entry) => {
    if (entry['user_name'] !== user) return [];
    const { job_id: id, array_job_id: array, array_task_id: task } = entry;
    const state = textOf(entry['job_state']);
    if (!isNumber(id) || state === '') return [];
    const isArray = isNumber(array) && array > 0;
    const job = String(isArray ? array : id);
    const row = { state, reason: textOf(entry['state_reason']) };
    // Tasks that wait are one entry.
    const tasks = isNumber(task) ? [task] : expandTasks(textOf(entry['array_task_string']));
    const keys = isArray ? tasks.map((each) => `${job}_${each}`) : [job];
    const { name, comment } = entry;
    const rows = new Map<string, SlurmRow>(keys.map((key) => [key, row]));
    return [{ job, name: textOf(name), comment: textOf(comment), rows }];
  });
}

/** What accounting says of a job and of each task of an array. */
export function parseAccounting(answer: unknown): SlurmRows {
  const rows = new Map<string, SlurmRow>();
  for (const { job_id: id, array, state, time } of listOf(answer, 'jobs')) {
    if (!isNumber(id) || !isObject(state)) continue;
    const word = textOf(state['current']);
    if (word === '') continue;
    const job = isObject(array) ? array['job_id'] : undefined;
    const task = isObject(array) ? array['task_id'] : undefined;
    const key = isNumber(job) && job > 0 && isNumber(task) ? `${job}_${task}` : String(id);
    const end = isObject(time) ? time['end'] : undefined;
    rows.set(key, {
      state: word,
      reason: textOf(state['reason']),
      ...(isNumber(end) && end > 0 && { endedAt: timeOf(end) }),
    });
  }
  return rows;
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The first error of an answer; none for an answer that has none. */
export function errorOf(answer: unknown): SlurmError | undefined {
  const [first] = listOf(answer, 'errors');
  if (first === undefined) return undefined;
  // `error_code` in answers to a submission.
  const code = first['error_number'] ?? first['error_code'];
  const words = textOf(first['error']).replace(/\s+/g, ' ').trim();
  const isAnswer =
    isNumber(code) && code >= NO_ANSWER_BELOW && (code < SOCKETS_AND_BEYOND || code >= 7_000);
  return new SlurmError(words === '' ? 'it gave no reason' : words.slice(0, 500), isAnswer);
}

function listOf(answer: unknown, key: string): readonly Record<string, unknown>[] {
  const list = isObject(answer) ? answer[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
