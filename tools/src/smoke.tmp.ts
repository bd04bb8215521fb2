import { createRandom, fit, select } from '@emkit/core';
import { gaussian } from '@emkit/families';

const r = createRandom(7);
const x = Float64Array.from({ length: 1e6 }, (_, i) => (i % 3 === 0 ? 5 : 0) + r.normal());
const t0 = performance.now();
const f = fit(x, { family: gaussian(), components: 3 });
console.log(
  'K=3',
  (performance.now() - t0).toFixed(0),
  'ms',
  f.diagnosis,
  f.iterations,
  f.evaluations,
  f.logLikelihood,
  f.components,
  f.weights,
  f.warnings,
);
const t1 = performance.now();
const s = select(x, { family: gaussian(), components: [1, 2, 3, 4, 5] });
console.log('select', (performance.now() - t1).toFixed(0));
for (const c of s.candidates)
  console.log(c.components, c.fit!.logLikelihood, c.fit!.diagnosis.kind, c.fit!.evaluations, c.fit!.criteria.bic);
