/** What this host lets the service do, found out once at start. */
export interface HostAbilities {
  /** Whom the service runs as. */
  readonly uid: number;
  readonly gid: number;
  /**
   * Who makes the process and mount namespaces that hold a job: `root`, an unprivileged `user`
   * through a user namespace, or nobody.
   */
  readonly namespaces: 'root' | 'user' | 'none';
  /** Whether the job's directories can be mounted at /share inside its namespace. */
  readonly shareMount: boolean;
  /** Whether `setpriv` can give up privileges here. */
  readonly dropPrivileges: boolean;
  /** Whether `split` can keep a job's log within its bound. */
  readonly boundedLogs: boolean;
  readonly cgroups: Cgroups;
  /** The accounts of the host's /etc/passwd. */
  readonly accounts: readonly Account[];
}

/** Where jobs' control groups are made, by controller; absent: the controller is not available. */
export interface Cgroups {
  readonly version: 'v1' | 'v2';
  readonly memory: string | undefined;
  readonly cpu: string | undefined;
  readonly pids: string | undefined;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export const NO_CGROUPS: Cgroups = {
  version: 'v2',
  memory: undefined,
  cpu: undefined,
  pids: undefined,
};

/** Only root may become somebody else. */
export function canChangeUser(abilities: HostAbilities): boolean {
  return abilities.uid === 0 && abilities.dropPrivileges;
}

/** The sentences for the boot log: how jobs are run here, and what is not enforced. */
export function describeAbilities(abilities: HostAbilities): readonly string[] {
  return [
    'jobs run as processes of this host with the programs installed on it; their images are not used',
    describeDirectories(abilities),
    ...describeGaps(abilities),
  ];
}

function describeDirectories({ shareMount }: HostAbilities): string {
  return shareMount
    ? 'each job sees its directories at /share/incoming (read-only) and /share/outgoing'
    : 'the words /share/incoming and /share/outgoing in commands and environments are replaced by ' +
        'the real directories, and the input is not protected from writing';
}

function describeGaps(abilities: HostAbilities): readonly string[] {
  const { cgroups, namespaces, boundedLogs } = abilities;
  const limits = [
    cgroups.memory === undefined ? 'memory' : '',
    cgroups.cpu === undefined ? 'CPU' : '',
    cgroups.pids === undefined ? 'process number' : '',
  ].filter((name) => name !== '');
  return [
    limits.length > 0 ? `not enforced here: limits of ${limits.join(', ')}` : '',
    namespaces === 'none'
      ? 'a process that detaches itself from its job may outlive it: namespaces cannot be made here'
      : '',
    canChangeUser(abilities) ? '' : 'jobs run as the user of this service, and no other can be set',
    boundedLogs ? '' : 'the size of job logs is not bounded: the split command of GNU is missing',
  ].filter((sentence) => sentence !== '');
}
