import { describe, expect, it } from 'vitest';
import { describeAbilities, NO_CGROUPS, type HostAbilities } from './host-abilities.js';
import { specOf } from './job-fixture.js';
import { processCapabilities } from './process.capabilities.js';
import { jobEnvironment, planWorker, resolveUser } from './process-request.js';
import * as scripts from './supervisor-scripts.js';

const ROOT: HostAbilities = {
  uid: 0,
  gid: 0,
  namespaces: 'root',
  shareMount: true,
  dropPrivileges: true,
  boundedLogs: true,
  cgroups: { version: 'v2', memory: '/g', cpu: '/g', pids: '/g' },
  accounts: [
    { uid: 0, gid: 0, home: '/root' },
    { uid: 1000, gid: 100, home: '/home/chris' },
  ],
};
const PLAIN: HostAbilities = {
  ...ROOT,
  uid: 1000,
  gid: 100,
  namespaces: 'none',
  shareMount: false,
  dropPrivileges: false,
  boundedLogs: false,
  cgroups: NO_CGROUPS,
};
const place = { worker: 1, directory: '/r/w', group: 'run.1', hintFile: '/r/h' };
const names: ReadonlyMap<string, string> = new Map(
  Object.entries(scripts).map(([name, text]) => [text, name]),
);
/** The arguments with the names of the scripts in the place of their texts. */
const argsOf = (spec = specOf(), host = ROOT): string[] =>
  planWorker(spec, place, host).args.map((word) => names.get(word) ?? word);

describe('the launch of a worker', () => {
  it('goes through namespaces and gives up privileges, as root', () => {
    expect(argsOf(specOf({ command: ['cmd', '-x', ''], user: { uid: 5, gid: 6 } })).join('|')).toBe(
      '-c|SUPERVISE|pman-job|/r/w|5:6||10485760|no|/r/h|1|/g/run.1/cgroup.procs|' +
        'setpriv|--pdeathsig|KILL|unshare|--mount|--pid|--fork|--kill-child|--mount-proc|--|' +
        '/bin/sh|-c|ENTER|pman-enter|/r/w|/data/in|/data/out|setsid|' +
        'setpriv|--reuid|5|--regid|6|--clear-groups|--ambient-caps=-all|--inh-caps=-all|' +
        '--bounding-set=-all|--no-new-privs|--|/bin/sh|-c|LAUNCH|pman-launch|2|cmd|-x|',
    );
  });

  it('is a session of its own with the real directories where there is nothing else', () => {
    const command = ['cp', '/share/incoming', '--to=/share/outgoing'];
    expect(argsOf(specOf({ command }), PLAIN).join('|')).toBe(
      '-c|SUPERVISE|pman-job|/r/w|1000:100|||yes|/r/h|0|' +
        'setsid|/bin/sh|-c|NOTE_SESSION|pman-session|/r/w|' +
        '/bin/sh|-c|LAUNCH|pman-launch|2|cp|/data/in|--to=/data/out',
    );
  });

  it('carries the environment under names that no program on the way knows', () => {
    const env = [{ name: 'LD_PRELOAD', value: '/share/incoming/x.so' }];
    expect(planWorker(specOf({ env }), place, PLAIN).env).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      PMAN_ENV_0: 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      PMAN_ENV_1: 'HOME=/home/chris',
      PMAN_ENV_2: 'LD_PRELOAD=/data/in/x.so',
    });
  });

  it('runs for the user that Docker would choose', () => {
    expect(resolveUser(undefined, PLAIN)).toEqual({ uid: 1000, gid: 100 });
    expect(resolveUser({ uid: 1000, gid: undefined }, ROOT)).toEqual({ uid: 1000, gid: 100 });
    expect(resolveUser({ uid: 77, gid: undefined }, ROOT)).toEqual({ uid: 77, gid: 0 });
    expect(resolveUser({ uid: undefined, gid: 9 }, ROOT)).toEqual({ uid: 0, gid: 9 });
    const home = jobEnvironment(specOf({ user: { uid: 77, gid: 7 } }), ROOT)[1];
    expect(home).toEqual({ name: 'HOME', value: '/' });
  });
});

describe('the abilities of the host', () => {
  it('become capabilities', () => {
    expect(processCapabilities(ROOT)).toMatchObject({
      cpuLimit: 'hard',
      memoryLimit: 'hard',
      user: 'yes',
      gpus: 'no',
      shmSize: 'no',
    });
    expect(processCapabilities(PLAIN)).toMatchObject({
      cpuLimit: 'unenforced',
      memoryLimit: 'unenforced',
      user: 'no',
    });
    expect(Object.isFrozen(processCapabilities(ROOT))).toBe(true);
  });

  it('are said in sentences, the missing ones too', () => {
    expect(describeAbilities(ROOT)).toHaveLength(2);
    const sentences = describeAbilities(PLAIN).join('\n');
    expect(sentences).toContain('not enforced here: limits of memory, CPU, process number');
    expect(sentences).toContain('are replaced by the real directories');
  });
});
