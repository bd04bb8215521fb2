import type { Block } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { ParameterValues } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { exp, log } from '../numerics/elementary.ts';

/** Scratch arrays for one block, used again for every block. */
export interface BlockWorkspace {
  /** K arrays: first log joint densities, then responsibilities. */
  readonly joint: readonly Float64Array[];
  /** Row log-densities of the mixture. */
  readonly rowLogDensity: Float64Array;
  readonly scratch: Float64Array;
}

/** Where a block's rows stand among the caller's: the index of its first row, and the map back where rows were merged or left out. */
export interface RowOrigin {
  readonly firstRow: number;
  /** Read only when a message is made: the map may have to be computed first. */
  readonly source: { readonly blockRow?: Int32Array | undefined };
}

export function createBlockWorkspace(mixture: Mixture, blockSize: number): BlockWorkspace {
  return {
    joint: mixture.families.map(() => new Float64Array(blockSize)),
    rowLogDensity: new Float64Array(blockSize),
    scratch: new Float64Array(blockSize),
  };
}

export function largestBlock(blocks: readonly Block[]): number {
  let largest = 1;
  for (const block of blocks) if (block.size > largest) largest = block.size;
  return largest;
}

/**
 * E-step of one block: fills `workspace.joint` with responsibilities (not yet multiplied by case weights) and
 * `workspace.rowLogDensity` with each row's log-density under the mixture, by log-sum-exp.
 *
 * A row whose label is known has responsibility 1 there, and its log joint density of that component.
 *
 * @param origin where the block stands in the caller's rows, for messages
 * @throws EmkitError `MODEL_IMPOSSIBLE_DATA` where no component gives a row a positive density; `NOT_FINITE` where a family's
 * log-density is NaN or plus infinity
 */
export function blockResponsibilities(
  block: Block,
  mixture: Mixture,
  parameters: MixtureParameters,
  workspace: BlockWorkspace,
  origin: RowOrigin,
): void {
  const { joint, rowLogDensity, scratch } = workspace;
  const { size, labels } = block;
  const components = mixture.families.length;
  for (let component = 0; component < components; component += 1) {
    const out = joint[component]!;
    const weight = parameters.weights[component]!;
    if (weight === 0) {
      out.fill(-Infinity, 0, size);
    } else {
      mixture.families[component]!.logDensity(block, parameters.components[component]!, out);
      const logWeight = log(weight);
      for (let row = 0; row < size; row += 1) out[row]! += logWeight;
    }
    if (labels !== undefined) {
      for (let row = 0; row < size; row += 1) if (labels[row]! >= 0 && labels[row] !== component) out[row] = -Infinity;
    }
    if (component === 0) for (let row = 0; row < size; row += 1) rowLogDensity[row] = out[row]!;
    // NaN replaces the maximum, and nothing replaces NaN: checked once a row, below.
    else
      for (let row = 0; row < size; row += 1) if (out[row]! > rowLogDensity[row]! || Number.isNaN(out[row])) rowLogDensity[row] = out[row]!;
  }
  for (let row = 0; row < size; row += 1) {
    const maximum = rowLogDensity[row]!;
    if (!(maximum - maximum === 0)) refuseRow(joint, row, origin, labels?.[row] ?? -1, maximum);
    scratch[row] = 0;
  }
  for (let component = 0; component < components; component += 1) {
    const out = joint[component]!;
    for (let row = 0; row < size; row += 1) {
      const term = exp(out[row]! - rowLogDensity[row]!);
      out[row] = term;
      scratch[row]! += term;
    }
  }
  for (let row = 0; row < size; row += 1) {
    const total = scratch[row]!;
    rowLogDensity[row]! += log(total);
    scratch[row] = 1 / total;
  }
  for (let component = 0; component < components; component += 1) {
    const out = joint[component]!;
    for (let row = 0; row < size; row += 1) out[row]! *= scratch[row]!;
  }
}

function refuseRow(joint: readonly Float64Array[], row: number, origin: RowOrigin, label: number, maximum: number): never {
  const { blockRow } = origin.source;
  const index = blockRow === undefined ? origin.firstRow + row : blockRow.indexOf(origin.firstRow + row);
  for (let component = 0; component < joint.length; component += 1) {
    const value = joint[component]![row]!;
    if (Number.isNaN(value) || value === Infinity) {
      throw new EmkitError('NOT_FINITE', `Row ${index + 1}: the log-density of component ${component + 1} is ${value}.`, {
        row: index,
        component,
        value,
        remedy: 'A log-density must be a number or minus infinity; the family is at fault.',
      });
    }
  }
  const by = label >= 0 ? `its known component ${label + 1} gives it` : 'all components give it';
  throw new EmkitError('MODEL_IMPOSSIBLE_DATA', `Row ${index + 1} is impossible under the parameters: ${by} a density of zero.`, {
    row: index,
    value: maximum,
    remedy: 'Start from parameters under which every row is possible.',
  });
}

/**
 * Adds one block to an expectation: its log-likelihood, expected counts, and statistics about `about`.
 * `responsibilities` are overwritten by their products with the case weights.
 */
export function accumulateBlock(
  block: Block,
  mixture: Mixture,
  about: readonly ParameterValues[],
  responsibilities: readonly Float64Array[],
  rowLogDensity: Float64Array | undefined,
  expectation: Expectation,
): void {
  const { size, weights } = block;
  const { vector } = expectation;
  if (rowLogDensity !== undefined) {
    let sum = 0;
    let lost = 0;
    let magnitude = 0;
    for (let row = 0; row < size; row += 1) {
      const term = weights === undefined ? rowLogDensity[row]! : rowLogDensity[row]! * weights[row]!;
      const next = sum + term;
      lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
      sum = next;
      magnitude += Math.abs(term);
    }
    vector[0]! += sum + lost;
    vector[1]! += magnitude;
  }
  for (let component = 0; component < responsibilities.length; component += 1) {
    const values = responsibilities[component]!;
    if (weights !== undefined) for (let row = 0; row < size; row += 1) values[row]! *= weights[row]!;
    vector[2 + component]! += sumOf(values, size);
    mixture.families[component]!.accumulate(block, values, about[component]!, expectation.statistics(component));
  }
}

/** Four partial sums: quicker than one, and a quarter of its rounding. */
function sumOf(values: Float64Array, size: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let row = 0;
  for (; row + 3 < size; row += 4) {
    first += values[row]!;
    second += values[row + 1]!;
    third += values[row + 2]!;
    fourth += values[row + 3]!;
  }
  for (; row < size; row += 1) first += values[row]!;
  return first + second + (third + fourth);
}
