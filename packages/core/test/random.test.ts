import { createRandom, EmkitError } from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

// Bounds of the statistical checks are five or more standard deviations: below one false alarm in a million seeds, and seeds are fixed.

describe('one seed, one stream', () => {
  it('repeats bit for bit, and differs from another seed’s', () => {
    const draw = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 50 }, () => random.uniform());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1)).not.toEqual(draw(-1));
    expect(draw(1)).not.toEqual(draw(1 + 2 ** 32));
  });
  it('goes on from its state as if never stopped', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(30), (seed, before) => {
        const random = createRandom(seed);
        for (let index = 0; index < before; index += 1) random.normal();
        const resumed = createRandom(random.state());
        expect([resumed.uniform(), resumed.normal(), resumed.integer(7)]).toEqual([random.uniform(), random.normal(), random.integer(7)]);
      }),
      { seed: 4, numRuns: 50 },
    );
  });
  it('refuses what is no seed or state', () => {
    for (const seed of [0.5, Number.NaN, Infinity, 2 ** 53, [1, 2, 3], [1, 2, 3, -1], 'seed']) {
      expect(() => createRandom(seed as never)).toThrow(EmkitError);
    }
  });
});

describe('the distributions', () => {
  const size = 200_000;
  const random = createRandom(99);
  it('uniform: mean 1/2, variance 1/12, within [0, 1)', () => {
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < size; index += 1) {
      const value = random.uniform();
      expect(value >= 0 && value < 1).toBe(true);
      sum += value - 0.5;
      squares += (value - 0.5) ** 2;
    }
    expect(Math.abs(sum / size)).toBeLessThan(5 * Math.sqrt(1 / 12 / size));
    expect(Math.abs(squares / size - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / size));
  });
  it('normal: the first four moments', () => {
    const moments = [0, 0, 0, 0];
    for (let index = 0; index < size; index += 1) {
      const value = random.normal();
      for (let power = 1; power <= 4; power += 1) moments[power - 1]! += value ** power / size;
    }
    const expected = [0, 1, 0, 3];
    const variances = [1, 2, 15, 96];
    moments.forEach((moment, index) => {
      expect(Math.abs(moment - expected[index]!)).toBeLessThan(5 * Math.sqrt(variances[index]! / size));
    });
  });
  it('exponential: mean 1, variance 1, never negative', () => {
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < size; index += 1) {
      const value = random.exponential();
      expect(value >= 0 && value < Infinity).toBe(true);
      sum += value;
      squares += value * value;
    }
    expect(Math.abs(sum / size - 1)).toBeLessThan(5 / Math.sqrt(size));
    expect(Math.abs(squares / size - 2)).toBeLessThan(5 * Math.sqrt(20 / size));
  });
  it('integer: every value equally often', () => {
    const counts = new Array<number>(7).fill(0);
    for (let index = 0; index < 70_000; index += 1) counts[random.integer(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt((10_000 * 6) / 7));
    expect(() => random.integer(0)).toThrow(EmkitError);
  });
});
