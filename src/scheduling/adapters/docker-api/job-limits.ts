/** What every job container gets, whoever asks for it. */
export const PIDS_LIMIT = 4_096;
export const NOFILE_LIMIT = { Name: 'nofile', Soft: 1_024, Hard: 4_096 };
export const LOG_FILES = 3;
/** What a root plugin needs to write into directories of other users and to drop to another user. */
export const ROOT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL'];
