import { degenerate, EmkitError, showValue } from '../errors.ts';
import { addMoments, Design, type DesignFrame, innerProduct } from '../numerics/design.ts';
import { exp, log } from '../numerics/elementary.ts';
import { triangleLength } from '../numerics/linear-algebra.ts';
import { type ScoringSums, scoringGain, scoringStep } from '../numerics/scoring.ts';
import { domainViolation } from './domain.ts';
import { drawLabel } from './independent.ts';
import type { Latent } from './latent.ts';
import type { Coordinates } from './space.ts';
import type { LatentDefinition } from './structure-json.ts';

/** Weights that depend on given columns: P(label = k | g) is proportional to exp(gate[k] . (1, g)). */
export interface GatedWeights {
  /** One row a component: the coefficient of the intercept, then one a column. Those of the first component are 0. */
  readonly gate: readonly (readonly number[])[];
  /** The same in coordinates near the columns, with the digits that coefficients of raw columns cannot hold; and which components' run to infinity. */
  readonly gateFrame?: DesignFrame & { readonly effects: readonly (readonly number[])[]; readonly unbounded?: readonly number[] };
}

/** What a gate may be told. */
export interface GateOptions {
  /** The given columns on which weights depend, by name. */
  readonly columns: readonly string[];
}

/**
 * Labels drawn row by row with probabilities that depend on given columns, by a multinomial logit: concomitant variables, mixtures of experts.
 * Their coefficients are log-odds against the first component.
 *
 * The M-step is one step of Newton's method on the soft targets, no longer than 1 in the mean of the log-odds, which the driver halves where it
 * goes too far. Where the columns separate the components, coefficients go to infinity, and the fit ends with the diagnosis `boundary`, naming
 * the components' gates.
 *
 * Sums, about the current coefficients, with v the intercept's 1 and the columns in nearly uncorrelated coordinates: of (r_k - pi_k) v for each
 * component but the first, of their information, of v v', and of sum_k r_k log pi_k.
 *
 * @param components the number of components K
 * @throws EmkitError `OPTION_INVALID`
 * @example fit(data, { latent: gated(3, { columns: ['age'] }), family: gaussian(), columns: ['height'] })
 *
 * Source: Dayton and Macready (1988), Journal of the American Statistical Association 83; Jordan and Jacobs (1994), Neural Computation 6.
 */
export function gated(components: number, options: GateOptions): Latent<GatedWeights> {
  const { columns } = checkGateOptions(components, options);
  const gate = new Gate(components, columns);
  return {
    id: 'gated',
    options: { columns },
    components,
    columns,
    rowwise: true,
    start: { gate: Array.from({ length: components }, () => new Array<number>(columns.length + 1).fill(0)) },
    length: gate.length,
    locate: (given) => gate.record(Design.about(given, true), new Float64Array((components - 1) * (columns.length + 1))),
    posterior: (block, first, end, at, logDensities, sums, about = at) => {
      let logLikelihood = 0;
      for (let row = first; row < end; row += 1) logLikelihood += gate.posterior(block.columns, row, at, about, logDensities, sums);
      return logLikelihood;
    },
    expectedLogProbability: (sums) => sums[gate.length - 1]!,
    logProbability(labels, { columns: given }, first, end, at) {
      let total = 0;
      for (let row = first; row < end; row += 1) total += gate.logWeights(given, row, at)[labels[row - first]!]!;
      return total;
    },
    sample(labels, length, at, random, given) {
      for (let row = 0; row < length; row += 1)
        labels[row] = drawLabel(Array.from(gate.logWeights(given!.columns, row, at), exp), random.uniform());
    },
    weights: ({ columns: given }, row, at) => Array.from(gate.logWeights(given, row, at), exp),
    maximize: (sums, about) => gate.maximize(sums, about),
    gain: (sums, about, from, to) => scoringGain(gate.parts(sums), gate.step(about, from), gate.step(about, to)),
    recentre(sums, about) {
      const { design, effects } = gate.prepare(about);
      const { moments } = gate.parts(sums);
      const frame = moments[0]! > 0 ? design.better(moments, moments[0]!) : undefined;
      return frame && gate.record(frame, gate.take(frame, effects, design), about.gateFrame?.unbounded);
    },
    space: {
      check: (json) => gate.check(json as Partial<GatedWeights>),
      contains: ({ gate: rows, gateFrame }) =>
        [rows, gateFrame?.effects ?? [], gateFrame?.factor ?? [], [gateFrame?.centre ?? []]].flat(2).every(Number.isFinite),
      distance: (from, to) => gate.largest(gate.step(from, to)),
      rounding: (at) => Number.EPSILON * gate.largest(gate.prepare(at).effects),
      boundary: ({ gateFrame }) => (gateFrame?.unbounded ?? []).map((component) => `gate ${component}`),
      free: gate.coordinates(),
    },
  };
}

/** What reads it back from a model file, and makes it in a worker. */
export const gatedDefinition: LatentDefinition<GatedWeights> = {
  id: 'gated',
  create: (components, options) => gated(components, options as unknown as GateOptions),
};

function checkGateOptions(components: number, options: unknown): GateOptions {
  if (!Number.isSafeInteger(components) || components < 1)
    throw new EmkitError('OPTION_INVALID', `The number of components is ${showValue(components)}.`, {
      value: components,
      remedy: "Give a whole number of at least 1, for example gated(2, { columns: ['age'] }).",
    });
  const { columns } = (options ?? {}) as Partial<GateOptions>;
  const named = Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === 'string');
  if (named && new Set(columns).size === columns.length) return { columns: [...columns] };
  throw new EmkitError('OPTION_INVALID', `The columns of the gate are ${showValue(columns)}.`, {
    value: columns,
    remedy: `Name one or more, each once, for example gated(${components}, { columns: ['age'] }).`,
  });
}

/** Coefficients as the passes need them: the effects of each component but the first, one after the other. */
interface PreparedGate {
  readonly design: Design;
  readonly effects: Float64Array;
}

class Gate {
  /** The number of sums. */
  readonly length: number;
  private readonly components: number;
  private readonly columns: readonly string[];
  /** The length of a design vector, and of all effects. */
  private readonly width: number;
  private readonly size: number;
  private readonly vector: Float64Array;
  private readonly logs: Float64Array;
  private readonly known = new WeakMap<GatedWeights, PreparedGate>();

  constructor(components: number, columns: readonly string[]) {
    this.components = components;
    this.columns = columns;
    this.width = columns.length + 1;
    this.size = (components - 1) * this.width;
    this.length = this.size + triangleLength(this.size) + triangleLength(this.width) + 1;
    this.vector = new Float64Array(this.width);
    this.logs = new Float64Array(components);
  }

  prepare(at: GatedWeights): PreparedGate {
    let prepared = this.known.get(at);
    if (prepared === undefined) {
      const { gate, gateFrame } = at;
      const design = new Design(gateFrame ?? Design.plain(this.columns.length), true);
      const rows = gateFrame === undefined ? gate.map((row) => design.effects(row)) : gateFrame.effects;
      prepared = { design, effects: Float64Array.from(rows.slice(1).flatMap((row) => [...row])) };
      this.known.set(at, prepared);
    }
    return prepared;
  }

  /** The parameters of effects in a frame. */
  record({ centre, factor }: DesignFrame, effects: Float64Array, unbounded: readonly number[] = []): GatedWeights {
    const design = new Design({ centre, factor }, true);
    const rows = Array.from({ length: this.components }, (_, k) =>
      k === 0 ? new Array<number>(this.width).fill(0) : Array.from(effects.subarray((k - 1) * this.width, k * this.width)),
    );
    const gateFrame = { centre, factor, effects: rows, ...(unbounded.length > 0 && { unbounded }) };
    const record = { gate: rows.map((row, k) => (k === 0 ? row : design.coefficients(row))), gateFrame };
    this.known.set(record, { design, effects });
    return record;
  }

  parts(sums: Float64Array): ScoringSums {
    const [information, moments] = [this.size, this.size + triangleLength(this.size)];
    return {
      gradient: sums.subarray(0, information),
      information: sums.subarray(information, moments),
      moments: sums.subarray(moments, this.length - 1),
    };
  }

  /** The logarithms of a row's weights. Overwritten by the next. */
  logWeights(columns: readonly Float64Array[], row: number, at: GatedWeights): Float64Array {
    const { design, effects } = this.prepare(at);
    const { vector, logs, width } = this;
    design.vector(columns, 0, row, vector);
    logs[0] = 0;
    let largest = 0;
    for (let k = 1; k < logs.length; k += 1) {
      logs[k] = innerProduct(effects.subarray((k - 1) * width, k * width), vector);
      if (logs[k]! > largest) largest = logs[k]!;
    }
    let total = 0;
    for (let k = 0; k < logs.length; k += 1) total += exp(logs[k]! - largest);
    // The largest first, so that what is left is not rounded to its size.
    const normaliser = log(total);
    for (let k = 0; k < logs.length; k += 1) logs[k] = logs[k]! - largest - normaliser;
    return logs;
  }

  /** The posterior of one row in place; returns its log-likelihood. */
  posterior(
    columns: readonly Float64Array[],
    row: number,
    at: GatedWeights,
    about: GatedWeights,
    logDensities: readonly Float64Array[],
    sums: Float64Array,
  ): number {
    const logs = this.logWeights(columns, row, at);
    let largest = -Infinity;
    for (let k = 0; k < logs.length; k += 1) {
      const joint = logDensities[k]![row]! + logs[k]!;
      logDensities[k]![row] = joint;
      if (joint > largest || Number.isNaN(joint)) largest = joint;
    }
    if (!(largest - largest === 0)) return largest;
    let total = 0;
    for (let k = 0; k < logs.length; k += 1) total += logDensities[k]![row] = exp(logDensities[k]![row]! - largest);
    for (let k = 0; k < logs.length; k += 1) logDensities[k]![row]! /= total;
    this.accumulate(row, about === at ? logs : this.logWeights(columns, row, about), logDensities, sums);
    return largest + log(total);
  }

  /** Adds a row's sums, given its posterior and the weights about which they are taken, whose design vector is still there. */
  private accumulate(row: number, logs: Float64Array, posterior: readonly Float64Array[], sums: Float64Array): void {
    const { vector, width, size } = this;
    const weights = logs.map(exp);
    let place = size;
    for (let k = 1; k < weights.length; k += 1) {
      const excess = posterior[k]![row]! - weights[k]!;
      for (let j = 0; j < width; j += 1) {
        sums[(k - 1) * width + j]! += excess * vector[j]!;
        for (let l = 1; l <= k; l += 1) {
          const information = (l === k ? weights[k]! * othersOf(weights, k) : -weights[k]! * weights[l]!) * vector[j]!;
          const end = l === k ? j + 1 : width;
          for (let i = 0; i < end; i += 1) sums[place++]! += information * vector[i]!;
        }
      }
    }
    addMoments(sums, place, 1, vector);
    for (let k = 0; k < weights.length; k += 1) {
      const share = posterior[k]![row]!;
      if (share > 0) sums[this.length - 1]! += share * logs[k]!;
    }
  }

  /** @throws EmkitError `COMPONENT_DEGENERATE` where the columns depend on each other */
  maximize(sums: Float64Array, about: GatedWeights): GatedWeights {
    if (this.components === 1) return about;
    const { design, effects } = this.prepare(about);
    const parts = this.parts(sums);
    const count = parts.moments[0]!;
    const dependent = design.dependent(parts.moments, count);
    if (dependent !== undefined) {
      throw degenerate(
        'gate',
        `the column ${showValue(this.columns[dependent])} is constant, or a linear combination of the columns before it and a constant`,
      );
    }
    const step = scoringStep(design, parts, count, effects);
    if (step === undefined) throw degenerate('gate', 'its columns are linear combinations of each other');
    const unbounded = step.unbounded.flatMap((runs, index) => (runs ? [index + 2] : []));
    return this.record(
      design.frame,
      effects.map((value, index) => value + step.way[index]!),
      unbounded,
    );
  }

  /** All effects of one frame as they are in another. */
  take(frame: DesignFrame, effects: Float64Array, from: Design): Float64Array {
    const design = new Design(frame, true);
    return this.each(effects, (own) => design.take(own, from));
  }

  /** The effects of `to` less those of `from`, in the frame of `from`. */
  step(from: GatedWeights, to: GatedWeights): Float64Array {
    const [before, after] = [this.prepare(from), this.prepare(to)];
    return this.take(before.design.frame, after.effects, after.design).map((value, index) => value - before.effects[index]!);
  }

  /** The largest root mean square of the log-odds of a component, where the frame is that of the rows. */
  largest(effects: Float64Array): number {
    let largest = 0;
    this.each(effects, (own) => {
      largest = Math.max(largest, Math.sqrt(innerProduct(own, own)));
      return own;
    });
    return largest;
  }

  check({ gate, gateFrame }: Partial<GatedWeights>): GatedWeights {
    const { components, width } = this;
    const refuse = (what: string): never => {
      throw new EmkitError('PARAMETER_DOMAIN', `The gate must be ${components} lists of ${width} finite numbers: ${what}.`, {
        parameter: 'gate',
        value: gate,
        remedy: 'Each holds the coefficient of the intercept and one for each column; those of the first component are 0.',
      });
    };
    if (!Array.isArray(gate) || gate.length !== components) return refuse(`it is ${showValue(gate)}`);
    gate.forEach((row, k) => {
      const violation = domainViolation({ kind: 'real-vector', length: width }, row);
      if (violation !== undefined) refuse(`that of component ${k + 1}, ${violation}`);
    });
    if (gate[0]!.some((value: number) => value !== 0)) refuse('the coefficients of component 1 are not 0');
    if (gateFrame === undefined) return { gate };
    const { centre, factor, effects, unbounded } = gateFrame;
    const framed =
      domainViolation({ kind: 'real-vector', length: width - 1 }, centre) === undefined &&
      domainViolation({ kind: 'lower-triangle', dimension: width - 1 }, factor) === undefined &&
      Array.isArray(effects) &&
      effects.length === components &&
      effects.every((row) => domainViolation({ kind: 'real-vector', length: width }, row) === undefined);
    const flags =
      unbounded === undefined || (Array.isArray(unbounded) && unbounded.every((k) => Number.isInteger(k) && k > 1 && k <= components));
    if (!framed || !flags) return refuse('the entry gateFrame is malformed');
    const read = this.record({ centre, factor }, Float64Array.from(effects.slice(1).flat()), unbounded);
    return JSON.stringify(read.gate) === JSON.stringify(gate) ? read : refuse('it and gateFrame do not belong together');
  }

  /** The coefficients of raw columns; changes are taken in a frame, so that they have their digits. */
  coordinates(): Coordinates<GatedWeights> {
    return {
      length: this.size,
      difference: (from, to, out, place) => {
        const { design } = this.prepare(from);
        out.set(
          this.each(this.step(from, to), (own) => Float64Array.from(design.coefficients(own))),
          place,
        );
      },
      move: (from, step, place) => {
        const { design, effects } = this.prepare(from);
        const way = this.each(step.slice(place, place + this.size), (own) => design.effects(own));
        return this.record(
          design.frame,
          effects.map((value, index) => value + way[index]!),
          from.gateFrame?.unbounded,
        );
      },
      scales: (at, out, place) => {
        const { factor } = this.prepare(at).design.frame;
        const own = [1, ...factor.map((row) => 1 / Math.sqrt(row.reduce((sum, entry) => sum + entry * entry, 0)))];
        for (let k = 1; k < this.components; k += 1) out.set(own, place + (k - 1) * this.width);
      },
    };
  }

  private each(effects: Float64Array, action: (own: Float64Array) => Float64Array): Float64Array {
    const out = new Float64Array(effects.length);
    for (let first = 0; first < effects.length; first += this.width) out.set(action(effects.subarray(first, first + this.width)), first);
    return out;
  }
}

/** One less a weight, without cancellation. */
function othersOf(weights: Float64Array, k: number): number {
  let sum = 0;
  for (let other = 0; other < weights.length; other += 1) if (other !== k) sum += weights[other]!;
  return sum;
}
