import { DomainError } from '../../shared/domain-error.js';

export function storageUnavailable(message: string, cause?: unknown): DomainError {
  return new DomainError('StorageUnavailable', message, { retryable: true, cause });
}
