import { createReference, type Reference, ReferenceFailure, type ReferenceFailureCode } from '@emkit/reference';
import type { Decimal } from 'decimal.js';
import { expect } from 'vitest';

/** The default arithmetic: 50 digits. */
export const reference: Reference = createReference();

/** A decimal number of the default arithmetic. */
export function decimal(text: string | number): Decimal {
  return reference.decimal(String(text));
}

/** Asserts that two numbers agree to this many significant digits. */
export function expectDigits(actual: Decimal, expected: Decimal | string, digits = 50): void {
  const target = reference.decimal(expected);
  const error = target.isZero() ? actual.abs() : actual.minus(target).div(target).abs();
  if (error.gt(`1e-${digits}`))
    expect.fail(`${actual.toString()} differs from ${target.toString()} by ${error.toPrecision(3)}: more than 1e-${digits}`);
}

/** Asserts that an action fails with this code, and gives the failure for further questions. */
export function expectFailure(code: ReferenceFailureCode, action: () => unknown): ReferenceFailure {
  try {
    action();
  } catch (failure) {
    if (!(failure instanceof ReferenceFailure)) throw failure;
    expect(failure.code).toBe(code);
    return failure;
  }
  return expect.fail(`nothing failed, and ${code} was expected`);
}

/** A small reproducible generator of numbers in [0, 1): a linear congruence, good enough to choose test points. */
export function testNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
