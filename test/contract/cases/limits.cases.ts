import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import type { Harness, Job } from '../harness.js';

/** Finds the job's own cgroup files, of version 1 or 2, from inside, mounted or seen from the host. */
const WRITE_LIMITS = `
dir() { # controller
  path=$(grep -E "^[0-9]+:([^:]*,)?$1(,[^:]*)?:" /proc/self/cgroup | cut -d: -f3-)
  for candidate in "/sys/fs/cgroup/$1$path" "/sys/fs/cgroup/$1"; do
    [ -e "$candidate/$2" ] && echo "$candidate" && return
  done
  path=$(grep '^0::' /proc/self/cgroup | cut -d: -f3-)
  for candidate in "/sys/fs/cgroup$path" /sys/fs/cgroup; do
    [ -e "$candidate/$3" ] && echo "$candidate" && return
  done
}
memory=$(dir memory memory.limit_in_bytes memory.max)
cpu=$(dir cpu cpu.cfs_quota_us cpu.max)
pids=$(dir pids pids.max pids.max)
cat "$memory/memory.limit_in_bytes" 2>/dev/null || cat "$memory/memory.max"
cat "$cpu/cpu.cfs_quota_us" 2>/dev/null || cut -d' ' -f1 "$cpu/cpu.max"
cat "$pids/pids.max"
cat "$memory/memory.memsw.limit_in_bytes" 2>/dev/null || cat "$memory/memory.swap.max" 2>/dev/null || echo none
ulimit -Hn
`;

const LIMITS_FILE = `{ ${WRITE_LIMITS} } > /share/outgoing/limits`;
const MEBIBYTE = 1024 * 1024;
const ISO: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
const UNLIMITED = /^(?:max|-1|9223372036854771712)$/;

async function limits(harness: Harness, job: Job): Promise<readonly string[]> {
  return (await harness.written(job, 'limits')).trim().split('\n');
}

export const LIMIT_CASES: readonly ContractCase[] = [
  {
    id: 'limits-hard',
    title: 'memory and cpu are limited exactly as asked',
    needs: ['hard-limits'],
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: '100', cpu_limit: '1500' });
      const [memory, cpu] = await limits(harness, job);
      expect([memory, cpu]).toEqual([String(100 * MEBIBYTE), '150000']);
    },
  },
  {
    id: 'limits-processes',
    title: 'the number of processes is limited, also where no limit was asked for',
    needs: ['process-limit'],
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: 0, cpu_limit: 0 });
      const [, , pids] = await limits(harness, job);
      expect(pids).toBe('4096');
    },
  },
  {
    id: 'limits-swap',
    title: 'swap does not widen the memory limit',
    needs: ['swap-limit'],
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: 100 });
      const [, , , swap] = await limits(harness, job);
      // Version 1 counts memory and swap together, version 2 swap alone; some kernels neither.
      expect([String(100 * MEBIBYTE), '0', 'none']).toContain(swap);
    },
  },
  {
    id: 'time-limit',
    title: 'a job is ended at its time limit and says so; a shorter one is not',
    // A cluster counts from when a node has taken the job, so short limits end slow starts.
    settings: { JOB_TIMEOUT: '8' },
    async run(harness) {
      const [late, early] = await Promise.all([
        harness.run('echo begun; sleep 60'),
        harness.run('sleep 1'),
      ]);
      expect(early.answer).toMatchObject({ status: 'finishedSuccessfully' });
      expect(late.answer).toMatchObject({
        status: 'finishedWithError',
        message: expect.stringMatching(/time limit of 8 s/),
        logs: expect.stringMatching(/^begun\n.*time limit of 8 s\n$/),
      });
    },
  },
  {
    id: 'limits-files',
    title: 'the number of open files is bounded',
    needs: ['engine-settings'],
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE);
      const [, , , , files] = await limits(harness, job);
      expect(Number(files)).toBeLessThanOrEqual(1_048_576);
    },
  },
  {
    id: 'limits-small',
    title: 'the smallest limits are honoured or refused in words, never an error of the service',
    needs: ['hard-limits'],
    async run(harness) {
      const job = await harness.job('true', { memory_limit: 1, cpu_limit: 1 });
      const { status, body } = await harness.post(job);
      expect([201, 400, 422]).toContain(status);
      if (status === 201) expect(await harness.finish(job.jid)).toMatchObject({ timestamp: ISO });
      else {
        expect(JSON.stringify(body)).toMatch(/memory|cpu/i);
        expect((await harness.get(job.jid)).status).toBe(404);
      }
    },
  },
  {
    id: 'limits-large',
    title: 'limits beyond what the machine has do no harm',
    needs: ['overcommitment'],
    async run(harness) {
      const large = { memory_limit: 10_000_000, cpu_limit: 1_000_000 };
      const { answer } = await harness.run('true', large);
      expect(answer['status']).toBe('finishedSuccessfully');
    },
  },
  {
    id: 'limits-soft',
    title: 'MEMORY_LIMIT=soft reserves memory and sets no limit',
    needs: ['engine-settings'],
    settings: { MEMORY_LIMIT: 'soft' },
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: 100 });
      const [memory] = await limits(harness, job);
      expect(memory).toMatch(UNLIMITED);
    },
  },
  {
    id: 'network-none',
    title: 'JOB_NETWORK=none leaves a job without a network',
    needs: ['network-none'],
    settings: { JOB_NETWORK: 'none' },
    async run(harness) {
      const { job } = await harness.run('ls /sys/class/net > /share/outgoing/interfaces');
      expect(await harness.written(job, 'interfaces')).toBe('lo\n');
    },
  },
  {
    id: 'limits-zero',
    title: 'a limit of 0 is no limit',
    needs: ['hard-limits'],
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: 0, cpu_limit: 0 });
      const [memory, cpu] = await limits(harness, job);
      expect(memory).toMatch(UNLIMITED);
      expect(cpu).toMatch(UNLIMITED);
    },
  },
  {
    id: 'limits-ignored',
    title: 'IGNORE_LIMITS drops the memory and the cpu limit',
    needs: ['hard-limits'],
    settings: { IGNORE_LIMITS: 'yes' },
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: 100, cpu_limit: 500 });
      const [memory, cpu] = await limits(harness, job);
      expect(memory).toMatch(UNLIMITED);
      expect(cpu).toMatch(UNLIMITED);
    },
  },
  {
    id: 'oom',
    title: 'a job beyond its memory limit is killed, and message and last line of the log say so',
    needs: ['hard-limits'],
    async run(harness) {
      const { answer } = await harness.run('echo begin; exec tail /dev/zero', { memory_limit: 16 });
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['message']).toMatch(/out of memory.*16 MiB/);
      const lines = (answer['logs'] ?? '').trim().split('\n');
      expect(lines[0]).toBe('begin');
      expect(lines.at(-1)).toMatch(/out of memory/);
    },
  },
  {
    id: 'shm',
    title: 'SHM_SIZE is the exact size of /dev/shm in MiB',
    needs: ['shm-size'],
    settings: { SHM_SIZE: '96' },
    async run(harness) {
      const { job } = await harness.run(
        'df -k /dev/shm | tail -n 1 | awk "{print \\$2}" > /share/outgoing/shm',
      );
      expect(await harness.written(job, 'shm')).toBe(`${96 * 1024}\n`);
    },
  },
  {
    id: 'gpu',
    title: 'a GPU that is not there is refused in words, and nothing is left behind',
    needs: ['gpu-refusal'],
    async run(harness) {
      const job = await harness.job('true', { gpu_limit: 1 });
      const { status, body } = await harness.post(job);
      expect([400, 422]).toContain(status);
      expect(JSON.stringify(body)).toMatch(/gpu/i);
      expect((await harness.get(job.jid)).status).toBe(404);
    },
  },
  {
    id: 'input-read-only',
    title: 'the input directory can be read and not written, the output directory can be written',
    needs: ['read-only-input'],
    async run(harness) {
      const { job, answer } = await harness.run(
        'ls /share/incoming && touch /share/incoming/new 2> /share/outgoing/refusal; echo $?',
      );
      expect(answer['logs']).toBe('1\n');
      expect(await harness.written(job, 'refusal')).toMatch(/Read-only file system/);
      expect(await harness.exists(`${job.input_dir}/new`)).toBe(false);
    },
  },
];
