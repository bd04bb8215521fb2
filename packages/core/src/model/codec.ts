import type { Codec, Family, ParameterValue, ParameterValues } from '../family.ts';
import { exp, expit, log, logit } from '../numerics/elementary.ts';
import { cholesky } from '../numerics/linear-algebra.ts';
import type { Domain } from './domain.ts';
import { freeParameters } from './domain.ts';

/**
 * The codec of a family: its own, or one derived from its domains. Real numbers stand for themselves, positive ones for their
 * logarithm, probabilities for their log-odds, a simplex for logarithms of ratios to its last entry, and a covariance matrix for its
 * Cholesky factor with a logarithmic diagonal, as a lower triangle does. A space of the family's own counts its coordinates from its centre.
 *
 * A value on the edge of its domain, a probability of 0 or 1 or a rate of 0, is at an infinite coordinate: the codec says so rather than
 * pretend.
 */
export function codecOf(family: Family): Codec<ParameterValues> {
  if (family.codec !== undefined) return family.codec;
  if (family.parts !== undefined) return codecOfParts(family.parts);
  const entries = Object.entries(family.parameters) as [string, Domain][];
  return codecOfDomains(entries);
}

/** The parts' codecs, one after the other. */
function codecOfParts(parts: Readonly<Record<string, Family>>): Codec<ParameterValues> {
  let length = 0;
  const own = Object.entries(parts).map(([name, family]) => {
    const part = { name, codec: codecOf(family), place: length };
    length += part.codec.length;
    return part;
  });
  const of = (parameters: ParameterValues, name: string): ParameterValues => parameters[name] as ParameterValues;
  return {
    length,
    encode(parameters, out, offset) {
      for (const { name, codec, place } of own) codec.encode(of(parameters, name), out, offset + place);
    },
    decode: (vector, offset) => Object.fromEntries(own.map(({ name, codec, place }) => [name, codec.decode(vector, offset + place)])),
    scales(parameters, out, offset) {
      out.fill(1, offset, offset + length);
      for (const { name, codec, place } of own) codec.scales?.(of(parameters, name), out, offset + place);
    },
  };
}

function codecOfDomains(entries: readonly (readonly [string, Domain])[]): Codec<ParameterValues> {
  return {
    length: entries.reduce((sum, [, domain]) => sum + freeParameters(domain), 0),
    encode(parameters, out, offset) {
      let at = offset;
      for (const [name, domain] of entries) {
        encodeValue(domain, parameters[name]!, out, at);
        at += freeParameters(domain);
      }
    },
    decode(vector, offset) {
      let at = offset;
      const values: Record<string, ParameterValue> = {};
      for (const [name, domain] of entries) {
        values[name] = decodeValue(domain, vector, at);
        at += freeParameters(domain);
      }
      return values;
    },
    scales(parameters, out, offset) {
      let at = offset;
      for (const [name, domain] of entries) {
        scaleValue(domain, parameters[name]!, out, at);
        at += freeParameters(domain);
      }
    },
  };
}

function encodeValue(domain: Domain, value: ParameterValue, out: Float64Array, at: number): void {
  switch (domain.kind) {
    case 'record':
      codecOfDomains(Object.entries(domain.entries)).encode(value as ParameterValues, out, at);
      return;
    case 'real':
      out[at] = value as number;
      return;
    case 'positive':
    case 'non-negative':
      out[at] = log(value as number);
      return;
    case 'probability':
      out[at] = logit(value as number);
      return;
    case 'interval':
      out[at] = logit(((value as number) - domain.minimum) / (domain.maximum - domain.minimum));
      return;
    case 'real-vector':
      out.set(value as readonly number[], at);
      return;
    case 'positive-vector':
      (value as readonly number[]).forEach((entry, index) => {
        out[at + index] = log(entry);
      });
      return;
    case 'simplex': {
      const entries = value as readonly number[];
      for (let index = 0; index < domain.length - 1; index += 1) out[at + index] = log(entries[index]!) - log(entries.at(-1)!);
      return;
    }
    case 'positive-definite': {
      const matrix = value as readonly (readonly number[])[];
      if (domain.structure === 'spherical') {
        out[at] = log(matrix[0]![0]!);
        return;
      }
      if (domain.structure === 'diagonal') {
        for (let index = 0; index < domain.dimension; index += 1) out[at + index] = log(matrix[index]![index]!);
        return;
      }
      const factored = cholesky(Float64Array.from(matrix.flat()), domain.dimension);
      if (!factored.ok) {
        out.fill(Number.NaN, at, at + freeParameters(domain));
        return;
      }
      let place = at;
      for (let row = 0; row < domain.dimension; row += 1) {
        for (let column = 0; column <= row; column += 1) {
          const entry = factored.factor[row * domain.dimension + column]!;
          out[place++] = row === column ? log(entry) : entry;
        }
      }
      return;
    }
    case 'lower-triangle': {
      let place = at;
      for (const row of value as readonly (readonly number[])[]) {
        row.forEach((entry, column) => {
          out[place++] = column === row.length - 1 ? log(entry) : entry;
        });
      }
      return;
    }
    case 'own':
      domain.space.coordinates.difference(domain.space.centre, value, out, at);
  }
}

function decodeValue(domain: Domain, vector: Float64Array, at: number): ParameterValue {
  switch (domain.kind) {
    case 'record':
      return codecOfDomains(Object.entries(domain.entries)).decode(vector, at);
    case 'real':
      return vector[at]!;
    case 'positive':
    case 'non-negative':
      return exp(vector[at]!);
    case 'probability':
      return expit(vector[at]!);
    case 'interval':
      return domain.minimum + (domain.maximum - domain.minimum) * expit(vector[at]!);
    case 'real-vector':
      return Array.from(vector.subarray(at, at + domain.length));
    case 'positive-vector':
      return Array.from(vector.subarray(at, at + domain.length), exp);
    case 'simplex': {
      let largest = 0;
      for (let index = 0; index < domain.length - 1; index += 1) largest = Math.max(largest, vector[at + index]!);
      const terms = Array.from({ length: domain.length }, (_, index) =>
        exp((index === domain.length - 1 ? 0 : vector[at + index]!) - largest),
      );
      const total = terms.reduce((sum, term) => sum + term, 0);
      return terms.map((term) => term / total);
    }
    case 'positive-definite': {
      const { dimension } = domain;
      if (domain.structure !== 'full') {
        return Array.from({ length: dimension }, (_, row) =>
          Array.from({ length: dimension }, (_unused, column) =>
            row === column ? exp(vector[at + (domain.structure === 'diagonal' ? row : 0)]!) : 0,
          ),
        );
      }
      const factor = decodeTriangle(dimension, vector, at);
      const matrix = Array.from({ length: dimension }, () => new Array<number>(dimension).fill(0));
      for (let row = 0; row < dimension; row += 1) {
        for (let column = 0; column <= row; column += 1) {
          let sum = 0;
          for (let inner = 0; inner <= column; inner += 1) sum += factor[row]![inner]! * factor[column]![inner]!;
          matrix[row]![column] = sum;
          matrix[column]![row] = sum;
        }
      }
      return matrix;
    }
    case 'lower-triangle':
      return decodeTriangle(domain.dimension, vector, at);
    case 'own':
      return domain.space.coordinates.move(domain.space.centre, vector, at);
  }
}

/** Rows of 1, 2, ... numbers whose last is kept by its logarithm. */
function decodeTriangle(dimension: number, vector: Float64Array, at: number): number[][] {
  let place = at;
  return Array.from({ length: dimension }, (_, row) => {
    const entries = Array.from(vector.subarray(place, place + row + 1));
    entries[row] = exp(entries[row]!);
    place += row + 1;
    return entries;
  });
}

/** The natural unit of each coordinate: 1 for logarithms and log-odds, the magnitude for real numbers. */
function scaleValue(domain: Domain, value: ParameterValue, out: Float64Array, at: number): void {
  out.fill(1, at, at + freeParameters(domain));
  if (domain.kind === 'own') domain.space.coordinates.scales(value, out, at);
  else if (domain.kind === 'record') codecOfDomains(Object.entries(domain.entries)).scales!(value as ParameterValues, out, at);
  else if (domain.kind === 'real') out[at] = Math.abs(value as number) || 1;
  else if (domain.kind === 'real-vector')
    (value as readonly number[]).forEach((entry, index) => {
      out[at + index] = Math.abs(entry) || 1;
    });
  else if (domain.kind === 'positive-definite' && domain.structure === 'full') {
    const matrix = value as readonly (readonly number[])[];
    let place = at;
    for (let row = 0; row < domain.dimension; row += 1) {
      for (let column = 0; column <= row; column += 1) out[place++] = row === column ? 1 : Math.sqrt(matrix[row]![row]!);
    }
  }
}
