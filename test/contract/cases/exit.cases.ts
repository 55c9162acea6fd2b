import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import { killOnThisHost } from '../local-processes.js';

interface Ending {
  readonly script: string;
  readonly says: RegExp;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'exit-1': { script: 'exit 1', says: /exited with code 1$/ },
  'exit-3': { script: 'exit 3', says: /exited with code 3$/ },
  'exit-126': { script: 'exit 126', says: /could not be executed/ },
  'exit-127': { script: 'exit 127', says: /was not found/ },
  'exit-255': { script: 'exit 255', says: /exited with code 255$/ },
  // A process that is the first of its container cannot signal itself; its code is what counts.
  'exit-signal': { script: 'sh -c "kill -9 \\$\\$"; exit $?', says: /signal SIGKILL/ },
};

const killedFromOutside: ContractCase = {
  id: 'killed-from-outside',
  title: 'a job that is killed from outside is an error that names the signal',
  needs: ['local-processes'],
  async run(harness) {
    // By which the job's own process is found among all others of this host.
    const seconds = randomInt(1e6, 1e8);
    const job = await harness.job(`echo before; touch /share/outgoing/up; exec sleep ${seconds}`);
    await harness.submit(job);
    await harness.appears(job, 'up');
    await killOnThisHost(['sleep', String(seconds)]);
    const answer = await harness.finish(job.jid);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toContain('signal SIGKILL');
    expect(answer['logs']).toMatch(/^before\n.*signal SIGKILL.*\n$/);
  },
};

const failures: readonly ContractCase[] = Object.entries(ENDINGS).map(([id, { script, says }]) => ({
  id,
  title: `"${script}" is an error, with its reason in the message and on the last line of the log`,
  async run(harness) {
    const { answer } = await harness.run(`echo before; ${script}`);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toMatch(says);
    const lines = (answer['logs'] ?? '').trim().split('\n');
    // The shell itself may have a word to say on the other stream, sooner or later.
    expect(lines).toContain('before');
    expect(lines.at(-1)).toMatch(says);
  },
}));

export const EXIT_CASES: readonly ContractCase[] = [
  {
    id: 'exit-0',
    title: 'a command that exits with 0 has finished successfully',
    async run(harness) {
      const { answer } = await harness.run('exit 0');
      expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: '' });
      expect(Date.parse(answer['timestamp'] ?? '')).toBeGreaterThan(Date.now() - 600_000);
    },
  },
  ...failures,
  killedFromOutside,
  {
    id: 'final-answer-stays',
    title: 'the first final answer is also every later one, whoever is asked',
    async run(harness) {
      const { job, answer } = await harness.run('echo out; exit 4');
      // Longer than anything that is kept for a while is kept.
      await sleep(2_500);
      expect((await harness.get(job.jid)).body).toEqual(answer);
      const { body } = await harness.post(job);
      expect(body).toEqual({ ...answer, logs: '' });
    },
  },
  {
    id: 'life',
    title: 'a job goes from not started to started to finished and never back',
    async run(harness) {
      const job = await harness.job('sleep 2');
      const order = ['notstarted', 'started', 'finishedSuccessfully'];
      const first = await harness.submit(job);
      expect(Object.keys(first).toSorted()).toEqual(
        ['cmd', 'image', 'jid', 'logs', 'message', 'status', 'timestamp'].toSorted(),
      );
      expect(first['logs']).toBe('');
      const seen = [first];
      await harness.until(job.jid, (body) => {
        seen.push(body);
        return (body['status'] ?? '').startsWith('finished');
      });
      const places = seen.map(({ status = '' }) => order.indexOf(status));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(places).toContain(1);
      for (const { status, timestamp } of seen) {
        if (status === 'notstarted') expect(timestamp).toBe('');
        else expect(Date.parse(timestamp ?? '')).not.toBeNaN();
      }
    },
  },
  {
    id: 'restart',
    title: 'a service that was killed and started again knows its running and its finished jobs',
    alone: true,
    async run(harness) {
      const done = await harness.run('echo done');
      const running = await harness.job('sleep 3; echo woke; exit 9');
      await harness.submit(running);
      await harness.crashAndRestart();
      expect((await harness.get(done.job.jid)).body).toEqual(done.answer);
      const answer = await harness.finish(running.jid);
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['logs']).toMatch(/^woke\n.*code 9\n$/s);
    },
  },
];
