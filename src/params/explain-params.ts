/** A text for people about the parameters of one stage: rule, default, and the value now. */
import { describeValue } from '../base/describe-value.ts';
import type { ParamSchema, Resolved } from './define-params.ts';
import type { ParamSpecs } from './param-spec.ts';

/** One line for each parameter, in the order of declaration. */
export function explainParams<S extends ParamSpecs>(
  params: ParamSchema<S>,
  resolved: Resolved<S>,
): string {
  const lines = Object.entries(params.schema).map(([name, spec]) => {
    const value = (resolved as Record<string, unknown>)[name];
    const facts = [
      spec.presence === 'required' ? 'required' : `default: ${describeValue(spec.default)}`,
      `current: ${describeValue(value)}`,
    ];
    return `${name}: ${spec.rule} (${facts.join(', ')})`;
  });
  return lines.join('\n');
}
