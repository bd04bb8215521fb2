import type { Block, Dataset } from '../data/block.ts';
import { largestBlock } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { EStep } from '../model/e-step.ts';
import { componentBlock, type LatentModel, type ModelParameters } from '../model/latent-model.ts';
import { isMissingCell } from '../model/observed.ts';
import { exp } from '../numerics/elementary.ts';
import type { Random } from '../random.ts';

/**
 * The columns of a data set with its missing cells filled in: by their expectations given what was observed of the row (of a nominal column the
 * most probable value), or by draws from their distribution given that.
 *
 * @returns one array a column, over the rows of the blocks
 * @throws EmkitError `CAPABILITY_MISSING` where a family has neither; `DATA_NOT_FINITE` for a missing cell of a given column; what an E-step throws
 */
export function imputeCells(
  model: LatentModel,
  at: ModelParameters,
  dataset: Dataset,
  random: Random | undefined,
): readonly Float64Array[] {
  const { families } = model;
  const out = families[0]!.columns.map(() => new Float64Array(dataset.distinctRows));
  const eStep = new EStep(model, largestBlock(dataset.blocks));
  let firstRow = 0;
  for (const block of dataset.blocks) {
    out.forEach((column, index) => {
      column.set(block.columns[index]!.subarray(0, block.size), firstRow);
    });
    if (block.inexact !== undefined) {
      const { responsibilities } = eStep.posterior(block, at, { firstRow, source: dataset });
      const own = componentBlock(model, block);
      for (let row = 0; row < block.size; row += 1) {
        const missing = out.flatMap((_, column) => (isMissingCell(block, column, row) ? [column] : []));
        if (missing.length === 0) continue;
        const given = missing.find((column) => families[0]!.columns[column]!.given === true);
        if (given !== undefined) throw noLawOf(dataset, given, firstRow + row);
        const shares = responsibilities.map((values) => values[row]!);
        const filled =
          random === undefined ? expectRow(families, at, own, row, shares, missing) : drawRow(families, at, own, row, shares, random);
        for (const column of missing) out[column]![firstRow + row] = filled[column]!;
      }
    }
    firstRow += block.size;
  }
  return out;
}

/** A given column has no distribution to be filled from, and what depends on it has none without it. */
function noLawOf({ columnNames, blockRow }: Dataset, column: number, blocksRow: number): EmkitError {
  const row = blockRow?.indexOf(blocksRow) ?? blocksRow;
  return new EmkitError(
    'DATA_NOT_FINITE',
    `Row ${row + 1}, column ${columnNames[column]}: the value is missing, and nothing describes it.`,
    {
      row,
      column: columnNames[column]!,
      remedy: 'Others are described given this column: correct it, or leave the row out.',
    },
  );
}

function rowOf({ columns }: Block, row: number): Float64Array {
  return Float64Array.from(columns, (column) => column[row]!);
}

/** The mean over components, each with its share. */
function expectRow(
  families: readonly Family[],
  { components }: ModelParameters,
  block: Block,
  row: number,
  shares: readonly number[],
  missing: readonly number[],
): Float64Array {
  const total = new Float64Array(block.columns.length);
  families.forEach((family, k) => {
    if (shares[k] === 0) return;
    const own = rowOf(block, row);
    imputeRow(family, block, row, components[k]!, own);
    for (const column of missing) total[column]! += shares[k]! * own[column]!;
  });
  for (const column of missing) {
    if (families[0]!.columns[column]!.nominal === true) total[column] = mostProbable(families, components, column, shares);
  }
  return total;
}

function drawRow(
  families: readonly Family[],
  { components }: ModelParameters,
  block: Block,
  row: number,
  shares: readonly number[],
  random: Random,
): Float64Array {
  let left = random.uniform();
  let label = shares.findLastIndex((share) => share > 0);
  for (let k = 0; k < label; k += 1) {
    left -= shares[k]!;
    if (left < 0) label = k;
  }
  const own = rowOf(block, row);
  imputeRow(families[label]!, block, row, components[label]!, own, random);
  return own;
}

/** What one component expects of the missing cells of a row, or draws for them. */
export function imputeRow(
  family: Family,
  block: Block,
  row: number,
  parameters: ParameterValues,
  out: Float64Array,
  random?: Random,
): void {
  if (family.impute !== undefined) {
    family.impute(block, row, parameters, out, random);
    return;
  }
  const column = family.columns.findIndex(({ given }) => given !== true);
  if (!isMissingCell(block, column, row)) return;
  const needed = random === undefined ? 'mean' : 'sample';
  if (family[needed] === undefined) {
    throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} has no ${needed}, from which to fill a missing cell.`, {
      family: family.id,
      capability: needed,
    });
  }
  if (random === undefined) out[column] = family.mean!(parameters, out)[column]!;
  else family.sample!(parameters, random, out);
}

function mostProbable(
  families: readonly Family[],
  components: ModelParameters['components'],
  column: number,
  shares: readonly number[],
): number {
  const { support } = families[0]!.columns[column]!;
  const size = support.kind === 'integer' && typeof support.maximum === 'number' ? support.maximum + 1 : 0;
  const totals = new Float64Array(size);
  const values = Float64Array.from(totals.keys());
  const logs = new Float64Array(size);
  families.forEach((family, k) => {
    if (shares[k] === 0) return;
    const { family: owner, parameters } = ownerOf(family, components[k]!, column);
    owner.logDensity({ size, columns: [values] }, parameters, logs);
    for (let value = 0; value < size; value += 1) totals[value]! += shares[k]! * exp(logs[value]!);
  });
  return totals.indexOf(Math.max(...totals));
}

/** The part that a column belongs to, and its parameters. */
function ownerOf(
  family: Family,
  parameters: ParameterValues,
  column: number,
): { readonly family: Family; readonly parameters: ParameterValues } {
  let first = 0;
  for (const [name, part] of Object.entries(family.parts ?? {})) {
    if (column < first + part.columns.length) return ownerOf(part, parameters[name] as ParameterValues, column - first);
    first += part.columns.length;
  }
  return { family, parameters };
}
