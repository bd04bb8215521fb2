import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../src/numerics/', import.meta.url);
const sources = readdirSync(folder).map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

/** Operations that every engine rounds in the same way. */
const exact = ['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'];

/** Uses of functions and operators whose last bit is the engine's choice. */
function inexact(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const members = [...code.matchAll(/\bMath\s*\.\s*(\w+)/g)].map(([, member]) => member!).filter((member) => !exact.includes(member));
  return [...members, ...(code.includes('**') ? ['**'] : []), ...(/\bMath\s*[[;,)=]/.test(code) ? ['Math'] : [])];
}

describe('the same bits on every engine', () => {
  it('needs a source', () => {
    expect(sources.length).toBeGreaterThan(8);
  });

  it.each(sources)('$name uses only exactly rounded operations', ({ text }) => {
    expect(inexact(text)).toEqual([]);
  });

  it('would be noticed if it were lost', () => {
    expect(inexact('const y = Math.exp(x) + Math.sqrt(x) + x ** 2; const { log } = Math;')).toEqual(['exp', '**', 'Math']);
    expect(inexact('/* Math.exp */ Math.abs(x); // x ** 2')).toEqual([]);
  });
});
