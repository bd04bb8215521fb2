import type { Block } from '../data/block.ts';
import { pickCells } from '../data/cells.ts';
import { EmkitError } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { stridedSum } from '../numerics/sum.ts';

/**
 * The log-density of what was observed of each row. A missing cell has density 1: the integral over it.
 *
 * @throws EmkitError `CAPABILITY_MISSING` for an interval
 */
export function observedLogDensity(family: Family, block: Block, parameters: ParameterValues, out: Float64Array): void {
  if (block.inexact === undefined) {
    family.logDensity(block, parameters, out);
    return;
  }
  out.fill(0, 0, block.size);
  addObservedLogDensity(family, block, parameters, out);
}

/** The same, added to what is there. */
export function addObservedLogDensity(family: Family, block: Block, parameters: ParameterValues, out: Float64Array): void {
  const seen = seenRows(family, block);
  const values = scratchFor(family, seen?.rows.length ?? block.size);
  family.logDensity(seen?.block ?? block, parameters, values);
  if (seen === undefined) for (let row = 0; row < block.size; row += 1) out[row]! += values[row]!;
  else for (let index = 0; index < seen.rows.length; index += 1) out[seen.rows[index]!]! += values[index]!;
}

/**
 * Adds the statistics of what was observed to `statistics`, and returns its count: the sum of the responsibilities of the rows that are
 * not missing.
 *
 * @param count the sum of all responsibilities, where it is known already
 */
export function accumulateObserved(
  family: Family,
  block: Block,
  responsibilities: Float64Array,
  about: ParameterValues,
  statistics: Float64Array,
  at: ParameterValues,
  count?: number,
): number {
  const seen = seenRows(family, block);
  if (seen === undefined) {
    family.accumulate(block, responsibilities, about, statistics, at);
    return count ?? stridedSum(responsibilities, block.size);
  }
  const own = scratchFor(family, seen.rows.length);
  for (let index = 0; index < seen.rows.length; index += 1) own[index] = responsibilities[seen.rows[index]!]!;
  family.accumulate(seen.block, own, about, statistics, at);
  return stridedSum(own, seen.rows.length);
}

let scratch = new Float64Array(0);

/** Working memory, shared by families that look at one column: none of them calls another. */
function scratchFor({ observing }: Family, length: number): Float64Array {
  if (observing === true) return new Float64Array(length);
  if (scratch.length < length) scratch = new Float64Array(length);
  return scratch;
}

/** The rows of which something was observed, as a block of their own: work is done for these alone. */
interface Seen {
  readonly block: Block;
  readonly rows: Int32Array;
}

const known = new WeakMap<Block, { readonly family: Family; readonly seen: Seen | undefined }[]>();

/** Undefined where every row is seen. */
function seenRows(family: Family, block: Block): Seen | undefined {
  if (block.inexact === undefined) return undefined;
  const entries = known.get(block) ?? [];
  let entry = entries.find((each) => each.family === family);
  if (entry === undefined) {
    entry = { family, seen: findSeen(family, block) };
    known.set(block, [...entries, entry]);
  }
  return entry.seen;
}

function findSeen(family: Family, block: Block): Seen | undefined {
  const { size, columns, inexact } = block;
  const missing = new Int32Array(size);
  let observed = 0;
  family.columns.forEach(({ given }, column) => {
    if (given === true) return;
    observed += 1;
    const cells = inexact![column];
    cells?.rows.forEach((row, place) => {
      const isMissing = cells.bounds === undefined || (cells.bounds.lower[place] === -Infinity && cells.bounds.upper[place] === Infinity);
      if (isMissing) missing[row]! += 1;
      else if (family.observing !== true) {
        throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} cannot take intervals.`, {
          family: family.id,
          capability: 'observing',
        });
      }
    });
  });
  const rows = Int32Array.from(missing.keys()).filter((row) => missing[row]! < observed);
  if (rows.length === size) return undefined;
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const cells = family.observing === true ? pickCells(inexact, rows) : undefined;
  return { rows, block: { size: rows.length, columns: columns.map(pick), ...(cells && { inexact: cells }) } };
}

/** Whether nothing is known of a cell. */
export function isMissingCell({ inexact }: Block, column: number, row: number): boolean {
  const cells = inexact?.[column];
  const place = cells?.rows.indexOf(row) ?? -1;
  return (
    place >= 0 && (cells!.bounds === undefined || (cells!.bounds.lower[place] === -Infinity && cells!.bounds.upper[place] === Infinity))
  );
}
