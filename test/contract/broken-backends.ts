import type { JobName } from '../../src/scheduling/domain/job-name.js';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import type { Job } from '../../src/scheduling/domain/job.js';
import type { SchedulerPort } from '../../src/scheduling/domain/scheduler.port.js';
import { jobRefused } from '../../src/scheduling/domain/scheduling-errors.js';

/** A way in which a backend can be wrong, and a case of the contract that must notice it. */
export interface Defect {
  readonly title: string;
  /** Id of the case. */
  readonly noticedBy: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Replaces some of the backend's members by broken ones. */
  readonly spoil: (backend: SchedulerPort) => Partial<SchedulerPort>;
}

const submitOther = (change: (spec: JobSpec) => JobSpec): Defect['spoil'] => {
  return (backend) => ({ submit: (spec, signal) => backend.submit(change(spec), signal) });
};

const answerOther = (change: (job: Job) => Job): Defect['spoil'] => {
  return (backend) => ({
    // A short job may have ended before its submission is answered.
    submit: async (spec, signal) => change(await backend.submit(spec, signal)),
    find: async (name, signal) => change(await backend.find(name, signal)),
  });
};

const logOther = (change: (text: string) => string): Defect['spoil'] => {
  return (backend) => ({
    logs: async (name, window, signal) => ({
      text: change((await backend.logs(name, window, signal)).text),
    }),
  });
};

export const DEFECTS: readonly Defect[] = [
  {
    title: 'joins the arguments and splits them again',
    noticedBy: 'argv-exact',
    spoil: submitOther((spec) => ({
      ...spec,
      command: [...spec.command.slice(0, 4), ...spec.command.slice(4).join(' ').split(' ')],
    })),
  },
  {
    title: 'loses the environment',
    noticedBy: 'env-exact',
    spoil: submitOther((spec) => ({ ...spec, env: [] })),
  },
  {
    title: 'runs every job as root',
    noticedBy: 'user-exact',
    spoil: submitOther((spec) => ({ ...spec, user: undefined })),
  },
  {
    title: 'ignores memory limits',
    noticedBy: 'limits-hard',
    spoil: submitOther((spec) => ({ ...spec, memoryLimit: 0 as JobSpec['memoryLimit'] })),
  },
  {
    title: 'ignores labels',
    noticedBy: 'labels',
    spoil: submitOther((spec) => ({ ...spec, labels: {} })),
  },
  {
    title: 'mounts the input directory writable',
    noticedBy: 'input-read-only',
    spoil: submitOther((spec) => ({
      ...spec,
      command: spec.command.map((word) =>
        word.replace('/share/incoming/new', '/share/outgoing/new'),
      ),
    })),
  },
  {
    title: 'runs one worker of three',
    noticedBy: 'workers-run',
    spoil: submitOther((spec) => ({ ...spec, workers: 1 })),
  },
  {
    title: 'calls every end a success',
    noticedBy: 'exit-3',
    spoil: answerOther((job) =>
      job.state.status === 'finishedWithError'
        ? { ...job, state: { ...job.state, status: 'finishedSuccessfully' } }
        : job,
    ),
  },
  {
    title: 'does not say why a job failed',
    noticedBy: 'exit-1',
    spoil: answerOther((job) => ({ ...job, state: { ...job.state, message: 'exited' } })),
  },
  {
    title: 'shows a running job as one that has not started',
    noticedBy: 'life',
    spoil: answerOther((job) =>
      job.state.status === 'started'
        ? { ...job, state: { ...job.state, status: 'notstarted', timestamp: '' } }
        : job,
    ),
  },
  {
    title: 'does not know the state of a running job',
    noticedBy: 'life',
    spoil: answerOther((job) =>
      job.state.status === 'started'
        ? { ...job, state: { ...job.state, status: 'undefined' } }
        : job,
    ),
  },
  {
    title: 'gives another time with every look-up',
    noticedBy: 'final-answer-stays',
    spoil: (backend) => ({
      find: async (name, signal) => {
        const job = await backend.find(name, signal);
        const timestamp = new Date().toISOString();
        return { ...job, incarnation: timestamp, state: { ...job.state, timestamp } };
      },
    }),
  },
  {
    title: 'says ended where a signal ended the job',
    noticedBy: 'killed-from-outside',
    spoil: answerOther((job) => ({
      ...job,
      state: { ...job.state, message: job.state.message.replace(/signal \w+/, 'exit') },
    })),
  },
  {
    title: 'finds a job by the beginning of its name',
    noticedBy: 'jid-part',
    spoil: (backend) => {
      const whole = async (name: JobName, signal: AbortSignal): Promise<JobName> => {
        const listed = await backend.list(signal);
        return listed.find((job) => job.name.startsWith(name))?.name ?? name;
      };
      return {
        // Under the name that was asked for: a job of another name the service would not take.
        find: async (name, signal) => ({
          ...(await backend.find(await whole(name, signal), signal)),
          name,
        }),
        logs: async (name, window, signal) =>
          backend.logs(await whole(name, signal), window, signal),
      };
    },
  },
  {
    title: 'takes jids that differ only in case for the same',
    noticedBy: 'jids-apart',
    spoil: (backend) => ({
      find: async (name, signal) => {
        const listed = await backend.list(signal);
        const found = listed.find((job) => job.name.toLowerCase() === name.toLowerCase());
        return backend.find(found?.name ?? name, signal);
      },
    }),
  },
  {
    title: 'tells where the store lies when it refuses a program',
    noticedBy: 'missing-executable',
    spoil: (backend) => ({
      submit: (spec, signal) =>
        backend.submit(spec, signal).catch((error: Error) => {
          throw jobRefused(`${error.message} with ${spec.mounts.input.path}`);
        }),
    }),
  },
  {
    title: 'loses the last line of a log',
    noticedBy: 'log-last-line',
    spoil: logOther((text) => text.split('\n').slice(0, -2).join('\n')),
  },
  {
    title: 'does not count lines',
    noticedBy: 'log-tail-five',
    spoil: (backend) => ({
      logs: (name, window, signal) => backend.logs(name, { ...window, lines: undefined }, signal),
    }),
  },
  {
    title: 'cuts a log inside a character',
    noticedBy: 'log-one-line',
    spoil: logOther((text) => Buffer.from(text).subarray(1).toString('utf8')),
  },
  {
    title: 'does not count bytes',
    noticedBy: 'log-byte-cap',
    spoil: (backend) => ({
      logs: (name, window, signal) => backend.logs(name, { ...window, bytes: 1e9 }, signal),
    }),
  },
  {
    title: 'forgets a job without ending it',
    noticedBy: 'remove-running',
    spoil: (backend) => {
      const gone = new Set<string>();
      return {
        remove: (name) => Promise.resolve(void gone.add(name)),
        find: async (name, signal) => backend.find(gone.has(name) ? NOBODY : name, signal),
      };
    },
  },
  {
    title: 'keeps a job that was removed',
    noticedBy: 'remove-twice',
    spoil: (backend) => ({ remove: (name, signal) => backend.stop(name, signal) }),
  },
  {
    title: 'starts a job anew whenever it is submitted',
    noticedBy: 'repeat',
    spoil: (backend) => ({
      find: async (name, signal) => {
        const job = await backend.find(name, signal);
        await backend.remove(name, signal);
        return backend.find(name, signal).catch(() => job);
      },
    }),
  },
];

/** A name that no job has. */
const NOBODY = 'nobody' as Job['name'];

/** The backend with the defect's members in the place of its own. */
export function spoiled(backend: SchedulerPort, defect: Defect): SchedulerPort {
  const broken = defect.spoil(backend);
  return new Proxy(backend, {
    get(target, key) {
      const source = key in broken ? broken : target;
      const member: unknown = Reflect.get(source, key);
      return typeof member === 'function' ? member.bind(source) : member;
    },
  });
}
