import {
  checkTextbook,
  createReference,
  referenceTextbookEngine,
  roundHalfUp,
  type TextbookEngine,
  type TextbookModel,
  textbookFigures,
} from '@emkit/reference';
import { describe, expect, test } from 'vitest';
import { reference } from './support.ts';

describe('the textbook', () => {
  test.each(checkTextbook(reference).map((check) => [check.figure.id, check] as const))(
    '%s is reproduced to its last printed digit',
    (_id, check) => {
      expect(check.rounded).toBe(check.figure.printed);
      expect(check.matches).toBe(true);
    },
  );

  test('every equation and table with numbers is there', () => {
    const sources = new Set(textbookFigures.map((figure) => figure.source));
    for (const source of [
      '(6.7)',
      '(6.8)',
      '(6.9)',
      'table 6.1',
      '(6.10)',
      'table 6.2',
      'table 6.3',
      '(6.13)',
      '(6.14)',
      'table 6.4, (6.16)',
      'the two-coin note',
      'the derivation for exponentials',
    ]) {
      expect(sources).toContain(source);
    }
    expect(new Set(textbookFigures.map((figure) => figure.id)).size).toBe(textbookFigures.length);
    expect(textbookFigures.every((figure) => figure.printed.split('.')[1]?.length === figure.decimals)).toBe(true);
  });

  test('the printed digits do not depend on the precision', () => {
    const wide = createReference({ precision: 80 });
    for (const figure of textbookFigures.slice(0, 20)) expect(roundHalfUp(figure.compute(wide), figure.decimals)).toBe(figure.printed);
  });

  test('an engine of doubles is asked the same questions', () => {
    const exact = referenceTextbookEngine(reference);
    const model = ({ family, options, weights, components }: TextbookModel<{ toNumber(): number }>): TextbookModel => ({
      family,
      options,
      weights: weights.map(Number),
      components: components.map((parameters) =>
        Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, value.toNumber()])),
      ),
    });
    const engine: TextbookEngine = {
      densities: (...question) => exact.densities(...question).map(Number),
      jointDensities: (...question) => exact.jointDensities(...question).map(Number),
      responsibilities: (...question) => exact.responsibilities(...question).map((row) => row.map(Number)),
      expectedCounts: (...question) => exact.expectedCounts(...question).map(Number),
      statistics: (...question) => exact.statistics(...question).map(Number),
      logLikelihood: (...question) => exact.logLikelihood(...question).toNumber(),
      mStep: (...question) => model(exact.mStep(...question)),
      run: (...question) => model(exact.run(...question)),
      logLikelihoodAfter: (...question) => exact.logLikelihoodAfter(...question).toNumber(),
    };
    for (const figure of textbookFigures) expect(roundHalfUp(figure.computeFrom(engine), figure.decimals), figure.id).toBe(figure.printed);
  });
});

describe('rounding as books do', () => {
  test('a tie goes up, whatever the last digit and whatever printf does', () => {
    expect(roundHalfUp(0.5, 0)).toBe('1');
    expect(roundHalfUp(2.5, 0)).toBe('3');
    expect(roundHalfUp(-2.5, 0)).toBe('-3');
    expect(roundHalfUp(0.125, 2)).toBe('0.13');
  });

  test('a double is judged by its exact value, so that 1.005 is below its tie', () => {
    expect(roundHalfUp(1.005, 2)).toBe('1.00');
    expect(roundHalfUp(reference.decimal('1.005'), 2)).toBe('1.01');
  });
});
