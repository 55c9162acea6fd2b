/** How long each use case may take, in milliseconds, whatever the backend does. */
export const DEADLINES = {
  // Clients give up after 100 s, and a failed submission is final for them.
  submit: 90_000,
  get: 20_000,
  remove: 30_000,
} as const;
