import { fileURLToPath } from 'node:url';
import type { IConfiguration, IRegularForbiddenRuleType } from 'dependency-cruiser';

type Rule = IRegularForbiddenRuleType;

export function forbid(name: string, from: Rule['from'], to: Rule['to'], more: Partial<Rule> = {}): Rule {
  return { name, severity: 'error', from, to, ...more };
}

export const options: NonNullable<IConfiguration['options']> = {
  doNotFollow: { path: '(^|/)(node_modules|dist)/' },
  tsConfig: { fileName: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)) },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['emkit-source', 'import', 'node', 'default'],
    extensions: ['.ts', '.tsx', '.js'],
  },
};
