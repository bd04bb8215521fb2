import { createMixture, type Domain, type Family, type ParameterValue, type ParameterValues } from '@emkit/core';
import type { Reference, ReferenceFamily, ReferenceParameters, ReferenceRow } from '@emkit/reference';

export type Decimal = ReturnType<Reference['decimal']>;

const EPSILON = Number.EPSILON;

/** How much a number is moved to see what one ulp of it does: far below an ulp, where only the reference's digits hold it. */
const NUDGE = 2 ** -40;

/** |actual - exact| / (2^-52 scale); 0 when both are the same infinity or underflow to the same double, Infinity when only one is a number. */
export function ulps(reference: Reference, actual: number, exact: Decimal, scale: number): number {
  const rounded = exact.toNumber();
  if (actual === rounded) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(rounded)) return Infinity;
  const error = reference.decimal(actual).minus(exact).abs();
  return error.div(reference.decimal(scale).times(EPSILON)).toNumber();
}

/** Parameters with one number each moved by a relative 2^-40; entries across a matrix's diagonal move together, in units of the diagonal. */
export function nudgedParameters(family: ReferenceFamily, parameters: ParameterValues): readonly ReferenceParameters[] {
  const { reference } = family;
  const exact = (value: ParameterValue): unknown =>
    typeof value === 'number'
      ? reference.decimal(value)
      : Array.isArray(value)
        ? (value as readonly ParameterValue[]).map(exact)
        : Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, exact(entry as ParameterValue)]));
  const up = reference.decimal(NUDGE).plus(1);
  const records: Record<string, unknown>[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const others = Object.fromEntries(Object.entries(parameters).map(([other, its]) => [other, exact(its)]));
    if (typeof value === 'number') records.push({ ...others, [name]: reference.decimal(value).times(up) });
    else if (!Array.isArray(value)) {
      for (const inner of nudgedParameters(family, value as ParameterValues)) records.push({ ...others, [name]: inner });
    } else if (typeof value[0] === 'number') {
      value.forEach((_, place) => {
        records.push({
          ...others,
          [name]: (value as readonly number[]).map((entry, index) =>
            index === place ? reference.decimal(entry).times(up) : reference.decimal(entry),
          ),
        });
      });
    } else {
      const matrix = value as readonly (readonly number[])[];
      for (let row = 0; row < matrix.length; row += 1) {
        for (let column = 0; column <= row; column += 1) {
          if (row !== column && matrix[row]![column] === 0) continue;
          const change = reference
            .decimal(matrix[row]![row]!)
            .sqrt()
            .times(reference.decimal(matrix[column]![column]!).sqrt())
            .times(NUDGE);
          records.push({
            ...others,
            [name]: matrix.map((entries, i) =>
              entries.map((entry, j) => {
                const moves = (i === row && j === column) || (i === column && j === row);
                return moves ? reference.decimal(entry).plus(change) : reference.decimal(entry);
              }),
            ),
          });
        }
      }
    }
  }
  return (records as ReferenceParameters[]).filter((record) => {
    try {
      family.validate(record);
      return true;
    } catch {
      return false;
    }
  });
}

/** What one ulp of every number of the parameters does to a function of them, added up, in units of 2^-52. */
export function condition(base: Decimal, moved: readonly Decimal[]): number {
  let sum = 0;
  for (const value of moved) if (base.isFinite() && value.isFinite()) sum += value.minus(base).abs().toNumber() / NUDGE;
  return sum;
}

/** A row in the reference's arithmetic. */
export function exactRow(reference: Reference, row: readonly number[]): ReferenceRow {
  return row.map((value) => reference.decimal(value));
}

/** x moved by a relative 2^-40. */
export function nudged(reference: Reference, x: number): Decimal {
  return reference.decimal(x).times(reference.decimal(NUDGE).plus(1));
}

/**
 * The error of an estimate in ulps, the largest over its numbers: relative for what is positive or a probability, in units of the
 * two variances for a covariance, and for a location in the unit of the family's own distance or of its own rounding, whichever is coarser.
 */
export function estimateUlps(
  family: Family,
  exactFamily: ReferenceFamily,
  found: ParameterValues,
  exact: ReferenceParameters,
): { readonly ulps: number; readonly name: string } {
  const { reference } = exactFamily;
  const rounded = exactFamily.toNumbers(exact) as ParameterValues;
  let worst = 0;
  let worstName = '';
  const consider = (name: string, error: number): void => {
    if (error <= worst) return;
    worst = error;
    worstName = name;
  };
  for (const [name, domain] of Object.entries(family.parameters) as [string, Domain][]) {
    const before = exact[name]!;
    const after = found[name]!;
    if (domain.kind === 'real' || domain.kind === 'real-vector') consider(name, locationUlps(family, rounded, name, after));
    else if (domain.kind === 'positive-definite') {
      const matrix = before as readonly (readonly Decimal[])[];
      matrix.forEach((entries, row) => {
        entries.forEach((entry, column) => {
          const scale = matrix[row]![row]!.sqrt().times(matrix[column]![column]!.sqrt());
          const error = reference
            .decimal((after as readonly (readonly number[])[])[row]![column]!)
            .minus(entry)
            .abs()
            .div(scale.times(EPSILON));
          consider(`${name}[${row}][${column}]`, error.toNumber());
        });
      });
    } else if (Array.isArray(before)) {
      (before as readonly Decimal[]).forEach((entry, index) => {
        const value = (after as readonly number[])[index]!;
        consider(`${name}[${index}]`, ulps(reference, value, entry, Math.max(entry.abs().toNumber(), 2 ** -1022)));
      });
    } else consider(name, ulps(reference, after as number, before as Decimal, Math.max((before as Decimal).abs().toNumber(), 2 ** -1022)));
  }
  return { ulps: worst, name: worstName };
}

function locationUlps(family: Family, exact: ParameterValues, name: string, found: ParameterValue): number {
  const { space } = createMixture({ family, components: 1 });
  const to = (value: ParameterValue): number =>
    space.distance({ weights: [1], components: [exact] }, { weights: [1], components: [{ ...exact, [name]: value }] });
  const location = exact[name] as number | readonly number[];
  const up = 1 + EPSILON;
  // Entry by entry: all together they may move where the spread is so large that nothing is noticed.
  const nudged =
    typeof location === 'number' ? [location * up] : location.map((entry, index): readonly number[] => location.with(index, entry * up));
  return to(found) / Math.max(EPSILON, ...nudged.map(to));
}
