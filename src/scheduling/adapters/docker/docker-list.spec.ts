import type { ContainerInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { toListedContainer, toListedJobs } from './docker-list.js';
import { containerName } from './docker-names.js';
import { jobName } from '../../../../test/fakes/builders.js';

function listed(name: string, worker: number, State: string, workers = 1): ContainerInfo {
  return {
    Id: `${name}#${worker}`,
    Names: [`/${containerName(jobName(name), worker)}`],
    State,
    Labels: {
      'org.chrisproject.pman.jid': name,
      'org.chrisproject.pman.worker': String(worker),
      'org.chrisproject.pman.workers': String(workers),
    },
  } as unknown as ContainerInfo;
}

const jobsOf = (...containers: ContainerInfo[]) => toListedJobs(containers.map(toListedContainer));

describe('a list of containers', () => {
  it('becomes a list of jobs with the states of their workers', () => {
    const containers = [
      listed('b', 0, 'exited'),
      listed('a1', 1, 'created', 2),
      listed('a1', 0, 'running', 2),
    ];
    expect(jobsOf(...containers)).toEqual([
      { name: 'b', mark: 'b#0:exited' },
      { name: 'a1', mark: 'a1#0:running,a1#1:created' },
    ]);
  });

  it('leaves out a job whose first worker is not there', () => {
    expect(jobsOf(listed('a1', 1, 'running', 2))).toEqual([]);
  });

  it('tells of a worker that is gone', () => {
    expect(jobsOf(listed('a1', 0, 'exited', 2))).toEqual([
      { name: 'a1', mark: 'a1#0:exited,gone' },
    ]);
  });

  it('leaves out what carries our labels under another name', () => {
    const forged = { ...listed('a1', 0, 'running'), Names: ['/somebody-else'] };
    const nameless = {
      ...listed('a1', 0, 'running'),
      Labels: { 'org.chrisproject.pman.jid': '../x' },
    };
    expect(jobsOf(forged, nameless)).toEqual([]);
  });
});

describe('the name of a container', () => {
  it("is the job's own for the first worker, and one that no job can have for the others", () => {
    expect(containerName(jobName('job-1'), 0)).toBe('job-1');
    expect(containerName(jobName('job-1'), 1)).toBe('job-1..1');
    expect(containerName(jobName('j'), 0)).toBe('j..0');
    expect(() => jobName('job-1..1')).toThrow('does not accept');
  });
});
