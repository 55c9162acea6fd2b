import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';

const COUNT = (lines: number): string =>
  `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i; done`;
const MEBIBYTE = 1024 * 1024;

export const LOG_CASES: readonly ContractCase[] = [
  {
    id: 'log-both-streams',
    title: 'standard output and standard error are both in the log',
    async run(harness) {
      const { answer } = await harness.run(
        'echo out; sleep 0.2; echo err >&2; sleep 0.2; echo end',
      );
      expect(answer['logs']).toBe('out\nerr\nend\n');
    },
  },
  {
    id: 'log-live',
    title: 'the log of a running job grows while it runs',
    async run(harness) {
      const job = await harness.job('echo first; sleep 4; echo last');
      await harness.submit(job);
      const early = await harness.until(job.jid, ({ logs }) => logs !== '');
      expect(early).toMatchObject({ status: 'started', logs: 'first\n' });
      expect(await harness.finish(job.jid)).toMatchObject({ logs: 'first\nlast\n' });
    },
  },
  {
    id: 'log-last-line',
    title: 'the first final answer has the last line',
    async run(harness) {
      const jobs = await Promise.all(
        Array.from({ length: 5 }, () => harness.job('sleep 0.3; echo the last line')),
      );
      for (const job of jobs) await harness.submit(job);
      for (const job of jobs) {
        expect(await harness.finish(job.jid)).toMatchObject({ logs: 'the last line\n' });
      }
    },
  },
  {
    id: 'log-tail-default',
    title: 'an answer has the last 1,000 lines',
    async run(harness) {
      const { answer } = await harness.run(COUNT(1_200));
      const lines = (answer['logs'] ?? '').trimEnd().split('\n');
      expect(lines).toHaveLength(1_000);
      expect([lines[0], lines.at(-1)]).toEqual(['line 201', 'line 1200']);
    },
  },
  {
    id: 'log-tail-five',
    title: 'JOB_LOGS_TAIL=5 gives five lines',
    settings: { JOB_LOGS_TAIL: '5' },
    async run(harness) {
      const { answer } = await harness.run(COUNT(20));
      expect(answer['logs']).toBe('line 16\nline 17\nline 18\nline 19\nline 20\n');
    },
  },
  {
    id: 'log-tail-none',
    title: 'JOB_LOGS_TAIL=0 gives no log, and the reason of a failure stands in the message',
    settings: { JOB_LOGS_TAIL: '0' },
    async run(harness) {
      const { answer } = await harness.run('echo hidden; exit 3');
      expect(answer['logs']).toBe('');
      expect(answer['message']).toContain('code 3');
    },
  },
  {
    id: 'log-tail-all',
    title: 'JOB_LOGS_TAIL=-1 gives all lines',
    settings: { JOB_LOGS_TAIL: '-1' },
    async run(harness) {
      const { answer } = await harness.run(COUNT(3_000));
      expect((answer['logs'] ?? '').trimEnd().split('\n')).toHaveLength(3_000);
    },
  },
  {
    id: 'log-byte-cap',
    title: 'an answer has at most 1 MiB of log, cut between characters, with the end kept',
    async run(harness) {
      const { answer } = await harness.run(
        'yes "$(printf "%03000d" 0 | sed s/0/日/g)" | head -n 300; echo the end',
      );
      const logs = answer['logs'] ?? '';
      expect(Buffer.byteLength(logs)).toBeLessThanOrEqual(MEBIBYTE);
      expect(Buffer.byteLength(logs)).toBeGreaterThan(MEBIBYTE * 0.95);
      expect(logs.includes('\ufffd')).toBe(false);
      expect(logs.endsWith('the end\n')).toBe(true);
    },
  },
  {
    id: 'log-one-line',
    title: 'a line without an end of 3 MB is cut to 1 MiB, between characters',
    async run(harness) {
      // The last byte makes the cut fall into a character of three bytes.
      const { answer } = await harness.run("yes 日 | head -n 1000000 | tr -d '\\n'; printf x");
      const logs = answer['logs'] ?? '';
      expect(Buffer.byteLength(logs)).toBeLessThanOrEqual(MEBIBYTE);
      expect(Buffer.byteLength(logs)).toBeGreaterThan(MEBIBYTE * 0.95);
      // Docker itself breaks characters at every 16 KiB of a line: only the ends are the service's.
      expect([logs.at(0), logs.at(-1)]).toEqual(['日', 'x']);
    },
  },
  {
    id: 'log-files',
    title: 'a job that writes 64 MB of log fills no disk, and the end of its log is kept',
    needs: ['log-files'],
    async run(harness) {
      const { job, answer } = await harness.run(
        'yes "$(printf %01000d 0)" | head -n 64000; echo the end',
      );
      expect((answer['logs'] ?? '').endsWith('the end\n')).toBe(true);
      const bytes = await harness.target.logBytes(job.jid, harness.store);
      // Three files of 10 MiB; an engine may write some of a line more before it looks.
      expect(bytes).toBeLessThan(31 * MEBIBYTE);
      expect(bytes).toBeGreaterThan(0);
    },
  },
  {
    id: 'log-not-utf8',
    title: 'bytes that are not UTF-8, NULs and escape sequences leave the answer valid JSON',
    async run(harness) {
      const { answer } = await harness.run(
        `printf 'a\\377\\376b\\n'; printf 'nul\\000nul\\n'; printf '\\033[31mred\\033[0m\\n'; echo end`,
      );
      const logs = answer['logs'] ?? '';
      expect(logs).toMatch(/^a\ufffd+b\n/);
      expect(logs).toContain('\u001b[31mred');
      expect(logs.endsWith('end\n')).toBe(true);
    },
  },
  {
    id: 'log-progress',
    title: 'a progress bar that overwrites its line is shown in its last state',
    async run(harness) {
      const { answer } = await harness.run(`printf '10%%\\r50%%\\r100%%\\ndone\\n'`);
      expect(answer['logs']).toBe('100%\ndone\n');
    },
  },
];
