/** c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule: the order of operations never changes. */
export function evaluatePolynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (let index = coefficients.length - 1; index >= 0; index -= 1) value = value * x + (coefficients[index] as number);
  return value;
}

/** The quotient of two polynomials given by their coefficients in rising order. */
export function evaluateRational(numerator: readonly number[], denominator: readonly number[], x: number): number {
  return evaluatePolynomial(numerator, x) / evaluatePolynomial(denominator, x);
}
