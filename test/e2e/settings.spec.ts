import { afterEach, describe, expect, it } from 'vitest';
import { jobName } from '../fakes/builders.js';
import { InMemoryScheduler } from '../fakes/in-memory.scheduler.js';
import { Service } from './service.js';

const NAME = jobName('job-1');

let service: Service;

afterEach(() => service.stop());

describe('a deployment', () => {
  it('with REMOVE_JOBS=no stops a running job at DELETE and keeps its record', async () => {
    service = await Service.start({ REMOVE_JOBS: 'no' });
    await service.post();
    expect(await service.http.delete('/api/v1/job-1/')).toMatchObject({ status: 204, text: '' });
    expect(service.backend.calls).toMatchObject({ stop: 1, remove: 0 });
    const sees = async (): Promise<unknown> => (await service.http.get('/api/v1/job-1/')).body;
    await expect.poll(sees, { timeout: 5_000 }).toMatchObject({ status: 'finishedWithError' });
    expect((await service.http.delete('/api/v1/job-2/')).status).toBe(404);
  });

  it('with JOB_LOGS_TAIL=0 reads no log', async () => {
    service = await Service.start({ JOB_LOGS_TAIL: '0' });
    await service.post();
    service.backend.log = 'text';
    expect(await service.http.get('/api/v1/job-1/')).toMatchObject({
      body: { status: 'started', logs: '' },
    });
    expect(service.backend.calls.logs).toBe(0);
  });

  it('with JOB_LOGS_TAIL=-1 reads all lines, but a mebibyte at most', async () => {
    service = await Service.start({ JOB_LOGS_TAIL: '-1' });
    await service.post();
    await service.http.get('/api/v1/job-1/');
    const { lines, bytes = 0 } = service.backend.logWindow ?? {};
    expect(lines).toBeUndefined();
    expect(bytes).toBeLessThanOrEqual(1_048_576);
    expect(bytes).toBeGreaterThan(1_000_000);
  });

  it('with ALLOWED_IMAGES refuses the others before the backend is asked', async () => {
    service = await Service.start({ ALLOWED_IMAGES: 'docker.io/fnndsc' });
    expect((await service.post()).status).toBe(201);
    const calls = service.backend.callCount;
    for (const image of ['docker.io.evil.test/fnndsc/x', 'DOCKER.IO/fnndsc/x', 'alpine']) {
      const { status, body } = await service.post({ jid: 'other', image });
      expect({ status, body }).toEqual({
        status: 400,
        body: { message: { image: expect.any(String) } },
      });
    }
    expect(service.backend.callCount).toBe(calls);
  });

  it('decides about limits, labels, user and HOME, and a repeat is still the same job', async () => {
    service = await Service.start({
      IGNORE_LIMITS: 'yes',
      JOB_LABELS: 'team=a',
      CONTAINER_USER: '1000-1999:7',
      ENABLE_HOME_WORKAROUND: 'yes',
      SHM_SIZE: '64',
    });
    await service.post({ env: ['A=1'] });
    const [spec] = service.backend.specs;
    expect(spec).toMatchObject({
      cpuLimit: 0,
      memoryLimit: 0,
      labels: { team: 'a' },
      user: { gid: 7 },
      shmSize: 64,
      env: [
        { name: 'A', value: '1' },
        { name: 'HOME', value: '/tmp' },
      ],
    });
    expect(spec?.user?.uid).toBeGreaterThanOrEqual(1000);
    expect(spec?.user?.uid).toBeLessThanOrEqual(1999);
    expect((await service.post({ env: ['A=1'] })).status).toBe(201);
    expect(service.backend.jobs.get(NAME)?.specHash).toBe(spec?.specHash);
  });

  it('whose backend has no GPUs refuses them by name', async () => {
    service = await Service.start({}, new InMemoryScheduler({ gpus: 'no', workers: 'one' }));
    expect(await service.post({ gpu_limit: 1, number_of_workers: 2 })).toMatchObject({
      status: 400,
      body: {
        message: {
          gpu_limit: expect.stringContaining('0'),
          number_of_workers: expect.stringContaining('1'),
        },
      },
    });
    expect(service.backend.calls.submit).toBe(0);
  });
});

describe('a service on OpenShift', () => {
  it('says so', async () => {
    const openshift = await Service.start({ CONTAINER_ENV: 'openshift', HOME: '/home/a' });
    const { body } = await openshift.http.get('/api/v1/');
    expect(body).toMatchObject({ container_env: 'openshift' });
    await openshift.stop();
  });
});
