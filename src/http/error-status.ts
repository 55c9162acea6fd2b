import type { ErrorCode } from '../shared/domain-error.js';

/** The one map from error code to HTTP status; clients know all of these. */
export const ERROR_STATUS: Readonly<Record<ErrorCode, number>> = {
  InvalidRequest: 400,
  JobNotFound: 404,
  JobConflict: 409,
  NameTaken: 409,
  ImageUnavailable: 422,
  JobRefused: 422,
  StorageUnavailable: 503,
  BackendUnavailable: 503,
  BackendBusy: 503,
  BackendError: 502,
};

export const RETRY_AFTER_SECONDS = 5;
