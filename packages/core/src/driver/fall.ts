import type { Expectation } from '../expectation.ts';
import type { Family, ParameterValues } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { cholesky } from '../numerics/linear-algebra.ts';
import type { Diagnosis } from './diagnosis.ts';
import { roundingAllowance } from './em-step.ts';

/** Where a pivot's relative rounding error is greater than this, what a column adds to those before it is hardly known. */
const LARGEST_KNOWN_ERROR = 0.01;

/**
 * What a fall of the log-likelihood after an EM step to `at` means: undefined where rounding explains it, else how the run ends.
 *
 * Near a singular matrix rounding weighs more than elsewhere: with a pivot of 1e-10 of its diagonal entry, a log-density is known to 1e-5
 * only. And where almost nothing of the pivot is known, the fall shows that the component has collapsed in one direction.
 */
export function judgeFall(mixture: Mixture, at: MixtureParameters, expectation: Expectation, fall: number): Diagnosis | undefined {
  let explained = roundingAllowance(mixture, at, expectation);
  if (fall <= explained) return undefined;
  let largest = 0;
  let collapsed: Diagnosis | undefined;
  mixture.families.forEach((family, component) => {
    const { error, parameter } = pivotError(family, at.components[component]!);
    explained += expectation.counts[component]! * error;
    if (error <= Math.max(largest, LARGEST_KNOWN_ERROR)) return;
    largest = error;
    collapsed = { kind: 'collapsed', component, reason: `its ${parameter} is singular to within rounding` };
  });
  return fall <= explained ? collapsed : { kind: 'decreased', by: fall };
}

/** The relative error of the worst pivot of a component's matrices: rounding of some units for the sums, and of d for the elimination. */
function pivotError(family: Family, values: ParameterValues): { readonly error: number; readonly parameter: string } {
  let worst = { error: 0, parameter: '' };
  for (const [parameter, domain] of Object.entries(family.parameters)) {
    if (domain.kind !== 'positive-definite' || domain.structure !== 'full') continue;
    const { dimension } = domain;
    const matrix = values[parameter] as readonly (readonly number[])[];
    const deviations = matrix.map((row, j) => Math.sqrt(row[j]!));
    const correlations = Float64Array.from({ length: dimension * dimension }, (_, index) => {
      const [j, k] = [Math.floor(index / dimension), index % dimension];
      return j === k ? 1 : matrix[j]![k]! / deviations[j]! / deviations[k]!;
    });
    const result = cholesky(correlations, dimension);
    let least = result.ok ? 1 : Number.EPSILON;
    if (result.ok) for (let j = 0; j < dimension; j += 1) least = Math.min(least, result.factor[j * dimension + j]! ** 2);
    const error = ((16 + 2 * dimension) * Number.EPSILON) / least;
    if (error > worst.error) worst = { error, parameter };
  }
  return worst;
}
