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
`;

const LIMITS_FILE = `{ ${WRITE_LIMITS} } > /share/outgoing/limits`;
const MEBIBYTE = 1024 * 1024;
const UNLIMITED = /^(?:max|-1|9223372036854771712)$/;

async function limits(harness: Harness, job: Job): Promise<readonly string[]> {
  return (await harness.written(job, 'limits')).trim().split('\n');
}

export const LIMIT_CASES: readonly ContractCase[] = [
  {
    id: 'limits-hard',
    title: 'memory, cpu and the number of processes are limited exactly as asked',
    needs: ['hard-limits'],
    async run(harness) {
      const { job } = await harness.run(LIMITS_FILE, { memory_limit: '100', cpu_limit: '1500' });
      expect(await limits(harness, job)).toEqual([String(100 * MEBIBYTE), '150000', '4096']);
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
