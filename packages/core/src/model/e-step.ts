import type { Block } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import { exp, log } from '../numerics/elementary.ts';
import { type EqualRows, equalRows } from './equal-rows.ts';
import type { Expectation } from './expectation.ts';
import { HEADER } from './expectation.ts';
import { componentBlock, type LatentModel, labelBlock, type ModelParameters } from './latent-model.ts';

/** A question to a source of data: the expectation of `model` at `at`, with sums about `about` (which usually is `at`). */
// biome-ignore lint/suspicious/noExplicitAny: a source answers for models of every latent structure
export interface ExpectationRequest<L extends object = any> {
  readonly model: LatentModel<L>;
  readonly at: ModelParameters<L>;
  readonly about: ModelParameters<L>;
  /** Asks for the contributions of components that lie far below the best one of a row too: see kernels/cut.ts. Default false. */
  readonly uncut?: boolean;
}

/** Where a block's rows stand among the caller's: the index of its first row, and the map back where rows were merged or left out. */
export interface RowOrigin {
  readonly firstRow: number;
  /** Read only when a message is made: the map may have to be computed first. */
  readonly source: { readonly blockRow?: Int32Array | undefined };
}

/** What a pass over one block leaves behind: overwritten by the next. */
export interface Posterior {
  /** One array a component: the probability of each label for each row, given the rows of its unit. Case weights are not in them. */
  readonly responsibilities: readonly Float64Array[];
  /** The log-density of each unit, in nats; of each row where rows are units. */
  readonly logDensities: Float64Array;
}

/** Rows of a sequence whose statistics are summed by themselves. */
const STRETCH = 1024;

/**
 * The E-step over one block, by plain loops: it stands here and nowhere else. The kernels of `kernels/` are a shortcut of it for whole
 * blocks of independent rows, and give up where this finds out what is wrong.
 */
export class EStep {
  private readonly model: LatentModel;
  /** K arrays: log-densities, then joint ones, then responsibilities. */
  private readonly joint: readonly Float64Array[];
  /** Log-densities before labels were weighed: units need them for the entropy. */
  private kept: readonly Float64Array[] = [];
  private readonly unitLogDensity: Float64Array;
  private readonly totals: Float64Array;
  private readonly spread: Float64Array;
  private readonly unitSums: Float64Array;
  private readonly equal = new WeakMap<Block, EqualRows | null>();
  /** K arrays over the different rows of a block. */
  private table: readonly Float64Array[] = [];

  constructor(model: LatentModel, largestBlock: number) {
    this.model = model;
    const array = (): Float64Array => new Float64Array(largestBlock);
    this.joint = model.families.map(array);
    this.unitLogDensity = array();
    this.totals = array();
    this.spread = array();
    this.unitSums = new Float64Array(model.latent.length);
  }

  /** The posterior of the labels of a block. Errors as `expect`. */
  posterior(block: Block, at: ModelParameters, origin: RowOrigin): Posterior {
    this.logDensities(block, at);
    this.label(block, at, at, origin, undefined);
    return { responsibilities: this.joint, logDensities: this.unitLogDensity };
  }

  /**
   * Adds a block to an expectation.
   *
   * @throws EmkitError `MODEL_IMPOSSIBLE_DATA` where no component gives a row a positive density, or no sequence of labels a unit;
   * `NOT_FINITE` where a family's log-density is NaN or plus infinity
   */
  expect(block: Block, { at, about }: ExpectationRequest, origin: RowOrigin, into: Expectation): void {
    this.logDensities(block, at);
    const entropy = this.label(block, at, about, origin, into);
    this.weigh(block);
    if (at === about) into.vector[2]! += entropy;
    this.accumulate(block, about, into.sums.subarray(this.model.latent.length), at);
  }

  /** The table of a block of sequences, where equal rows are so many that one pays. */
  private equalRowsOf(block: Block): EqualRows | undefined {
    if (block.units === undefined || block.inexact !== undefined) return undefined;
    let equal = this.equal.get(block);
    if (equal === undefined) {
      equal = equalRows(block) ?? null;
      this.equal.set(block, equal);
    }
    if (equal === null) return undefined;
    if (this.table.length === 0 || this.table[0]!.length < equal.block.size)
      this.table = this.joint.map(() => new Float64Array(equal.block.size));
    return equal;
  }

  private logDensities(block: Block, { components }: ModelParameters): void {
    const { emissions } = this.model;
    const equal = this.equalRowsOf(block);
    if (equal === undefined) {
      emissions.logDensities(componentBlock(this.model, block), components, this.joint);
      return;
    }
    const { codes } = equal;
    emissions.logDensities(equal.block, components, this.table);
    this.joint.forEach((out, component) => {
      const values = this.table[component]!;
      for (let row = 0; row < codes.length; row += 1) out[row] = values[codes[row]!]!;
    });
  }

  /** Of rows in sequences by stretches: sums of a million rows would round by more than those of a thousand thousands. */
  private accumulate(block: Block, { components }: ModelParameters, into: Float64Array, at: ModelParameters): void {
    const { emissions } = this.model;
    const equal = this.equalRowsOf(block);
    if (equal !== undefined) {
      const { codes } = equal;
      this.joint.forEach((responsibilities, component) => {
        const sums = this.table[component]!.fill(0);
        for (let row = 0; row < codes.length; row += 1) sums[codes[row]!]! += responsibilities[row]!;
      });
      emissions.accumulate(equal.block, this.table, components, into);
      return;
    }
    if (block.units === undefined || block.inexact !== undefined || block.size <= STRETCH) {
      emissions.accumulate(componentBlock(this.model, block), this.joint, components, into, at.components);
      return;
    }
    const { columns } = componentBlock(this.model, block);
    const sums = new Float64Array(into.length);
    for (let first = 0; first < block.size; first += STRETCH) {
      const end = Math.min(first + STRETCH, block.size);
      const cut = (values: Float64Array): Float64Array => values.subarray(first, end);
      emissions.accumulate({ size: end - first, columns: columns.map(cut) }, this.joint.map(cut), components, sums.fill(0));
      for (let index = 0; index < sums.length; index += 1) into[index]! += sums[index]!;
    }
  }

  /**
   * The same with soft assignments of rows in the place of densities: what a start is made from. The sums of the labels' law are those of
   * its neutral point.
   */
  assign(block: Block, assign: (row: number, out: readonly Float64Array[]) => void, about: ModelParameters, into: Expectation): void {
    for (let row = 0; row < block.size; row += 1) assign(row, this.joint);
    for (const out of this.joint) for (let row = 0; row < block.size; row += 1) out[row] = log(out[row]!);
    this.label(block, { ...this.model.latent.start, components: [] }, about, { firstRow: 0, source: {} }, into);
    this.weigh(block);
    this.model.emissions.accumulate(
      componentBlock(this.model, block),
      this.joint,
      about.components,
      into.sums.subarray(this.model.latent.length),
    );
  }

  /** Log-densities to responsibilities; returns the entropy. Adds log-likelihood, magnitude and the labels' own sums. */
  private label(block: Block, at: ModelParameters, about: ModelParameters, origin: RowOrigin, into: Expectation | undefined): number {
    forbidLabels(block, this.joint);
    const { logWeights } = this.model.latent;
    return logWeights === undefined || block.units !== undefined
      ? this.labelUnits(block, at, about, origin, into)
      : this.labelRows(block, logWeights(at), origin, into);
  }

  /** Rows whose labels are independent of one another, by log-sum-exp relative to each row's largest term. */
  private labelRows(block: Block, logWeights: readonly number[], origin: RowOrigin, into: Expectation | undefined): number {
    const { joint, unitLogDensity: largest, totals, spread } = this;
    const { size } = block;
    for (let component = 0; component < joint.length; component += 1) {
      const out = joint[component]!;
      const logWeight = logWeights[component]!;
      if (logWeight === -Infinity) out.fill(-Infinity, 0, size);
      else for (let row = 0; row < size; row += 1) out[row]! += logWeight;
      if (component === 0) for (let row = 0; row < size; row += 1) largest[row] = out[row]!;
      // NaN replaces the maximum, and nothing replaces NaN: checked once a row, below.
      else for (let row = 0; row < size; row += 1) if (out[row]! > largest[row]! || Number.isNaN(out[row])) largest[row] = out[row]!;
    }
    for (let row = 0; row < size; row += 1) {
      if (!(largest[row]! - largest[row]! === 0)) refuseRow(joint, row, origin, block.labels?.[row] ?? -1);
      totals[row] = 0;
      // sum_k e^s (-s) with s = log joint density - largest: what the entropy needs besides the total.
      spread[row] = 0;
    }
    for (const out of joint) {
      for (let row = 0; row < size; row += 1) {
        const exponent = out[row]! - largest[row]!;
        const term = exp(exponent);
        out[row] = term;
        totals[row]! += term;
        if (term > 0) spread[row]! -= term * exponent;
      }
    }
    let entropy = 0;
    for (let row = 0; row < size; row += 1) {
      const logTotal = log(totals[row]!);
      largest[row]! += logTotal;
      totals[row] = 1 / totals[row]!;
      entropy += (block.weights?.[row] ?? 1) * (logTotal + spread[row]! * totals[row]!);
    }
    for (const out of joint) for (let row = 0; row < size; row += 1) out[row]! *= totals[row]!;
    if (into !== undefined) {
      addLogDensities(largest, size, block.weights, into);
      joint.forEach((out, component) => {
        let count = 0;
        for (let row = 0; row < size; row += 1) count += (block.weights?.[row] ?? 1) * out[row]!;
        into.vector[HEADER + component]! += count;
      });
    }
    return entropy;
  }

  /** Units one after the other, each by the labels' own law; case weights belong to units. */
  private labelUnits(block: Block, at: ModelParameters, about: ModelParameters, origin: RowOrigin, into: Expectation | undefined): number {
    const { latent } = this.model;
    const { joint, unitLogDensity, unitSums } = this;
    if (this.kept.length === 0) this.kept = joint.map((out) => new Float64Array(out.length));
    const { kept } = this;
    kept.forEach((copy, component) => {
      copy.set(joint[component]!.subarray(0, block.size));
    });
    let entropy = 0;
    const given = labelBlock(this.model, block);
    const starts = block.units ?? (latent.rowwise === true ? undefined : Int32Array.of(0));
    const units = starts?.length ?? block.size;
    for (let unit = 0; unit < units; unit += 1) {
      const first = starts?.[unit] ?? unit;
      const end = starts === undefined ? unit + 1 : (starts[unit + 1] ?? block.size);
      const weight = block.weights?.[unit] ?? 1;
      const logDensity = latent.posterior(given, first, end, at, joint, unitSums.fill(0), about);
      if (!(logDensity - logDensity === 0)) this.refuseUnit(block, first, end, at, origin, logDensity);
      unitLogDensity[unit] = logDensity;
      if (into === undefined) continue;
      let expected = latent.expectedLogProbability(unitSums, at);
      for (let component = 0; component < joint.length; component += 1) {
        for (let row = first; row < end; row += 1) {
          const responsibility = joint[component]![row]!;
          if (responsibility > 0) expected += responsibility * kept[component]![row]!;
        }
      }
      // log P(rows) = E[log P(rows, labels)] + entropy of the labels.
      entropy += weight * Math.max(0, logDensity - expected);
      for (let index = 0; index < unitSums.length; index += 1) into.vector[HEADER + index]! += weight * unitSums[index]!;
    }
    if (into !== undefined) addLogDensities(unitLogDensity, units, block.weights, into);
    return entropy;
  }

  /** Says what makes a unit impossible, and from which row on: the shortest beginning of it that is. */
  private refuseUnit(block: Block, first: number, end: number, at: ModelParameters, origin: RowOrigin, value: number): never {
    const { kept, joint, unitSums } = this;
    for (let row = first; row < end; row += 1) {
      refuseNoNumber(kept, row, origin);
      if (kept.every((column) => column[row] === -Infinity)) refuseRow(kept, row, origin, -1);
    }
    const given = labelBlock(this.model, block);
    const isPossible = (last: number): boolean => {
      joint.forEach((out, component) => {
        out.set(kept[component]!.subarray(first, last + 1), first);
      });
      return this.model.latent.posterior(given, first, last + 1, at, joint, unitSums.fill(0)) > -Infinity;
    };
    let [from, to] = [first, end - 1];
    while (value === -Infinity && from < to) {
      const middle = (from + to) >> 1;
      if (isPossible(middle)) from = middle + 1;
      else to = middle;
    }
    const what = `The sequence from row ${callersRow(first, origin) + 1} to row ${callersRow(end - 1, origin) + 1}`;
    if (value !== -Infinity) {
      throw new EmkitError('NOT_FINITE', `${what}: its log-likelihood is ${value}.`, {
        row: callersRow(first, origin),
        value,
        remedy: 'It must be a number or minus infinity; the latent structure is at fault.',
      });
    }
    const row = callersRow(to, origin);
    throw new EmkitError(
      'MODEL_IMPOSSIBLE_DATA',
      `${what} is impossible under the parameters: no sequence of labels can have produced it up to row ${row + 1}.`,
      { row, value, remedy: 'Start from parameters under which every sequence is possible.' },
    );
  }

  /** Multiplies case weights into the responsibilities: the one place where they are applied. */
  private weigh({ size, weights, units }: Block): void {
    if (weights === undefined) return;
    for (const out of this.joint) {
      if (units === undefined) {
        for (let row = 0; row < size; row += 1) out[row]! *= weights[row]!;
        continue;
      }
      for (let unit = 0; unit < units.length; unit += 1) {
        const end = units[unit + 1] ?? size;
        for (let row = units[unit]!; row < end; row += 1) out[row]! *= weights[unit]!;
      }
    }
  }
}

/** A known label, or a set of them, makes the others impossible. */
export function forbidLabels({ size, labels, allowed }: Block, logDensities: readonly Float64Array[]): void {
  if (labels === undefined && allowed === undefined) return;
  logDensities.forEach((out, component) => {
    for (let row = 0; row < size; row += 1) {
      const label = labels?.[row] ?? -1;
      const set = allowed?.[row] ?? 0;
      if ((label >= 0 && label !== component) || (set !== 0 && ((set >>> component) & 1) === 0)) out[row] = -Infinity;
    }
  });
}

/** Adds units' log-densities, times their case weights, by a compensated sum; and their magnitudes. */
function addLogDensities(values: Float64Array, units: number, weights: Float64Array | undefined, { vector }: Expectation): void {
  let sum = 0;
  let lost = 0;
  let magnitude = 0;
  for (let unit = 0; unit < units; unit += 1) {
    const term = weights === undefined ? values[unit]! : values[unit]! * weights[unit]!;
    const next = sum + term;
    lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
    magnitude += Math.abs(term);
  }
  vector[0]! += sum + lost;
  vector[1]! += magnitude;
}

/** The caller's row, counted from 0. */
function callersRow(row: number, { firstRow, source: { blockRow } }: RowOrigin): number {
  return blockRow === undefined ? firstRow + row : blockRow.indexOf(firstRow + row);
}

function refuseRow(joint: readonly Float64Array[], row: number, origin: RowOrigin, label: number): never {
  refuseNoNumber(joint, row, origin);
  const index = callersRow(row, origin);
  const by = label >= 0 ? `its known component ${label + 1} gives it` : 'all components give it';
  throw new EmkitError('MODEL_IMPOSSIBLE_DATA', `Row ${index + 1} is impossible under the parameters: ${by} a density of zero.`, {
    row: index,
    value: -Infinity,
    remedy: 'Start from parameters under which every row is possible.',
  });
}

function refuseNoNumber(joint: readonly Float64Array[], row: number, origin: RowOrigin): void {
  for (let component = 0; component < joint.length; component += 1) {
    const value = joint[component]![row]!;
    if (!Number.isNaN(value) && value !== Infinity) continue;
    const index = callersRow(row, origin);
    throw new EmkitError('NOT_FINITE', `Row ${index + 1}: the log-density of component ${component + 1} is ${value}.`, {
      row: index,
      component,
      value,
      remedy: 'A log-density must be a number or minus infinity; the family is at fault.',
    });
  }
}
