// What the fused passes have in common. They do everything for 16 rows at a time: log joint densities are taken relative to a reference, the
// largest that any row can have, and in steps of log(2)/256 nats, so that they are powers of two to be.

import { REFERENCE } from '../../src/kernels/layout';
import { at, GROUP_BYTES, loadSplat } from './elementary';

/** Gives every row of a group the reference with which the constants begin. */
export function fillReference(scratch: usize, constants: usize): void {
  const reference = at(scratch, REFERENCE);
  for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) v128.store(reference + pair, loadSplat(constants));
}
