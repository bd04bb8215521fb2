import { EmkitError, showValue } from '../errors.ts';
import type { Block, Dataset } from './block.ts';
import { isLabelled, pickRows, type Rows } from './rows.ts';

/**
 * Rows of equal value made into one unit each, in the order in which the values first occur; within a unit rows keep their order, also where
 * sequences are interleaved. Units are never cut: a block holds one at least, and as many as fit its size.
 *
 * A case weight belongs to a sequence: its rows must agree.
 *
 * @throws EmkitError `DATA_SHAPE` (values for other rows; a missing one), `DATA_WEIGHT`
 */
export function sequenceDataset(
  whole: Rows,
  sequences: ArrayLike<unknown> | true,
  columnNames: readonly string[],
  blockSize: number,
): Dataset {
  const members = new Map<unknown, number[]>();
  for (let row = 0; row < whole.rows; row += 1) {
    const value = sequences === true ? true : sequenceOf(sequences, row, whole.rows);
    const rows = members.get(value);
    if (rows === undefined) members.set(value, [row]);
    else rows.push(row);
  }
  const units = [...members.values()].filter((rows) => weightOf(whole.weights, rows) > 0);
  if (units.length === 0)
    throw new EmkitError('DATA_WEIGHT', 'All case weights are 0.', { remedy: 'At least one row needs a weight > 0.' });
  const blockRow = new Int32Array(whole.rows).fill(-1);
  let place = 0;
  let totalWeight = 0;
  for (const rows of units) {
    totalWeight += weightOf(whole.weights, rows) * rows.length;
    for (const row of rows) blockRow[row] = place++;
  }
  const blocks: Block[] = [];
  for (let first = 0; first < units.length; ) {
    let end = first + 1;
    let size = units[first]!.length;
    while (end < units.length && size + units[end]!.length <= blockSize) size += units[end++]!.length;
    blocks.push(blockOf(whole, units.slice(first, end), size));
    first = end;
  }
  return {
    rows: whole.rows,
    distinctRows: place,
    totalWeight,
    columnNames,
    blocks,
    labelled: isLabelled(whole),
    units: units.length,
    ...(blockRow.some((at, row) => at !== row) && { blockRow }),
  };
}

/**
 * Sequences, each an array of rows, as data and the option `sequences` that goes with them.
 *
 * @param list one array a sequence: of numbers, of rows, or of records, of any lengths
 * @throws EmkitError `DATA_SHAPE` for what is no list of them, or a sequence without rows
 * @example const { data, sequences } = joinSequences([[1, 2, 9], [8, 9]]); fit(data, { ..., sequences })
 */
export function joinSequences<Row>(list: readonly ArrayLike<Row>[]): { readonly data: Row[]; readonly sequences: Int32Array } {
  if (!Array.isArray(list))
    throw new EmkitError('DATA_SHAPE', `The sequences are ${showValue(list)}.`, { remedy: 'Give a list of arrays.' });
  const data: Row[] = [];
  const owners: number[] = [];
  for (const [index, rows] of (list as readonly ArrayLike<Row>[]).entries()) {
    if (typeof rows !== 'object' || rows === null || !(rows.length > 0)) {
      throw new EmkitError('DATA_SHAPE', `Sequence ${index + 1} is ${showValue(rows)}.`, {
        value: rows,
        remedy: 'A sequence is an array of at least one row.',
      });
    }
    for (let row = 0; row < rows.length; row += 1) {
      data.push(rows[row]!);
      owners.push(index);
    }
  }
  return { data, sequences: Int32Array.from(owners) };
}

function sequenceOf(sequences: ArrayLike<unknown>, row: number, rows: number): unknown {
  if (sequences.length !== rows)
    throw new EmkitError('DATA_SHAPE', `There are ${sequences.length} values of sequences for ${rows} rows.`, { value: sequences.length });
  const value = sequences[row];
  if (value !== undefined && value !== null && value !== '' && !Number.isNaN(value)) return value;
  throw new EmkitError('DATA_SHAPE', `Row ${row + 1}: the sequence is ${showValue(value)}.`, {
    row,
    value,
    remedy: 'Every row needs to say which sequence it belongs to.',
  });
}

function weightOf(weights: Float64Array | undefined, rows: readonly number[]): number {
  if (weights === undefined) return 1;
  const weight = weights[rows[0]!]!;
  const other = rows.find((row) => weights[row] !== weight);
  if (other === undefined) return weight;
  throw new EmkitError(
    'DATA_WEIGHT',
    `Row ${other + 1}: the case weight is ${weights[other]}, and ${weight} in row ${rows[0]! + 1} of its sequence.`,
    {
      row: other,
      value: weights[other],
      remedy: 'A sequence has one case weight: give it to all its rows.',
    },
  );
}

function blockOf(whole: Rows, members: readonly (readonly number[])[], size: number): Block {
  const rows = members.flat();
  const units = new Int32Array(members.length);
  for (let unit = 1; unit < members.length; unit += 1) units[unit] = units[unit - 1]! + members[unit - 1]!.length;
  const { columns, labels, allowed, inexact } = pickRows(whole, rows);
  return {
    size,
    columns,
    units,
    ...(whole.weights && { weights: Float64Array.from(members, ([first]) => whole.weights![first!]!) }),
    ...(labels && { labels }),
    ...(allowed && { allowed }),
    ...(inexact && { inexact }),
  };
}
