import { type Block, EmkitError, isMissingCell } from '@emkit/core';
import { log } from '@emkit/core/numerics';
import { constantOf, type Prepared } from './prepared.ts';

/** The rows of a block that lack the same columns. */
interface Pattern {
  readonly rows: Int32Array;
  readonly observed: readonly number[];
  readonly missing: readonly number[];
  readonly key: string;
}

/** What a component says of the missing columns given the observed ones, in units of each column: one factorisation. */
interface Conditional {
  /**
   * The lower factor of the covariance with the observed columns first, d numbers a row: its upper left part is that of the observed columns,
   * the rows below times the inverse of that are the regression of the missing ones, and the lower right part is the factor of what is left.
   */
  readonly factor: Float64Array;
  /** Of the log-density of the observed columns. */
  readonly constant: number;
}

const known = new WeakMap<Block, readonly Pattern[]>();

/** The incomplete rows of a block, grouped by what they lack; those that lack everything are left out. */
function patternsOf(block: Block, dimension: number): readonly Pattern[] {
  let patterns = known.get(block);
  if (patterns === undefined) {
    patterns = findPatterns(block, dimension);
    known.set(block, patterns);
  }
  return patterns;
}

function findPatterns({ size, inexact = [] }: Block, dimension: number): readonly Pattern[] {
  const lacking = new Map<number, number[]>();
  for (let column = 0; column < dimension; column += 1) {
    const cells = inexact[column];
    if (cells?.bounds !== undefined) {
      throw new EmkitError('CAPABILITY_MISSING', 'The family multivariate-gaussian cannot take intervals.', { capability: 'observing' });
    }
    for (const row of cells?.rows ?? []) lacking.set(row, [...(lacking.get(row) ?? []), column]);
  }
  const groups = new Map<string, { missing: readonly number[]; rows: number[] }>();
  for (let row = 0; row < size; row += 1) {
    const missing = lacking.get(row);
    if (missing === undefined || missing.length === dimension) continue;
    const key = missing.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { missing, rows: [row] });
    else group.rows.push(row);
  }
  return Array.from(groups, ([key, { missing, rows }]) => ({
    key,
    rows: Int32Array.from(rows),
    missing,
    observed: Array.from({ length: dimension }, (_, column) => column).filter((column) => !missing.includes(column)),
  }));
}

const conditionals = new WeakMap<Prepared, Map<string, Conditional>>();

function conditionalOf(prepared: Prepared, { key, observed, missing }: Pattern): Conditional {
  let own = conditionals.get(prepared);
  if (own === undefined) conditionals.set(prepared, (own = new Map()));
  let conditional = own.get(key);
  if (conditional === undefined) {
    const factor = reorderedFactor(prepared, [...observed, ...missing]);
    const dimension = prepared.mean.length;
    let logDeterminant = 0;
    for (let j = 0; j < observed.length; j += 1) logDeterminant += 2 * log(factor[j * dimension + j]!);
    const units = Float64Array.from(observed, (column) => prepared.units[column]!);
    conditional = { factor, constant: constantOf(logDeterminant, units) };
    own.set(key, conditional);
  }
  return conditional;
}

/**
 * The lower factor of the covariance with its columns in another order: the rows of L in that order, made triangular again by rotations of
 * its columns (Golub and Van Loan, section 5.1). The covariance itself is not formed, and loses no digit where it is nearly singular.
 */
function reorderedFactor({ factor, inverse, mean }: Prepared, order: readonly number[]): Float64Array {
  const dimension = mean.length;
  const out = new Float64Array(dimension * dimension);
  order.forEach((column, row) => {
    for (let k = 0; k < dimension; k += 1) {
      // Without correlations the factor is the standard deviations.
      out[row * dimension + k] =
        factor === undefined ? (k === column ? Math.sqrt(0.5 / inverse[column]!) : 0) : k <= column ? factor[column * dimension + k]! : 0;
    }
  });
  for (let row = 0; row < dimension; row += 1) {
    for (let k = row + 1; k < dimension; k += 1) {
      const [a, b] = [out[row * dimension + row]!, out[row * dimension + k]!];
      if (b === 0) continue;
      const length = Math.hypot(a, b);
      const [cosine, sine] = [a / length, b / length];
      for (let below = row; below < dimension; below += 1) {
        const [p, q] = [out[below * dimension + row]!, out[below * dimension + k]!];
        out[below * dimension + row] = cosine * p + sine * q;
        out[below * dimension + k] = cosine * q - sine * p;
      }
    }
    if (out[row * dimension + row]! < 0) for (let below = row; below < dimension; below += 1) out[below * dimension + row]! *= -1;
  }
  return out;
}

/** Writes w = L_oo^-1 z_o of one row; returns its square. */
function solveObserved(
  block: Block,
  row: number,
  { observed }: Pattern,
  { factor }: Conditional,
  { mean, units }: Prepared,
  w: Float64Array,
): number {
  const dimension = mean.length;
  let square = 0;
  for (let j = 0; j < observed.length; j += 1) {
    const column = observed[j]!;
    let rest = (block.columns[column]![row]! - mean[column]!) * units[column]!;
    for (let k = 0; k < j; k += 1) rest -= factor[j * dimension + k]! * w[k]!;
    w[j] = rest / factor[j * dimension + j]!;
    square += w[j]! * w[j]!;
  }
  return square;
}

/** The log-densities of what was observed of incomplete rows, in their places. */
export function incompleteLogDensity(block: Block, prepared: Prepared, out: Float64Array): void {
  const w = new Float64Array(prepared.mean.length);
  for (const pattern of patternsOf(block, prepared.mean.length)) {
    const conditional = conditionalOf(prepared, pattern);
    for (const row of pattern.rows) {
      const square = solveObserved(block, row, pattern, conditional, prepared, w);
      out[row] = square < Infinity ? conditional.constant - 0.5 * square : -Infinity;
    }
  }
}

/** The block with the conditional means of a component in its holes: x_m = m_m + S_mo S_oo^-1 (x_o - m_o). */
export function completed(block: Block, prepared: Prepared): Block {
  const { mean, units } = prepared;
  const dimension = mean.length;
  const columns = block.columns.map((column, index) => (block.inexact?.[index] === undefined ? column : column.slice(0, block.size)));
  const w = new Float64Array(dimension);
  for (const pattern of patternsOf(block, dimension)) {
    const { observed, missing } = pattern;
    const conditional = conditionalOf(prepared, pattern);
    for (const row of pattern.rows) {
      solveObserved(block, row, pattern, conditional, prepared, w);
      missing.forEach((column, index) => {
        let z = 0;
        for (let k = 0; k < observed.length; k += 1) z += conditional.factor[(observed.length + index) * dimension + k]! * w[k]!;
        columns[column]![row] = mean[column]! + z / units[column]!;
      });
    }
  }
  return { size: block.size, columns };
}

/**
 * Adds what conditional means leave out of the sums of products: for each pattern its count times the conditional covariance
 * S_mm - S_mo S_oo^-1 S_om, in the coordinates of the sums.
 */
export function addConditionalCovariance(
  block: Block,
  responsibilities: Float64Array,
  at: Prepared,
  { frame, inverse }: Prepared,
  correlated: boolean,
  statistics: Float64Array,
): void {
  const dimension = at.mean.length;
  for (const pattern of patternsOf(block, dimension)) {
    const { observed, missing, rows } = pattern;
    const { factor } = conditionalOf(at, pattern);
    let count = 0;
    for (const row of rows) count += responsibilities[row]!;
    for (let c = 0; c < missing.length; c += 1) {
      const b = new Float64Array(dimension);
      for (let index = c; index < missing.length; index += 1) {
        const column = missing[index]!;
        b[column] = (factor[(observed.length + index) * dimension + observed.length + c]! * frame.units[column]!) / at.units[column]!;
      }
      if (frame.factor !== undefined) {
        for (let j = 0; j < dimension; j += 1) {
          for (let k = 0; k < j; k += 1) b[j]! -= frame.factor[j * dimension + k]! * b[k]!;
          b[j]! *= inverse[j]!;
        }
      }
      let place = dimension;
      for (let j = 0; j < dimension; j += 1) for (let k = correlated ? 0 : j; k <= j; k += 1) statistics[place++]! += count * b[j]! * b[k]!;
    }
  }
}

/** What is missing of one row given what was observed: its conditional mean plus L_mm times deviates. Of a row that lacks everything, all. */
export function drawMissing(block: Block, row: number, prepared: Prepared, deviate: () => number, out: Float64Array): void {
  const { mean, units } = prepared;
  const dimension = mean.length;
  const w = new Float64Array(dimension);
  const columns = Array.from(mean.keys());
  const lacking = columns.filter((column) => isMissingCell(block, column, row));
  if (lacking.length === 0) return;
  const nothing: Pattern = { rows: Int32Array.of(row), observed: [], missing: columns, key: 'all' };
  const pattern = lacking.length === dimension ? nothing : patternsOf(block, dimension).find(({ key }) => key === lacking.join())!;
  const { observed, missing } = pattern;
  const conditional = conditionalOf(prepared, pattern);
  solveObserved(block, row, pattern, conditional, prepared, w);
  for (let index = 0; index < missing.length; index += 1) w[observed.length + index] = deviate();
  missing.forEach((column, index) => {
    let z = 0;
    for (let k = 0; k <= observed.length + index; k += 1) z += conditional.factor[(observed.length + index) * dimension + k]! * w[k]!;
    out[column] = mean[column]! + z / units[column]!;
  });
}
