import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * The Bernoulli numbers B_2, B_4, ..., B_2n as exact fractions, from the tangent numbers T_k:
 * B_2k = (-1)^(k-1) 2k T_k / (4^k (4^k - 1)). R. P. Brent and D. Harvey, "Fast computation of Bernoulli, tangent and secant numbers" (2013).
 */
export function bernoulliFractions(count: number): readonly Fraction[] {
  const tangents: bigint[] = [0n, 1n];
  for (let k = 2; k <= count; k += 1) tangents.push(BigInt(k - 1) * tangents[k - 1]!);
  for (let k = 2; k <= count; k += 1) {
    for (let j = k; j <= count; j += 1) tangents[j] = BigInt(j - k) * tangents[j - 1]! + BigInt(j - k + 2) * tangents[j]!;
  }
  return Array.from({ length: count }, (_, index) => {
    const k = index + 1;
    const fourToK = 1n << BigInt(2 * k);
    const sign = k % 2 === 1 ? 1n : -1n;
    return { numerator: sign * BigInt(2 * k) * tangents[k]!, denominator: fourToK * (fourToK - 1n) };
  });
}

const known = new WeakMap<Reference, readonly Decimal[]>();

/** B_2, B_4, ... to the working precision: at least `count` of them. */
export function bernoulliNumbers(reference: Reference, count: number): readonly Decimal[] {
  const have = known.get(reference);
  if (have !== undefined && have.length >= count) return have;
  const numbers = bernoulliFractions(Math.max(count, 2 * (have?.length ?? 0))).map(({ numerator, denominator }) =>
    reference.decimal(numerator).div(reference.decimal(denominator)),
  );
  known.set(reference, numbers);
  return numbers;
}
