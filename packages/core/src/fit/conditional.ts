import type { Dataset } from '../data/block.ts';
import { createDataset, type DatasetOptions } from '../data/dataset.ts';
import type { DataInput } from '../data/input.ts';
import { EmkitError, showValue } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { type LatentModel, labelBlock, type ModelParameters } from '../model/latent-model.ts';

/** Which columns of the data are the given ones, and which quantiles are asked for. */
export interface ConditionalOptions extends Pick<DatasetOptions, 'columns'> {
  /** Probabilities from 0 to 1. Default: 0.05, 0.5 and 0.95. */
  readonly probabilities?: readonly number[];
}

/** The distribution of the response of each row given its other columns, before the response is seen: one entry a row. */
export interface Conditional {
  /** The weights of the components, one array each: those of the mixture, or what its gate says of the row. */
  readonly weights: readonly Float64Array[];
  readonly mean: Float64Array;
  /** One array a component. */
  readonly componentMeans: readonly Float64Array[];
  /** One array a probability. */
  readonly quantiles: readonly Float64Array[];
  /** For each component one array a probability. */
  readonly componentQuantiles: readonly (readonly Float64Array[])[];
}

const DEFAULT_PROBABILITIES: readonly number[] = [0.05, 0.5, 0.95];

/**
 * What a model says of a response given the columns that it is conditional on.
 *
 * @param names the given columns of the family and of the labels' law, by the caller's names
 * @throws EmkitError `CAPABILITY_MISSING` for a model of several responses, or of a family without mean, cdf or quantile; `DATA_*`
 */
export function conditionalOf<L extends object>(
  structure: LatentModel<L>,
  at: ModelParameters<L>,
  data: DataInput | Dataset,
  { columns, probabilities = DEFAULT_PROBABILITIES }: ConditionalOptions,
): Conditional {
  const { families, latent } = structure;
  for (const family of families) requireResponse(family);
  if (!Array.isArray(probabilities) || !probabilities.every((value) => typeof value === 'number' && value >= 0 && value <= 1))
    throw new EmkitError('OPTION_INVALID', `The probabilities are ${showValue(probabilities)}.`, { remedy: 'Give numbers from 0 to 1.' });
  const weightsOf = latent.weights?.bind(latent);
  const fixed = (at as { readonly weights?: readonly number[] }).weights;
  if (weightsOf === undefined && fixed === undefined)
    throw new EmkitError(
      'CAPABILITY_MISSING',
      `The labels of ${latent.id} are not independent of each other: a row alone has no distribution.`,
    );
  const given = families[0]!.columns.filter((column) => column.given);
  const dataset = createDataset(data, [{ ...families[0]!, columns: given }], families.length, {
    ...(columns && { columns }),
    ...(latent.columns && { labelColumns: latent.columns }),
    merge: false,
  });
  const places = families[0]!.columns.flatMap((column, index) => (column.given ? [index] : []));
  const array = (): Float64Array => new Float64Array(dataset.rows);
  const out = {
    weights: families.map(array),
    mean: array(),
    componentMeans: families.map(array),
    quantiles: probabilities.map(array),
    componentQuantiles: families.map(() => probabilities.map(array)),
  };
  const row = new Float64Array(families[0]!.columns.length);
  const components = at.components as readonly ParameterValues[];
  let first = 0;
  for (const block of dataset.blocks) {
    const ofLabels = labelBlock({ latent, families: [{ ...families[0]!, columns: given }] }, block);
    for (let index = 0; index < block.size; index += 1) {
      places.forEach((place, column) => {
        row[place] = block.columns[column]![index]!;
      });
      const weights = weightsOf?.(ofLabels, index, at) ?? fixed!;
      families.forEach((family, k) => {
        out.weights[k]![first + index] = weights[k]!;
        out.componentMeans[k]![first + index] = family.mean!(components[k]!, row)[0]!;
        out.mean[first + index]! += weights[k]! * out.componentMeans[k]![first + index]!;
        probabilities.forEach((probability, q) => {
          out.componentQuantiles[k]![q]![first + index] = family.quantile!(probability, components[k]!, row);
        });
      });
      probabilities.forEach((probability, q) => {
        const own = families.flatMap((_, k) => (weights[k]! > 0 ? [out.componentQuantiles[k]![q]![first + index]!] : []));
        const reaches = (y: number): boolean =>
          families.reduce((sum, family, k) => sum + weights[k]! * family.cdf!(y, components[k]!, row), 0) >= probability;
        const whole = families[0]!.columns[0]!.support.kind === 'integer';
        out.quantiles[q]![first + index] = between(reaches, Math.min(...own), Math.max(...own), whole);
      });
    }
    first += block.size;
  }
  return out;
}

/** The smallest number, or whole number, that reaches a probability: it lies between the components' own. */
function between(reaches: (y: number) => boolean, low: number, high: number, whole: boolean): number {
  if (low === high || !Number.isFinite(low) || !Number.isFinite(high) || reaches(low)) return low;
  let [below, above] = [low, high];
  for (;;) {
    const middle = below + (above - below) / 2;
    const next = whole ? Math.floor(middle) : middle;
    if (!(next > below && next < above)) return above;
    if (reaches(next)) above = next;
    else below = next;
  }
}

function requireResponse(family: Family): void {
  const several = family.columns.filter((column) => !column.given).length !== 1;
  const missing = (['mean', 'cdf', 'quantile'] as const).find((capability) => family[capability] === undefined);
  if (!several && missing === undefined) return;
  throw new EmkitError(
    'CAPABILITY_MISSING',
    `The family ${family.id} has no conditional distribution of one column${missing === undefined ? '' : `: it has no ${missing}`}.`,
    { family: family.id, ...(missing && { capability: missing }) },
  );
}
