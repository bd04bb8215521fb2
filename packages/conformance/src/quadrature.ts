import { createRandom, type Family, type ParameterValues } from '@emkit/core';
import type { Row } from './arbitraries.ts';
import type { Subject } from './law.ts';
import { logDensities, Sum } from './likelihood.ts';

/** Functions of one observation whose expectations are wanted: `evaluate` writes `count` numbers for the row. */
export interface Integrand {
  readonly count: number;
  evaluate(row: Float64Array, out: Float64Array): void;
}

/** Expectations under a density, each with an estimate of its error. */
export interface Expectations {
  readonly values: Float64Array;
  readonly errors: Float64Array;
}

/** The constant 1: its expectation is the density's total mass. */
export const ONE: Integrand = {
  count: 1,
  evaluate: (_row, out) => {
    out[0] = 1;
  },
};

/** The index of the only observed column; undefined where there are several. */
export function onlyObservedColumn(family: Family): number | undefined {
  const observed = family.columns.flatMap((column, index) => (column.given ? [] : [index]));
  return observed.length === 1 ? observed[0] : undefined;
}

/** The most terms of a sum over whole numbers. */
const MOST_TERMS = 1 << 22;

/**
 * Integral (or sum, over whole numbers) of density times functions over the declared support, or the part of it from `from` to `to`:
 * adaptive Gauss-Kronrod quadrature in coordinates in which algebraic tails and end-point singularities decay exponentially.
 *
 * @param template a row with the given columns filled in
 * @returns undefined where the family has several observed columns, or a support too large to sum over
 */
export function expectUnder(
  subject: Subject,
  parameters: ParameterValues,
  template: Row,
  integrand: Integrand,
  range: { readonly from?: number; readonly to?: number } = {},
): Expectations | undefined {
  const { family } = subject;
  const column = onlyObservedColumn(family);
  if (column === undefined) return undefined;
  const { support } = family.columns[column]!;
  const draws = drawsOf(subject, parameters, template, column);
  if (support.kind === 'integer') {
    const maximum = typeof support.maximum === 'number' ? support.maximum : template[support.maximum.column]!;
    return sumOverIntegers(
      family,
      parameters,
      template,
      column,
      Math.max(support.minimum, range.from ?? -Infinity),
      Math.min(maximum, range.to ?? Infinity),
      draws.at(-1) ?? support.minimum,
      integrand,
    );
  }
  const minimum = support.kind === 'interval' ? support.minimum : -Infinity;
  const maximum = support.kind === 'interval' ? support.maximum : Infinity;
  const change = changeOfVariable(Math.max(minimum, range.from ?? -Infinity), Math.min(maximum, range.to ?? Infinity), draws);
  return integrate(family, parameters, template, column, change, integrand);
}

/** A few draws in ascending order, which show where the mass is; empty when the family cannot draw. */
function drawsOf(subject: Subject, parameters: ParameterValues, template: Row, column: number): readonly number[] {
  if (subject.draw === undefined) return [];
  const random = createRandom(20_011);
  const row = new Float64Array(template.length);
  const values: number[] = [];
  for (let index = 0; index < 101; index += 1) {
    row.set(template);
    subject.draw(parameters, random, row);
    values.push(row[column]!);
  }
  return values.filter(Number.isFinite).sort((a, b) => a - b);
}

/** x(u) for all real u, with log |dx/du|, and where to cut the range of u at first. */
interface ChangeOfVariable {
  at(u: number): { readonly x: number; readonly logSlope: number };
  readonly cuts: readonly number[];
}

/** Cuts that are fine where a density of the expected size lives and coarse far out. */
const CUTS: readonly number[] = [
  -690,
  -200,
  -100,
  -60,
  -40,
  ...Array.from({ length: 101 }, (_, index) => -25 + index / 2),
  40,
  60,
  100,
  200,
  690,
];

function changeOfVariable(minimum: number, maximum: number, draws: readonly number[]): ChangeOfVariable {
  const inside = draws.filter((value) => value >= minimum && value <= maximum);
  const at = (share: number): number => inside[Math.floor(share * (inside.length - 1))] ?? Number.NaN;
  const spread = (at(0.84) - at(0.16)) / 2;
  if (minimum === -Infinity && maximum === Infinity) {
    const centre = Number.isFinite(at(0.5)) ? at(0.5) : 0;
    const scale = spread > 0 && Number.isFinite(spread) ? spread : 1;
    // The draws' centre is known to its own error, so that the fine cuts round 0 must be finer than the spread.
    const cuts = [...CUTS, ...Array.from({ length: 33 }, (_, index) => (index - 16) / 8)].sort((a, b) => a - b);
    return {
      cuts: [...new Set(cuts)],
      at: (u) => ({
        x: centre + scale * Math.sinh(u),
        logSlope: Math.log(scale) + Math.abs(u) + Math.log1p(Math.exp(-2 * Math.abs(u))) - Math.LN2,
      }),
    };
  }
  if (minimum === -Infinity || maximum === Infinity) {
    const end = minimum === -Infinity ? maximum : minimum;
    const sign = minimum === -Infinity ? -1 : 1;
    const distance = Math.abs(at(0.5) - end);
    const scale = distance > 0 && Number.isFinite(distance) ? distance : 1;
    return { cuts: CUTS, at: (u) => ({ x: end + sign * scale * Math.exp(u), logSlope: Math.log(scale) + u }) };
  }
  const width = maximum - minimum;
  return {
    cuts: CUTS,
    at: (u) => {
      const tail = 1 / (1 + Math.exp(Math.abs(u)));
      return {
        x: u < 0 ? minimum + width * tail : maximum - width * tail,
        logSlope: Math.log(width) - Math.abs(u) - 2 * Math.log1p(Math.exp(-Math.abs(u))),
      };
    },
  };
}

// Nodes and weights of the 15-point Kronrod rule and the 7-point Gauss rule inside it (Piessens et al., QUADPACK, 1983).
const KRONROD_NODES = [
  0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945, 0.5860872354676911, 0.4058451513773972,
  0.20778495500789848, 0,
];
const KRONROD_WEIGHTS = [
  0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592, 0.1690047266392679, 0.19035057806478542,
  0.20443294007529889, 0.20948214108472782,
];
const GAUSS_WEIGHTS = [0, 0.1294849661688697, 0, 0.27970539148927664, 0, 0.3818300505051189, 0, 0.4179591836734694];
const NODES = 15;

interface Piece {
  readonly low: number;
  readonly high: number;
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly worst: number;
}

const MOST_PIECES = 1200;
const WANTED = 1e-12;

function integrate(
  family: Family,
  parameters: ParameterValues,
  template: Row,
  column: number,
  change: ChangeOfVariable,
  integrand: Integrand,
): Expectations {
  const row = Float64Array.from(template);
  const functions = new Float64Array(integrand.count);
  const evaluate = (pieces: readonly (readonly [number, number])[]): Piece[] => {
    const size = pieces.length * NODES;
    const columns = template.map((value) => new Float64Array(size).fill(value));
    const logSlopes = new Float64Array(size);
    pieces.forEach(([low, high], piece) => {
      for (let node = 0; node < NODES; node += 1) {
        const offset = node < 8 ? -KRONROD_NODES[node]! : KRONROD_NODES[NODES - 1 - node]!;
        const { x, logSlope } = change.at((low + high) / 2 + (offset * (high - low)) / 2);
        columns[column]![piece * NODES + node] = x;
        logSlopes[piece * NODES + node] = logSlope;
      }
    });
    // A substitution can overflow far out, where there is no density left.
    for (let index = 0; index < size; index += 1) {
      if (Number.isFinite(columns[column]![index]!)) continue;
      columns[column]![index] = template[column]!;
      logSlopes[index] = -Infinity;
    }
    const densities = logDensities(family, { size, columns }, parameters);
    return pieces.map(([low, high], piece) => {
      const values = new Float64Array(integrand.count);
      const gauss = new Float64Array(integrand.count);
      for (let node = 0; node < NODES; node += 1) {
        const index = piece * NODES + node;
        const mass = Math.exp(densities[index]! + logSlopes[index]!);
        if (mass === 0) continue;
        row[column] = columns[column]![index]!;
        integrand.evaluate(row, functions);
        const at = node < 8 ? node : NODES - 1 - node;
        for (let each = 0; each < integrand.count; each += 1) {
          values[each]! += KRONROD_WEIGHTS[at]! * mass * functions[each]!;
          gauss[each]! += GAUSS_WEIGHTS[at]! * mass * functions[each]!;
        }
      }
      const half = (high - low) / 2;
      const errors = values.map((value, each) => Math.abs(value - gauss[each]!) * half);
      for (let each = 0; each < integrand.count; each += 1) values[each]! *= half;
      return { low, high, values, errors, worst: Math.max(...errors.map((error, each) => error / (1 + Math.abs(values[each]!)))) };
    });
  };

  let pieces = evaluate(change.cuts.slice(1).map((high, index): [number, number] => [change.cuts[index]!, high]));
  while (pieces.length < MOST_PIECES) {
    const wanted = WANTED / 16;
    const poor = pieces.filter(({ worst, low, high }) => worst > wanted && high - low > 1e-13 * (1 + Math.abs(low)));
    if (poor.length === 0) break;
    const halves = poor.flatMap(({ low, high }): [number, number][] => [
      [low, (low + high) / 2],
      [(low + high) / 2, high],
    ]);
    const poorSet = new Set(poor);
    pieces = [...pieces.filter((piece) => !poorSet.has(piece)), ...evaluate(halves)];
  }
  const values = new Float64Array(integrand.count);
  const errors = new Float64Array(integrand.count);
  for (let each = 0; each < integrand.count; each += 1) {
    const total = new Sum();
    for (const piece of pieces) {
      total.add(piece.values[each]!);
      errors[each]! += piece.errors[each]!;
    }
    values[each] = total.value;
  }
  return { values, errors };
}

function sumOverIntegers(
  family: Family,
  parameters: ParameterValues,
  template: Row,
  column: number,
  minimum: number,
  maximum: number,
  reached: number,
  integrand: Integrand,
): Expectations | undefined {
  if (maximum < Infinity && maximum - minimum > MOST_TERMS) return undefined;
  const totals = Array.from({ length: integrand.count }, () => new Sum());
  const row = Float64Array.from(template);
  const functions = new Float64Array(integrand.count);
  let at = minimum;
  let size = 64;
  let tail = 0;
  while (at <= maximum && at - minimum < MOST_TERMS) {
    const count = Math.min(size, maximum - at + 1);
    const columns = template.map((value) => new Float64Array(count).fill(value));
    for (let index = 0; index < count; index += 1) columns[column]![index] = at + index;
    const densities = logDensities(family, { size: count, columns }, parameters);
    for (let index = 0; index < count; index += 1) {
      const mass = Math.exp(densities[index]!);
      if (mass === 0) continue;
      row[column] = at + index;
      integrand.evaluate(row, functions);
      for (let each = 0; each < integrand.count; each += 1) totals[each]!.add(mass * functions[each]!);
    }
    at += count;
    size = Math.min(size * 2, 8192);
    if (maximum === Infinity && count >= 2) {
      // The terms beyond shrink at least as fast as the last two did, once the bulk is behind.
      const last = densities[count - 1]!;
      const ratio = Math.exp(last - densities[count - 2]!);
      tail = last === -Infinity ? 0 : ratio < 1 ? (Math.exp(last) * ratio) / (1 - ratio) : Infinity;
      if (at > reached && tail * at * at < WANTED) break;
    }
  }
  return { values: Float64Array.from(totals, (total) => total.value), errors: new Float64Array(integrand.count).fill(tail + at * 1e-18) };
}
