/** Powers of two as units: multiplying by one rounds no number that stays in range. */

/** The smallest positive double with all its digits. */
export const SMALLEST_NORMAL: number = 2.2250738585072014e-308;

const bits: DataView = new DataView(new ArrayBuffer(8));

/** The e with 2^e <= x < 2^(e + 1), for positive finite x. */
export function exponentOf(x: number): number {
  const subnormal = x < SMALLEST_NORMAL;
  bits.setFloat64(0, subnormal ? x * 18014398509481984 : x);
  return (bits.getUint16(0) >> 4) - (subnormal ? 1077 : 1023);
}

/** 2^exponent for whole exponents from -1022 to 1023. */
export function powerOfTwo(exponent: number): number {
  bits.setUint32(4, 0);
  bits.setUint32(0, (exponent + 1023) << 20);
  return bits.getFloat64(0);
}
