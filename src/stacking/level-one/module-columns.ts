/** What the members of an ensemble say about a row, as steps of a JavaScript module. */
import { type LabelValue, labelKey } from '../../pipeline/label-values.ts';
import type { Model } from '../../pipeline/model.ts';
import { type ModuleWriter, slotsOf } from '../../pipeline/module/module-writer.ts';
import { levelOneOp, voteOp } from '../module-ops.ts';
import type { LevelOnePlan, MemberColumns } from './level-one-plan.ts';

/** The slots of each member's level-one columns; what the members name is not seen outside. */
export function addMembersToModule(
  writer: ModuleWriter,
  models: readonly Model[],
  plan: LevelOnePlan,
): number[][] {
  return plan.members.map((member, i) =>
    writer.inside(() => {
      (models[i] as Model).addToModule(writer);
      return levelOneSlots(writer, member, plan);
    }),
  );
}

function levelOneSlots(
  writer: ModuleWriter,
  { source, take, columns }: MemberColumns,
  { classes, logit }: LevelOnePlan,
): number[] {
  const to = columns.map(() => writer.slot());
  // two classes have one column, the second's
  const wanted = (classes ?? []).slice(classes?.length === 2 ? 1 : 0, undefined);
  const column = writer.column(source);
  if (take === 'vote') {
    writer.step(voteOp, { from: writer.cell([source]).slot, to, classes: wanted });
    return to;
  }
  const own = (column.classes ?? []).map(labelKey);
  const order = columns.map((_, k) =>
    take === 'value' ? k : own.indexOf(labelKey(wanted[k] as LabelValue)),
  );
  const isLogit = logit && take === 'probability';
  const from = slotsOf(column);
  writer.step(levelOneOp, { from, to, order, take, column: source, logit: isLogit });
  return to;
}
