import { registerDecorator } from 'class-validator';

/** The kernel's limit of one argument or environment entry, with its closing NUL. */
const MAX_TEXT_BYTES = 128 * 1024 - 1;

/** Says what is wrong with a text, or nothing; `index` is its place in a list. */
type TextCheck = (text: string, index: number) => string | undefined;

const PROGRAM_TEXT: TextCheck = (text) => {
  if (text.includes('\0')) return 'must not contain a NUL character';
  if (!text.isWellFormed()) return 'must be valid Unicode';
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) return `must be at most ${MAX_TEXT_BYTES} bytes`;
  return undefined;
};

function register(name: string, reason: (value: unknown) => string | undefined): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value) => reason(value) === undefined,
        defaultMessage: (args) => reason(args?.value) ?? 'is not valid',
      },
    });
  };
}

/** A string that can be a program's argument. */
export const IsText = (): PropertyDecorator =>
  register('isText', (value) =>
    typeof value === 'string' ? PROGRAM_TEXT(value, 0) : 'must be a string',
  );

/** A list of strings each of which can be a program's argument. */
export const IsTextList = (): PropertyDecorator =>
  register('isTextList', (value) => {
    if (!Array.isArray(value)) return 'must be a list of strings';
    return firstReason(value, (item, index) => {
      if (typeof item !== 'string') return `item ${index} must be a string`;
      const reason = PROGRAM_TEXT(item, index);
      return reason === undefined ? undefined : `item ${index} ${reason}`;
    });
  });

/** A string, or each string of a list, must pass the check; other types are another rule's matter. */
export const Satisfies = (check: TextCheck): PropertyDecorator =>
  register('satisfies', (value) => {
    if (Array.isArray(value)) {
      return firstReason(value, (item, index) =>
        typeof item === 'string' ? check(item, index) : undefined,
      );
    }
    return typeof value === 'string' ? check(value, 0) : undefined;
  });

function firstReason(
  items: readonly unknown[],
  check: (item: unknown, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const reason = check(item, index);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Decimal digits as a number; anything else as it was, for the rules to judge. */
export function integerFromString(value: unknown): unknown {
  return typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Numbers and booleans in their JSON form, strings as they are; nothing for other types. */
export function stringFromScalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Makes the numbers of a list strings. */
export function stringsFromNumbers(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) => (typeof item === 'number' ? String(item) : item));
}
