import { type Dataset, largestBlock } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import { EStep } from '../model/e-step.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import { log } from '../numerics/elementary.ts';

/**
 * The information bound for distributions Q_i over the components, in nats:
 * `freeEnergy` = E_Q[log p(x, z; theta)] + H(Q) <= log p(x; theta), with equality when Q is the posterior (Jensen's inequality).
 * An E-step makes it touch the log-likelihood, an M-step raises it: hence the log-likelihood never falls.
 */
export interface InformationBound {
  /** Sum over rows and components of Q_i(k) log(w_k f_k(x_i)), times the case weight. Minus infinity where Q allows the impossible. */
  readonly expectedCompleteLogLikelihood: number;
  /** Sum over rows of -sum_k Q_i(k) log Q_i(k), times the case weight. */
  readonly entropy: number;
  /** Their sum, a lower bound of the log-likelihood. */
  readonly freeEnergy: number;
}

/**
 * The bound at the given responsibilities, or at the posterior when none are given.
 *
 * @param responsibilities one array a component, over the rows of the data set's blocks, each row summing to 1
 * @throws EmkitError `DATA_SHAPE` or `PARAMETER_DOMAIN` for responsibilities of another shape or not summing to 1
 */
export function informationBound(
  mixture: Mixture,
  parameters: MixtureParameters,
  dataset: Dataset,
  responsibilities?: readonly ArrayLike<number>[],
): InformationBound {
  const components = mixture.families.length;
  if (responsibilities !== undefined) checkResponsibilities(responsibilities, components, dataset.distinctRows);
  const size = largestBlock(dataset.blocks);
  const eStep = new EStep(mixture, size);
  const joint = mixture.families.map(() => new Float64Array(size));
  let expected = 0;
  let entropy = 0;
  let firstRow = 0;
  for (const block of dataset.blocks) {
    mixture.emissions.logDensities(block, parameters.components, joint);
    const posterior = responsibilities === undefined ? eStep.posterior(block, parameters, { firstRow, source: dataset }) : undefined;
    for (let component = 0; component < components; component += 1) {
      const logWeight = log(parameters.weights[component]!);
      for (let row = 0; row < block.size; row += 1) {
        const responsibility =
          posterior === undefined ? responsibilities![component]![firstRow + row]! : posterior.responsibilities[component]![row]!;
        if (responsibility === 0) continue;
        const share = (block.weights?.[row] ?? 1) * responsibility;
        expected += share * (logWeight + joint[component]![row]!);
        entropy -= share * log(responsibility);
      }
    }
    firstRow += block.size;
  }
  return { expectedCompleteLogLikelihood: expected, entropy, freeEnergy: expected + entropy };
}

function checkResponsibilities(responsibilities: readonly ArrayLike<number>[], components: number, rows: number): void {
  if (responsibilities.length !== components || responsibilities.some((values) => values.length !== rows)) {
    throw new EmkitError('DATA_SHAPE', `Responsibilities must be ${components} arrays of ${rows} numbers, one array a component.`);
  }
  for (let row = 0; row < rows; row += 1) {
    let total = 0;
    for (const values of responsibilities) {
      const value = values[row]!;
      if (!(value >= 0 && value <= 1))
        throw new EmkitError('PARAMETER_DOMAIN', `Row ${row + 1}: the responsibility is ${value}, not a number from 0 to 1.`, {
          row,
          value,
        });
      total += value;
    }
    if (!(Math.abs(total - 1) <= 1e-9))
      throw new EmkitError('PARAMETER_DOMAIN', `Row ${row + 1}: the responsibilities sum to ${total}, not to 1.`, { row, value: total });
  }
}
