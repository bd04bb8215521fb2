import { fit, fitSteps } from '@emkit/core';
import { families } from '@emkit/families';
import { caseRandom } from './dice.ts';
import { drawCase } from './draw.ts';
import { judge, kindOf, shrink } from './judge.ts';
import { toCode } from './case.ts';
const engine = { fit, fitSteps, families };
const [from, n, seed = '1', ms='1500'] = process.argv.slice(2);
const kinds = new Map<string, { count: number; first: string; index:number }>();
const asked = new Map<string, number>(); const notes = new Map<string, number>();
const times=new Map<string,number>(); const { laws } = await import('./laws/index.ts'); const timed=laws.map(l=>({...l, async check(tr:any){ const t=performance.now(); try { return await l.check(tr);} finally { times.set(l.name,(times.get(l.name)??0)+performance.now()-t);} }}));
const t = performance.now(); let drawTime = 0;
let slow = 0, slowest=0; let shrinking=0;
for (let i = Number(from); i < Number(from) + Number(n); i++) {
  const t0 = performance.now();
  const c = drawCase(engine, caseRandom(Number(seed), i));
  drawTime += performance.now() - t0;
  const j = await judge(engine, c, timed);
  const dt = performance.now() - t0; if (dt > slow) { slow = dt; slowest = i; }
  for (const a of j.asked) asked.set(a, (asked.get(a) ?? 0) + 1);
  for (const a of j.notes) notes.set(a, (notes.get(a) ?? 0) + 1);
  if (j.failure) {
    const k = kindOf(j.failure);
    const known = kinds.get(k);
    if (known) { known.count++; continue; }
    const t1 = performance.now();
    const s = Number(ms) ? await shrink(engine, c, j.failure, Number(ms)) : c;
    shrinking += performance.now() - t1;
    const again = (await judge(engine, s, (await import('./laws/index.ts')).laws.filter(l=>l.name===j.failure!.law).map(l=>({...l,share:1})))).failure;
    kinds.set(k, { count: 1, first: `${again?.message}\n   ${toCode(s).slice(0, 1500)}`, index: i });
  }
}
const total = performance.now() - t - shrinking;
console.log(`${n} cases, ${(Number(n) / total * 1000).toFixed(1)}/s, draw ${(drawTime / total * 100).toFixed(0)} %, slowest ${slowest}: ${slow.toFixed(0)} ms`);
console.log(Object.fromEntries([...asked].map(([k,v])=>[k,v+' '+(times.get(k)!/total*100).toFixed(1)+' %']))); console.log(Object.fromEntries(notes));
for (const [k, v] of [...kinds].sort((a, b) => b[1].count - a[1].count)) console.log(`\n${v.count} x [case ${v.index}] ${k.slice(0,300)}\n   ${v.first}`);
