import { createRandom, type Family, type ParameterValues } from '@emkit/core';
import type { Row } from './arbitraries.ts';
import type { Subject } from './law.ts';
import { blockOf, logDensities, Sum } from './likelihood.ts';

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

/** Draws at which the range is cut: a spike that holds a hundredth of the mass has some, and one that holds a thousandth is met as often as not. */
const DRAWS = 400;

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
  const [from, to] = [Math.max(minimum, range.from ?? -Infinity), Math.min(maximum, range.to ?? Infinity)];
  const atoms = (support.atoms ?? []).filter((atom) => atom > (range.from ?? -Infinity) && atom <= (range.to ?? Infinity));
  const places = [...draws, ...quantilesOf(family, parameters, template)].filter((place) => !(support.atoms ?? []).includes(place));
  const continuous = integrate(family, parameters, template, column, changeOfVariable(from, to, places), support.atoms ?? [], integrand);
  return atoms.length === 0 ? continuous : withAtoms(continuous, family, parameters, template, column, atoms, integrand);
}

/** Adds the points that have a probability of their own. */
function withAtoms(
  { values, errors }: Expectations,
  family: Family,
  parameters: ParameterValues,
  template: Row,
  column: number,
  atoms: readonly number[],
  integrand: Integrand,
): Expectations {
  const rows = atoms.map((atom) => template.map((value, index) => (index === column ? atom : value)));
  const out = new Float64Array(integrand.count);
  logDensities(family, blockOf(family, rows), parameters).forEach((logMass, index) => {
    if (logMass === -Infinity) return;
    integrand.evaluate(Float64Array.from(rows[index]!), out);
    for (let each = 0; each < values.length; each += 1) values[each]! += Math.exp(logMass) * out[each]!;
  });
  return { values, errors };
}

/** Where the family says its mass is: quantiles far out on both sides, of which draws know nothing. */
function quantilesOf(family: Family, parameters: ParameterValues, template: Row): readonly number[] {
  if (family.quantile === undefined) return [];
  const row = Float64Array.from(template);
  const tails = [1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.1];
  return [...tails, 0.5, ...tails.map((tail) => 1 - tail)]
    .map((probability) => family.quantile!(probability, parameters, row))
    .filter(Number.isFinite);
}

/** Draws in ascending order, which show where the mass is; empty when the family cannot draw. */
function drawsOf(subject: Subject, parameters: ParameterValues, template: Row, column: number): readonly number[] {
  if (subject.draw === undefined) return [];
  const random = createRandom(20_011);
  const row = new Float64Array(template.length);
  const values: number[] = [];
  for (let index = 0; index < DRAWS; index += 1) {
    row.set(template);
    subject.draw(parameters, random, row);
    values.push(row[column]!);
  }
  return values.filter(Number.isFinite).sort((a, b) => a - b);
}

/** x(u) for all real u, with log |dx/du|, u(x), and where to cut the range of u at first. */
interface ChangeOfVariable {
  at(u: number): { readonly x: number; readonly logSlope: number };
  readonly cuts: readonly number[];
  /** The finite ends of the range of x. */
  readonly ends: readonly number[];
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

function changeOfVariable(minimum: number, maximum: number, places: readonly number[]): ChangeOfVariable {
  const inside = places.filter((value) => value > minimum && value < maximum).sort((a, b) => a - b);
  const share = (part: number): number => inside[Math.floor(part * (inside.length - 1))] ?? Number.NaN;
  const cutAlso = (u: (x: number) => number, cuts: readonly number[]): readonly number[] =>
    [...new Set([...cuts, ...inside.map(u).filter((cut) => Math.abs(cut) < 690)])].sort((a, b) => a - b);
  if (minimum === -Infinity && maximum === Infinity) {
    const centre = Number.isFinite(share(0.5)) ? share(0.5) : 0;
    const spread = (share(0.84) - share(0.16)) / 2;
    const scale = spread > 0 && Number.isFinite(spread) ? spread : 1;
    // The draws' centre is known to its own error, so that the fine cuts round 0 must be finer than the spread.
    const cuts = [...CUTS, ...Array.from({ length: 33 }, (_, index) => (index - 16) / 8)];
    return {
      cuts: cutAlso((x) => Math.asinh((x - centre) / scale), cuts),
      ends: [],
      at: (u) => ({
        x: centre + scale * Math.sinh(u),
        logSlope: Math.log(scale) + Math.abs(u) + Math.log1p(Math.exp(-2 * Math.abs(u))) - Math.LN2,
      }),
    };
  }
  if (minimum === -Infinity || maximum === Infinity) {
    const end = minimum === -Infinity ? maximum : minimum;
    const sign = minimum === -Infinity ? -1 : 1;
    const distance = Math.abs(share(0.5) - end);
    const scale = distance > 0 && Number.isFinite(distance) ? distance : 1;
    return {
      cuts: cutAlso((x) => Math.log(Math.abs(x - end) / scale), CUTS),
      ends: [end],
      at: (u) => ({ x: end + sign * scale * Math.exp(u), logSlope: Math.log(scale) + u }),
    };
  }
  const width = maximum - minimum;
  return {
    cuts: cutAlso((x) => Math.log((x - minimum) / (maximum - x)), CUTS),
    ends: [minimum, maximum],
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

/** Pieces beyond those that were cut at first. */
const MOST_PIECES = 4000;
const WANTED = 1e-12;

/** Nearer to an end than this part of it, the distance has lost so many digits that the density is continued as a power of it. */
const NEAREST = 2 ** -34;

function integrate(
  family: Family,
  parameters: ParameterValues,
  template: Row,
  column: number,
  change: ChangeOfVariable,
  atoms: readonly number[],
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
        const known = Number.isFinite(x) && !change.ends.some((end) => Math.abs(x - end) < NEAREST * Math.abs(end)) && !atoms.includes(x);
        // A substitution can overflow far out, where there is no density left; what is next to an end is added below.
        columns[column]![piece * NODES + node] = known ? x : template[column]!;
        logSlopes[piece * NODES + node] = known ? logSlope : -Infinity;
      }
    });
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
      return { low, high, values, errors, worst: worstOf(values, errors) };
    });
  };

  const pieces: Piece[] = [];
  let untested = evaluate(change.cuts.slice(1).map((high, index): [number, number] => [change.cuts[index]!, high]));
  const most = untested.length + MOST_PIECES;
  // The two rules of a piece share nodes, and agree where neither sees a spike or a kink: each piece is tested against its halves as well.
  while (untested.length > 0) {
    const halves = evaluate(
      untested.flatMap(({ low, high }): [number, number][] => [
        [low, (low + high) / 2],
        [(low + high) / 2, high],
      ]),
    );
    const poor: Piece[] = [];
    untested.forEach((parent, index) => {
      const pair = halves.slice(2 * index, 2 * index + 2);
      const difference = parent.values.map((value, each) => Math.abs(value - pair[0]!.values[each]! - pair[1]!.values[each]!));
      const narrow = parent.high - parent.low <= 1e-13 * (1 + Math.abs(parent.low));
      const good = Math.max(worstOf(parent.values, difference), pair[0]!.worst, pair[1]!.worst) <= WANTED / 64;
      if (good || narrow || pieces.length + poor.length + 2 * untested.length > most)
        pieces.push(...pair.map((half) => withErrors(half, difference)));
      else poor.push(...pair);
    });
    untested = poor;
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
  for (const end of change.ends) addEnd(end, end === Math.max(...change.ends) && change.at(0).x < end ? -1 : 1);
  return { values, errors };

  /**
   * The mass between an end other than 0 and the doubles next to it, where the density is continued as the power of the distance that it is
   * just before: with an exponent below 1 a good part of it is nearer than 2^-53.
   */
  function addEnd(end: number, sign: number): void {
    const nearest = NEAREST * Math.abs(end);
    if (nearest === 0) return;
    const steps = [1, 4, 16].map((factor) => end + sign * factor * nearest);
    const at = steps.map((x) => template.map((value, index) => (index === column ? x : value)));
    const logs = logDensities(family, blockOf(family, at), parameters);
    if (logs.includes(-Infinity)) return;
    const exponents = [0, 1].map((place) => 1 + (logs[place + 1]! - logs[place]!) / Math.log(4));
    const masses = exponents.map((_, place) => {
      return exponents[place]! > 0 ? Math.exp(logs[0]! + Math.log(nearest)) / exponents[place]! : Infinity;
    });
    const next = new Float64Array(integrand.count);
    integrand.evaluate(Float64Array.from(at[0]!), functions);
    integrand.evaluate(Float64Array.from(at[2]!), next);
    for (let each = 0; each < integrand.count; each += 1) {
      // A function may grow as the logarithm of the distance, whose mean over a power of exponent e - 1 is 1/e below that at its end.
      const growth = (next[each]! - functions[each]!) / Math.log(16);
      values[each]! += masses[0]! * (functions[each]! - growth / exponents[0]!);
      errors[each]! +=
        Math.abs(masses[0]! - masses[1]!) * Math.abs(functions[each]!) + 4 * masses[0]! * Math.abs(functions[each]! - next[each]!);
    }
  }
}

function worstOf(values: Float64Array, errors: Float64Array): number {
  return Math.max(...errors.map((error, each) => error / (1 + Math.abs(values[each]!))));
}

/** The piece with at least half of what both halves together were off by. */
function withErrors(piece: Piece, difference: Float64Array): Piece {
  return { ...piece, errors: piece.errors.map((error, each) => Math.max(error, difference[each]! / 2)) };
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
