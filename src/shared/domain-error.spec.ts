import { describe, expect, it } from 'vitest';
import { DomainError, hasCode, invalidFields } from './domain-error.js';

describe('a domain error', () => {
  it('is definite unless it is said to be passing', () => {
    expect(new DomainError('BackendError', 'x').retryable).toBe(false);
    expect(new DomainError('BackendError', 'x', { retryable: true }).retryable).toBe(true);
  });

  it('keeps its cause', () => {
    const cause = new Error('below');
    expect(new DomainError('BackendError', 'x', { cause }).cause).toBe(cause);
  });

  it('about fields names each with its reason, also in its sentence', () => {
    const error = invalidFields({ jid: 'is bad', image: 'is worse' });
    expect(error.fields).toEqual({ jid: 'is bad', image: 'is worse' });
    expect(error.message).toBe('jid: is bad; image: is worse');
    expect(hasCode(error, 'InvalidRequest')).toBe(true);
  });

  it('is told from other errors by its code', () => {
    expect(hasCode(new DomainError('JobNotFound', 'x'), 'JobConflict')).toBe(false);
    expect(hasCode(Object.assign(new Error('x'), { code: 'JobNotFound' }), 'JobNotFound')).toBe(
      false,
    );
  });
});
