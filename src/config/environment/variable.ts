import { Expose, Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { integerFromText } from '../environment-rules.js';

/** What the README, `.env.example` and the boot warnings know of a variable beside its rules. */
export interface VariableHelp {
  readonly name: string;
  /** The value in force when the variable is not set; empty when there is none. */
  readonly default: string;
  /** One line. */
  readonly help: string;
  /** The backends or storage types where it has an effect; absent: everywhere. */
  readonly only?: readonly string[];
}

const helpByClass = new Map<unknown, VariableHelp[]>();

/** Declares a variable: its help, its default, and that an empty value means "not set". */
export function Variable(
  fallback: string,
  help: string,
  only?: readonly string[],
): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    const variables = helpByClass.get(target.constructor) ?? [];
    variables.push({ name, default: fallback, help, ...(only && { only }) });
    helpByClass.set(target.constructor, variables);
    Expose()(target, key);
    IsOptional()(target, key);
  };
}

/** A whole number in decimal digits. */
export const Integer = (): PropertyDecorator => Transform(({ value }) => integerFromText(value));

/** The variables that a class declares, in the order of their declaration. */
export function variablesOf(environment: new () => object): readonly VariableHelp[] {
  return helpByClass.get(environment) ?? [];
}
