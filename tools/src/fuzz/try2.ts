import { fit, fitSteps } from '@emkit/core';
import { families } from '@emkit/families';
import { caseRandom } from './dice.ts';
import { drawCase } from './draw.ts';
import { judge } from './judge.ts';
import { laws } from './laws/index.ts';
import { toCode } from './case.ts';
const engine = { fit, fitSteps, families };
const c = drawCase(engine, caseRandom(Number(process.argv[3]??1), Number(process.argv[2])));
console.log(toCode(c).slice(0,3000), c.salt);
const t1=performance.now();
try { const f = engine.fit(c.rows[0].length===1? c.rows.map(r=>r[0]):c.rows as any, (await import('./case.ts')).optionsOf(engine,c)); console.log(f.diagnosis, f.iterations, f.evaluations, f.logLikelihood, f.weights, JSON.stringify(f.components).slice(0,500), f.warnings, performance.now()-t1);} catch(e){console.log(String(e))}
for (const l of laws) { const t=performance.now(); const j=await judge(engine,c,[l]); const dt=performance.now()-t; if(dt>50||j.failure) console.log(l.name, dt.toFixed(0)+' ms', j.asked, j.failure, j.notes); }
