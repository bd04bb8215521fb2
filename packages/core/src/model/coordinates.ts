import type { Codec, Family, ParameterValue, ParameterValues } from '../family.ts';
import { exp, expm1, log, log1p } from '../numerics/elementary.ts';
import { codecOf } from './codec.ts';
import { type Domain, freeParameters } from './domain.ts';
import type { Coordinates } from './space.ts';

/** Coordinates of one component of a family, those of the parameters in `fixed` left out. */
export function familyCoordinates(family: Family, fixed: ReadonlySet<string>): Coordinates<ParameterValues> {
  const names = Object.keys(family.parameters).filter((name) => !fixed.has(name));
  if (names.length === 0) return NONE;
  if (family.coordinates !== undefined) return family.coordinates(fixed);
  if (family.codec !== undefined && fixed.size === 0) return codecCoordinates(family.codec as Codec<ParameterValues>);
  const parts = names.map((name) => {
    const part = family.parts?.[name];
    return { name, ...(part === undefined ? domainCoordinates(family.parameters[name]!) : familyCoordinates(part, within(name, fixed))) };
  });
  return {
    length: parts.reduce((sum, { length }) => sum + length, 0),
    difference(from, to, out, place) {
      for (const { name, length, difference } of parts) {
        difference(from[name]!, to[name]!, out, place);
        place += length;
      }
    },
    move(from, step, place) {
      const values: Record<string, ParameterValue> = { ...from };
      // They hold digits of parameters that move.
      for (const name of Object.keys(family.refinements ?? {})) delete values[name];
      for (const { name, length, move } of parts) {
        values[name] = move(from[name]!, step, place);
        place += length;
      }
      return values;
    },
    scales(point, out, place) {
      for (const { name, length, scales } of parts) {
        scales(point[name]!, out, place);
        place += length;
      }
    },
  };
}

/** Of names such as `height.variance` what they say of one part. */
export function within(part: string, names: ReadonlySet<string>): ReadonlySet<string> {
  const own = new Set<string>();
  for (const name of names) if (name.startsWith(`${part}.`)) own.add(name.slice(part.length + 1));
  return own;
}

const NONE: Coordinates<ParameterValues> = { length: 0, difference() {}, move: (from) => from, scales() {} };

/** Coordinates from a codec: of its vectors only differences are used. */
function codecCoordinates(codec: Codec<ParameterValues>): Coordinates<ParameterValues> {
  const { length } = codec;
  const known = new WeakMap<ParameterValues, Float64Array>();
  const vectorOf = (values: ParameterValues): Float64Array => {
    let vector = known.get(values);
    if (vector === undefined) {
      vector = new Float64Array(length);
      codec.encode(values, vector, 0);
      known.set(values, vector);
    }
    return vector;
  };
  return {
    length,
    difference(from, to, out, place) {
      const [before, after] = [vectorOf(from), vectorOf(to)];
      // On an edge both are infinite: what lies there stays.
      for (let index = 0; index < length; index += 1)
        out[place + index] = before[index] === after[index] ? 0 : after[index]! - before[index]!;
    },
    move(from, step, place) {
      const vector = vectorOf(from).slice();
      for (let index = 0; index < length; index += 1) vector[index]! += step[place + index]!;
      return codec.decode(vector, 0);
    },
    scales(point, out, place) {
      out.fill(1, place, place + length);
      codec.scales?.(point, out, place);
    },
  };
}

/** The coordinates of one value in its domain. */
// biome-ignore lint/suspicious/noExplicitAny: values of different domains stand side by side
export function domainCoordinates(domain: Domain): Coordinates<any> {
  switch (domain.kind) {
    case 'real':
      return scalar(
        (from, to) => to - from,
        (from, step) => from + step,
        (value) => Math.abs(value) || 1,
      );
    case 'positive':
    case 'non-negative':
      return scalar(logRatio, multiply, () => 1);
    case 'probability':
      return scalar(logOddsRatio, moveProbability, () => 1);
    case 'interval': {
      const { minimum, maximum } = domain;
      const width = maximum - minimum;
      const part = (value: number): number => (value - minimum) / width;
      return scalar(
        (from, to) => logOddsRatio(part(from), part(to)),
        (from, step) => minimum + width * moveProbability(part(from), step),
        () => 1,
      );
    }
    case 'real-vector':
      return repeated(domainCoordinates({ kind: 'real' }), domain.length);
    case 'positive-vector':
      return repeated(domainCoordinates({ kind: 'positive' }), domain.length);
    case 'simplex':
      return simplexCoordinates(domain.length);
    case 'own':
      return domain.space.coordinates;
    default:
      return codecCoordinatesOf(domain);
  }
}

function scalar(
  difference: (from: number, to: number) => number,
  move: (from: number, step: number) => number,
  scale: (value: number) => number,
): Coordinates<number> {
  return {
    length: 1,
    difference(from, to, out, place) {
      out[place] = difference(from, to);
    },
    move: (from, step, place) => move(from, step[place]!),
    scales(value, out, place) {
      out[place] = scale(value);
    },
  };
}

function repeated(one: Coordinates<number>, length: number): Coordinates<readonly number[]> {
  return {
    length,
    difference(from, to, out, place) {
      for (let index = 0; index < length; index += 1) one.difference(from[index]!, to[index]!, out, place + index);
    },
    move: (from, step, place) => from.map((value, index) => one.move(value, step, place + index)),
    scales(point, out, place) {
      for (let index = 0; index < length; index += 1) one.scales(point[index]!, out, place + index);
    },
  };
}

/** Domains whose values are whole objects: their codec's vectors, differences taken. */
function codecCoordinatesOf(domain: Domain): Coordinates<ParameterValue> {
  const whole = codecCoordinates(codecOf({ parameters: { value: domain } } as unknown as Family));
  const wrapped = new WeakMap<object, ParameterValues>();
  const wrap = (value: ParameterValue): ParameterValues => {
    let record = wrapped.get(value as object);
    if (record === undefined) {
      record = { value };
      wrapped.set(value as object, record);
    }
    return record;
  };
  return {
    length: freeParameters(domain),
    difference: (from, to, out, place) => whole.difference(wrap(from), wrap(to), out, place),
    move: (from, step, place) => whole.move(wrap(from), step, place)['value']!,
    scales: (point, out, place) => whole.scales(wrap(point), out, place),
  };
}

/** log(to / from): 0 where both are 0, so that a value on its edge stays there. */
function logRatio(from: number, to: number): number {
  if (from === to) return 0;
  const change = (to - from) / from;
  return Math.abs(change) < 0.5 ? log1p(change) : log(to) - log(from);
}

function multiply(value: number, step: number): number {
  if (step === 0) return value;
  return Math.abs(step) < 0.5 ? value + value * expm1(step) : value * exp(step);
}

function logOddsRatio(from: number, to: number): number {
  return from === to ? 0 : logRatio(from, to) - logRatio(1 - from, 1 - to);
}

function moveProbability(value: number, step: number): number {
  if (step === 0) return value;
  if (step > 0.5) return value / ((1 - value) * exp(-step) + value);
  if (step < -0.5) return (value * exp(step)) / (1 - value + value * exp(step));
  const change = expm1(step);
  return value + (value * (1 - value) * change) / (1 + value * change);
}

/**
 * Logarithms of the ratios to the last entry, or where that is 0 to the last that is not; the coordinate of that one is then idle. Entries
 * that are 0 stay it: their coordinates are idle too.
 */
function simplexCoordinates(length: number): Coordinates<readonly number[]> {
  const referenceOf = (from: readonly number[]): number => {
    let reference = length - 1;
    while (reference > 0 && from[reference] === 0) reference -= 1;
    return reference;
  };
  return {
    length: length - 1,
    difference(from, to, out, place) {
      const reference = referenceOf(from);
      const last = logRatio(from[reference]!, to[reference]!);
      for (let index = 0; index < length - 1; index += 1) {
        const own = logRatio(from[index]!, to[index]!);
        out[place + index] = index === reference ? 0 : from[index] === 0 ? own : own - last;
      }
    },
    move(from, step, place) {
      const reference = referenceOf(from);
      const stepOf = (index: number): number => (index === reference || index === length - 1 ? 0 : step[place + index]!);
      let largest = 0;
      for (let index = 0; index < length - 1; index += 1) largest = Math.max(largest, stepOf(index));
      const terms = from.map((value, index) => value * exp(stepOf(index) - largest));
      let total = 0;
      for (const term of terms) total += term;
      return terms.map((term) => term / total);
    },
    scales(_point, out, place) {
      out.fill(1, place, place + length - 1);
    },
  };
}
