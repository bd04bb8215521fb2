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
  it.each([0.5, Number.NaN, Infinity, 2 ** 53])('refuses the seed %s', (seed) => {
    const error = errorOf(() => createRandom(seed));
    expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { value: seed } });
    expect(error.message).toMatch(/seed is .*2\^53/);
  });
  it.each([[[1, 2, 3]], [[1, 2, 3, -1]], [[1, 2, 3, 2 ** 32]], ['seed']])('refuses the state %s', (state) => {
    const error = errorOf(() => createRandom(state as never));
    expect(error).toMatchObject({ code: 'STATE_MALFORMED', details: { value: state } });
    expect(error.message).toContain('four whole numbers');
  });
  it.each([0, 0.5, 2 ** 32 + 1])('refuses %s as a bound', (bound) => {
    const error = errorOf(() => createRandom(1).integer(bound));
    expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { value: bound } });
    expect(error.message).toMatch(/bound is .*1 to 2\^32/);
  });
});

function errorOf(act: () => unknown): EmkitError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(EmkitError);
    return error as EmkitError;
  }
  throw new Error('nothing was refused');
}

describe('the words are those of sfc32 (C. Doty-Humphrey, PractRand 0.95)', () => {
  /** The generator as published, in whole numbers modulo 2^32. */
  function sfc32(state: readonly number[]): () => number {
    let [a, b, c, counter] = state.map(BigInt) as [bigint, bigint, bigint, bigint];
    const word = (value: bigint): bigint => BigInt.asUintN(32, value);
    return () => {
      const sum = word(a + b + counter);
      counter = word(counter + 1n);
      a = b ^ (b >> 9n);
      b = word(c * 9n);
      c = word(((c << 21n) | (c >> 11n)) + sum);
      return Number(sum);
    };
  }
  const uniformOf = (next: () => number): number => (Math.floor(next() / 32) * 2 ** 26 + Math.floor(next() / 64)) / 2 ** 53;
  /** A seed is two words and a sign, and twelve rounds mix them. */
  const seeded = (seed: number): (() => number) => {
    const next = sfc32([Math.abs(seed) % 2 ** 32, Math.floor(Math.abs(seed) / 2 ** 32), seed < 0 ? 1 : 0, 1]);
    for (let round = 0; round < 12; round += 1) next();
    return next;
  };
  const times = <T>(draw: () => T): T[] => Array.from({ length: 40 }, draw);

  it.each([0, 1, -1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER, -123456789012345])('from the seed %d', (seed) => {
    const random = createRandom(seed);
    const next = seeded(seed);
    expect(times(() => random.uniform())).toEqual(times(() => uniformOf(next)));
  });
  it('a bound takes words below its largest multiple', () => {
    const bound = 3 * 2 ** 30;
    const random = createRandom(7);
    const next = seeded(7);
    const accepted = (): number => {
      const word = next();
      return word < bound ? word : accepted();
    };
    expect(times(() => random.integer(bound))).toEqual(times(accepted));
    expect(createRandom([bound, 0, 0, 0]).integer(bound)).toBe(1);
    expect(random.integer(2 ** 32)).toBe(next());
    expect(random.integer(1)).toBe(0);
  });
  it('a generator that is split off begins with three words of the first', () => {
    const random = createRandom(7).split();
    const next = seeded(7);
    const split = sfc32([next(), next(), next(), 1]);
    expect(times(() => random.uniform())).toEqual(times(() => uniformOf(split)));
  });
  it('an open uniform number is drawn again where it would be 0', () => {
    const state = [0, 0, 0, 0] as const;
    const random = createRandom(state);
    const drawn = Array.from({ length: 10 }, () => random.uniform());
    expect(drawn[0]).toBe(0);
    expect(createRandom(state).uniformOpen()).toBe(drawn.find((value) => value > 0));
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
