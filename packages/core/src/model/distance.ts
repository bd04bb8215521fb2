import type { ParameterValue, ParameterValues } from '../family.ts';
import type { Domain } from './domain.ts';

/**
 * The change of one value in its domain: absolute for probabilities, relative for the rest. A real parameter with a location has
 * no scale of its own, so a family with one should state its own `distance`.
 */
export function domainDistance(domain: Domain, from: ParameterValue, to: ParameterValue): number {
  const relative = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
  switch (domain.kind) {
    case 'probability':
      return Math.abs((from as number) - (to as number));
    case 'interval':
      return Math.abs((from as number) - (to as number)) / (domain.maximum - domain.minimum);
    case 'real':
    case 'positive':
    case 'non-negative':
      return relative(from as number, to as number);
    case 'simplex':
      return largestOver(from as readonly number[], to as readonly number[], (a, b) => Math.abs(a - b));
    case 'real-vector':
    case 'positive-vector':
      return largestOver(from as readonly number[], to as readonly number[], relative);
    case 'own':
      return domain.space.distance(from, to);
    case 'lower-triangle':
      return largestOver((from as readonly number[][]).flat(), (to as readonly number[][]).flat(), relative);
    case 'record':
      return Object.entries(domain.entries).reduce(
        (largest, [name, entry]) =>
          Math.max(largest, domainDistance(entry, (from as ParameterValues)[name]!, (to as ParameterValues)[name]!)),
        0,
      );
    case 'positive-definite': {
      const before = from as readonly (readonly number[])[];
      const after = to as readonly (readonly number[])[];
      let largest = 0;
      for (let row = 0; row < domain.dimension; row += 1) {
        for (let column = 0; column <= row; column += 1) {
          const scale = Math.sqrt(before[row]![row]!) * Math.sqrt(before[column]![column]!);
          largest = Math.max(largest, Math.abs(after[row]![column]! - before[row]![column]!) / scale);
        }
      }
      return largest;
    }
  }
}

function largestOver(from: readonly number[], to: readonly number[], distance: (a: number, b: number) => number): number {
  let largest = 0;
  for (let index = 0; index < from.length; index += 1) largest = Math.max(largest, distance(from[index]!, to[index]!));
  return largest;
}
