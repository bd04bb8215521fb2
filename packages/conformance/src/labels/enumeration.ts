import type { Block, Latent } from '@emkit/core';
import { violate } from '../law.ts';
import { logSum, Sum } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';

/** The log-densities of the rows of one unit: a list of K numbers a row. */
export type Unit = readonly (readonly number[])[];

/** Sequences of labels of one unit at most: its length is what this allows. */
const MOST_LABELLINGS = 1100;
const LONGEST = 8;

/** The most rows of which all labellings are looked at. */
export function longestUnit(components: number): number {
  return Math.max(1, Math.min(LONGEST, Math.floor(Math.log(MOST_LABELLINGS) / Math.log(components))));
}

/** Every sequence of labels. */
export function everyLabelling(components: number, length: number): readonly Int32Array[] {
  return Array.from({ length: components ** length }, (_, index) => {
    const labels = new Int32Array(length);
    for (let row = 0, left = index; row < length; row += 1, left = Math.floor(left / components)) labels[row] = left % components;
    return labels;
  });
}

/** A block of rows that hold nothing: a law of labels reads no data. */
export function emptyBlock(size: number): Block {
  return { size, columns: [] };
}

/** log P(labels), which is never NaN and never above 0 by more than rounding. */
export function logProbabilityOf(latent: Latent, labels: ArrayLike<number>, at: object): number {
  const value = latent.logProbability(labels, emptyBlock(labels.length), 0, labels.length, at);
  if (!(value <= 64 * labels.length * EPSILON)) violate(`the log-probability of the labels ${Array.from(labels)} is ${value}`);
  return value;
}

/** One sequence of labels and what the rows say of it. */
interface Labelling {
  readonly labels: Int32Array;
  readonly logProbability: number;
  /** Given the rows of the unit. */
  readonly posterior: number;
}

/** What definition 6.1 says of one unit, sequence by sequence of its labels: slow, and with nothing to be clever about. */
export interface Enumeration {
  readonly logLikelihood: number;
  /** Those that are possible, at least to a double. */
  readonly labellings: readonly Labelling[];
  /** K arrays over the rows. */
  readonly responsibilities: readonly Float64Array[];
  readonly entropy: number;
  /** What the rounding of logarithms may be, here and in any other order of work: the sum of their sizes, with some for each step. */
  readonly rounding: number;
}

/** All sequences of labels of a unit, weighed by their probability and by the rows. */
export function enumerate(latent: Latent, at: object, unit: Unit): Enumeration {
  const all = everyLabelling(latent.components, unit.length).map((labels) => {
    const logProbability = logProbabilityOf(latent, labels, at);
    const logJoint = new Sum();
    logJoint.add(logProbability);
    for (let row = 0; row < unit.length; row += 1) logJoint.add(unit[row]![labels[row]!]!);
    return { labels, logProbability, logJoint: logJoint.value };
  });
  const logLikelihood = logSum(all.map(({ logJoint }) => logJoint));
  const labellings = all.flatMap(({ labels, logProbability, logJoint }) => {
    const posterior = Math.exp(logJoint - logLikelihood);
    return posterior > 0 ? [{ labels, logProbability, posterior }] : [];
  });
  const responsibilities = Array.from({ length: latent.components }, () => new Float64Array(unit.length));
  const entropy = new Sum();
  for (const { labels, posterior } of labellings) {
    labels.forEach((label, row) => {
      responsibilities[label]![row]! += posterior;
    });
    entropy.add(-posterior * Math.log(posterior));
  }
  const finite = (values: readonly number[]): number => Math.max(...values.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
  const size = unit.reduce((sum, row) => sum + finite(row), unit.length) + finite(all.map(({ logProbability }) => logProbability));
  const rounding = 8 * (unit.length + latent.components + 8) * EPSILON * size;
  return { logLikelihood, labellings, responsibilities, entropy: entropy.value, rounding };
}

/** What the structure under test says of one unit. */
export interface Answer {
  readonly logLikelihood: number;
  readonly responsibilities: readonly Float64Array[];
  readonly sums: Float64Array;
}

/** Rows of other units, before and after: a structure that reads them finds nothing to count with. */
const BEFORE = 2;
const AFTER = 1;

/** Asks the structure for the posterior of a unit that stands in the midst of a block. */
export function posteriorOf(latent: Latent, at: object, unit: Unit): Answer {
  const size = BEFORE + unit.length + AFTER;
  const end = BEFORE + unit.length;
  const densities = Array.from({ length: latent.components }, (_, label) =>
    Float64Array.from({ length: size }, (_, row) => unit[row - BEFORE]?.[label] ?? Number.NaN),
  );
  const sums = new Float64Array(latent.length);
  const logLikelihood = latent.posterior(emptyBlock(size), BEFORE, end, at, densities, sums);
  return { logLikelihood, responsibilities: densities.map((values) => values.subarray(BEFORE, end)), sums };
}

/** Log-densities that allow one sequence of labels only. */
export function forcing(labels: ArrayLike<number>, components: number): Unit {
  return Array.from(labels, (label) => Array.from({ length: components }, (_, other) => (other === label ? 0 : -Infinity)));
}
