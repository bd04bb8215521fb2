import { createReference } from '@emkit/reference';
import { describe, expect, test } from 'vitest';
import { decimal, expectDigits, expectFailure, reference } from './support.ts';

const half = decimal('0.5');

/** Euler's constant (DLMF 5.2.3; OEIS A001620). */
const euler = '0.57721566490153286060651209008240243104215933593992359880576723488486772677766467';
/** Catalan's constant (OEIS A006752). */
const catalan = '0.91596559417721901505460351493238411077414937428167213426649811962176301977625477';

describe('ln Gamma', () => {
  test('Gamma(1/2) is the square root of pi (DLMF 5.4.6)', () => {
    expectDigits(reference.logGamma(half), reference.ln(reference.pi).div(2), 63);
  });

  test('published digits at 1/3 and 1/4 (OEIS A073005, A068466)', () => {
    expectDigits(
      reference.exp(reference.logGamma(decimal(1).div(3))),
      '2.678938534707747633655692940974677644128689377957301100950428327590417610168',
      62,
    );
    expectDigits(
      reference.exp(reference.logGamma(decimal('0.25'))),
      '3.625609908221908311930685155867672002995167682880065467433377999569919243538',
      62,
    );
  });

  test('Gamma(n + 1) is n! (DLMF 5.4.1)', () => {
    let factorial = decimal(1);
    for (let n = 1; n <= 45; n += 1) {
      factorial = factorial.times(n);
      expectDigits(reference.exp(reference.logGamma(decimal(n + 1))), factorial, 60);
    }
  });

  test('recurrence, reflection and duplication (DLMF 5.5.1, 5.5.3, 5.5.5)', () => {
    for (const text of ['0.001', '0.37', '3.7', '41.25', '1234.5']) {
      const x = decimal(text);
      expectDigits(reference.logGamma(x.plus(1)), reference.logGamma(x).plus(reference.ln(x)), 60);
      const duplicated = reference.logGamma(x).plus(reference.logGamma(x.plus(half)));
      const formula = decimal(1)
        .minus(x.times(2))
        .times(reference.ln(decimal(2)))
        .plus(reference.ln(reference.pi).div(2))
        .plus(reference.logGamma(x.times(2)));
      expectDigits(duplicated, formula, 58);
    }
    const x = decimal('0.37');
    const reflected = reference.ln(reference.pi.div(reference.pi.times(x).sin()));
    expectDigits(reference.logGamma(x).plus(reference.logGamma(decimal(1).minus(x))), reflected, 60);
  });

  test('its zeros at 1 and 2 are exact, and digits hold beside them', () => {
    expect(reference.logGamma(decimal(1)).isZero()).toBe(true);
    expect(reference.logGamma(decimal(2)).isZero()).toBe(true);
    // ln Gamma(1 + e) = -gamma e + (pi^2 / 12) e^2 - ...
    const e = decimal('1e-30');
    const series = e
      .times(euler)
      .negated()
      .plus(reference.pi.pow(2).div(12).times(e.pow(2)))
      .minus(decimal('0.4006856343865314').times(e.pow(3)));
    expectDigits(reference.logGamma(decimal('1.000000000000000000000000000001')), series, 62);
  });

  test('arguments of 1e300 and 1e-300', () => {
    const great = decimal('1e300');
    expectDigits(reference.logGamma(great), great.times(reference.ln(great).minus(1)), 62);
    expectDigits(reference.logGamma(decimal('1e-300')), reference.ln(great), 60);
  });

  test('more digits agree with fewer', () => {
    const finer = createReference({ precision: 120 });
    for (const text of ['0.2', '7.5', '100.125']) expectDigits(reference.logGamma(decimal(text)), finer.logGamma(finer.decimal(text)), 62);
  });

  test('it is refused outside its domain', () => {
    expectFailure('domain', () => reference.logGamma(decimal(0)));
    expectFailure('domain', () => reference.digamma(decimal('-1')));
    expectFailure('domain', () => reference.trigamma(decimal('-1')));
  });
});

describe('the binomial coefficient', () => {
  test('small ones are whole numbers', () => {
    expectDigits(reference.exp(reference.logBinomialCoefficient(decimal(10), decimal(5))), '252', 62);
    expect(reference.logBinomialCoefficient(decimal(10), decimal(10)).isZero()).toBe(true);
  });

  test("the product and ln Gamma agree where one takes over from the other, and Pascal's rule holds across", () => {
    const [n, k] = [decimal(5000), decimal(1000)];
    const byGamma = reference
      .logGamma(n.plus(1))
      .minus(reference.logGamma(k.plus(1)))
      .minus(reference.logGamma(n.minus(k).plus(1)));
    expectDigits(reference.logBinomialCoefficient(n, k), byGamma, 58);
    const pascal = reference
      .exp(reference.logBinomialCoefficient(n.minus(1), k))
      .plus(reference.exp(reference.logBinomialCoefficient(n.minus(1), k.plus(1))));
    expectDigits(reference.exp(reference.logBinomialCoefficient(n, k.plus(1))), pascal, 58);
  });

  test('it is refused for what cannot be chosen', () => {
    expectFailure('domain', () => reference.logBinomialCoefficient(decimal(3), decimal(4)));
    expectFailure('domain', () => reference.logBinomialCoefficient(decimal('3.5'), decimal(1)));
  });
});

describe('digamma and trigamma', () => {
  test('psi(1), psi(1/2) (DLMF 5.4.12, 5.4.13)', () => {
    expectDigits(reference.digamma(decimal(1)), decimal(euler).negated(), 62);
    expectDigits(
      reference.digamma(half),
      decimal(euler)
        .negated()
        .minus(reference.ln(decimal(2)).times(2)),
      62,
    );
  });

  test("psi'(1), psi'(1/2), psi'(1/4) (DLMF 5.15.2, 5.15.3; 8 times Catalan's constant)", () => {
    const squared = reference.pi.pow(2);
    expectDigits(reference.trigamma(decimal(1)), squared.div(6), 62);
    expectDigits(reference.trigamma(half), squared.div(2), 62);
    expectDigits(reference.trigamma(decimal('0.25')), squared.plus(decimal(catalan).times(8)), 62);
  });

  test('recurrences (DLMF 5.5.2, 5.15.5)', () => {
    for (const text of ['0.003', '2.5', '88.8', '1e20']) {
      const x = decimal(text);
      expectDigits(reference.digamma(x.plus(1)), reference.digamma(x).plus(decimal(1).div(x)), 58);
      expectDigits(reference.trigamma(x.plus(1)), reference.trigamma(x).minus(decimal(1).div(x.pow(2))), 58);
    }
  });

  test('digits hold beside the root of psi (OEIS A030169)', () => {
    const root = decimal('1.46163214496836234126265954232572132846819620400644629512959');
    const beside = reference.digamma(root.plus('1e-20'));
    // psi(root + e) = psi'(root) e + psi''(root) e^2 / 2 + ..., and the root's own digits end at 1e-59.
    expectDigits(beside, reference.trigamma(root).times('1e-20'), 18);
    expect(reference.digamma(root).abs().lt('1e-50')).toBe(true);
  });
});

describe('the error function', () => {
  test('known digits at 1/2 and 1 (the first ten stand in Abramowitz and Stegun, table 7.1)', () => {
    expectDigits(reference.erf(decimal(1)), '0.842700792949714869341220635082609259296066997966302908459937897834717254096010841', 62);
    expectDigits(reference.erf(half), '0.520499877813046537682746653891964528736451575757963700058805', 57);
    expectDigits(reference.erfc(decimal(1)), '0.157299207050285130658779364917390740703933002033697091540062102165282745903989', 62);
  });

  test('erf is odd, and erf + erfc = 1', () => {
    for (const text of ['1e-300', '0.3', '1.7', '1.8', '4', '9']) {
      const x = decimal(text);
      expect(reference.erf(x.negated()).eq(reference.erf(x).negated())).toBe(true);
      expectDigits(reference.erf(x).plus(reference.erfc(x)), '1', 62);
      expectDigits(reference.erfc(x).plus(reference.erfc(x.negated())), '2', 62);
    }
  });

  test('near zero it is 2 x / sqrt(pi), and far out exp(-x^2) / (x sqrt(pi)) (DLMF 7.6.1, 7.12.1)', () => {
    const tiny = decimal('1e-100');
    expectDigits(reference.erf(tiny), tiny.times(2).div(reference.pi.sqrt()), 60);
    const far = decimal('1e6');
    let series = decimal(1);
    let term = decimal(1);
    for (let m = 1; m < 8; m += 1) {
      term = term.times(-(2 * m - 1)).div(far.pow(2).times(2));
      series = series.plus(term);
    }
    const finer = reference.withMoreDigits(20);
    const leading = finer.exp(finer.decimal('-1e12')).div(finer.pi.sqrt().times(far));
    expectDigits(reference.erfc(far), leading.times(series), 60);
  });

  test('its slope is 2 exp(-x^2) / sqrt(pi)', () => {
    const finer = createReference({ precision: 100 });
    for (const text of ['0.4', '1.72', '1.75', '3']) {
      const [x, step] = [finer.decimal(text), finer.decimal('1e-30')];
      const slope = finer
        .erf(x.plus(step))
        .minus(finer.erf(x.minus(step)))
        .div(step.times(2));
      expectDigits(slope, finer.exp(x.pow(2).negated()).times(2).div(finer.pi.sqrt()), 50);
    }
  });

  test('an infinite argument gives the limit', () => {
    expect(reference.erf(reference.negativeInfinity).toNumber()).toBe(-1);
    expect(reference.erfc(reference.negativeInfinity.negated()).toNumber()).toBe(0);
  });
});

describe('the incomplete gamma functions', () => {
  test('with a whole shape Q is a Poisson sum (DLMF 8.4.10)', () => {
    for (const [shape, text] of [
      [1, '0.2'],
      [3, '1000'],
      [7, '6.5'],
      [7, '9'],
      [40, '12'],
    ] as const) {
      const x = decimal(text);
      let term = decimal(1);
      let sum = decimal(1);
      for (let k = 1; k < shape; k += 1) {
        term = term.times(x).div(k);
        sum = sum.plus(term);
      }
      expectDigits(reference.regularizedGammaQ(decimal(shape), x), sum.times(reference.exp(x.negated())), 60);
    }
  });

  test('P + Q = 1, and P(a, x) - P(a + 1, x) = x^a e^-x / Gamma(a + 1) (DLMF 8.8.5)', () => {
    for (const [a, b] of [
      ['0.01', '2.9'],
      ['0.3', '3.1'],
      ['12.5', '13.4'],
      ['12.5', '13.6'],
      ['400', '380'],
    ] as const) {
      const [shape, x] = [decimal(a), decimal(b)];
      expectDigits(reference.regularizedGammaP(shape, x).plus(reference.regularizedGammaQ(shape, x)), '1', 62);
      const step = reference.exp(
        shape
          .times(reference.ln(x))
          .minus(x)
          .minus(reference.logGamma(shape.plus(1))),
      );
      expectDigits(reference.regularizedGammaP(shape, x).minus(reference.regularizedGammaP(shape.plus(1), x)), step, 57);
    }
  });

  test('both tails keep their digits', () => {
    const finer = createReference({ precision: 120 });
    for (const [a, b] of [
      ['1e-10', '2'],
      ['5', '1e-30'],
      ['0.5', '500'],
      ['1000', '1400'],
    ] as const) {
      const wide = [finer.decimal(a), finer.decimal(b)] as const;
      expectDigits(reference.regularizedGammaP(decimal(a), decimal(b)), finer.regularizedGammaP(...wide), 60);
      expectDigits(reference.regularizedGammaQ(decimal(a), decimal(b)), finer.regularizedGammaQ(...wide), 60);
    }
  });

  test('ends of the domain', () => {
    expect(reference.regularizedGammaP(half, reference.zero).toNumber()).toBe(0);
    expect(reference.regularizedGammaQ(half, decimal('1e30')).isZero()).toBe(true);
    expectFailure('domain', () => reference.regularizedGammaP(reference.zero, half));
    expectFailure('domain', () => reference.regularizedGammaQ(half, decimal(-1)));
  });
});

describe('the incomplete beta function', () => {
  test('closed forms: I_x(a, 1) = x^a, I_x(1, b) = 1 - (1 - x)^b, I_x(1/2, 1/2) = 2 arcsin(sqrt x) / pi', () => {
    for (const text of ['1e-20', '0.1', '0.6', '0.97']) {
      const x = decimal(text);
      expectDigits(reference.regularizedBeta(x, decimal('3.5'), decimal(1)), reference.exp(reference.ln(x).times('3.5')), 60);
      expectDigits(reference.regularizedBeta(x, decimal(1), decimal(4)), decimal(1).minus(decimal(1).minus(x).pow(4)), 40);
      expectDigits(reference.regularizedBeta(x, half, half), x.sqrt().asin().times(2).div(reference.pi), 60);
    }
  });

  test('I_x(a, b) + I_(1-x)(b, a) = 1 (DLMF 8.17.4), and it is 1/2 in the middle of a symmetric one', () => {
    for (const [a, b, text] of [
      ['2.5', '7', '0.2'],
      ['300', '2', '0.995'],
      ['0.1', '0.2', '0.5'],
    ] as const) {
      const [left, right, x] = [decimal(a), decimal(b), decimal(text)];
      expectDigits(reference.regularizedBeta(x, left, right).plus(reference.regularizedBeta(decimal(1).minus(x), right, left)), '1', 62);
    }
    expectDigits(reference.regularizedBeta(half, decimal(1000), decimal(1000)), '0.5', 60);
  });

  test('it is refused outside its domain', () => {
    expectFailure('domain', () => reference.regularizedBeta(decimal('1.1'), half, half));
    expectFailure('domain', () => reference.regularizedBeta(half, reference.zero, half));
  });
});
