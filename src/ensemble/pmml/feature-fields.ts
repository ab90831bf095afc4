/** The fields of a document that a model's features are: data fields of their own, or what the stages before have made. */
import { typeAtPath } from '../../pipeline/logical-schema.ts';
import { apply, fieldRef, numberConstant, whereThere } from '../../pipeline/pmml/pmml-text.ts';
import type { PmmlCell, PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { TrainedFeature } from '../../training/messages.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { PmmlFeature } from './split-predicates.ts';

/** Fields of the features that are used; others have none. @throws CoppiceError `UNSUPPORTED` */
export function featureFields(
  writer: PmmlWriter,
  { features, paths, inputSchema }: TreeModelData,
  used: readonly number[],
): (PmmlFeature | undefined)[] {
  const fields: (PmmlFeature | undefined)[] = new Array(features.length).fill(undefined);
  for (const f of used) {
    const feature = features[f] as TrainedFeature;
    const path = paths[f] as readonly string[];
    // a model alone has its features under their names
    const cell = writer.has(path[0] as string)
      ? writer.cell(path)
      : writer.input(feature.name, typeAtPath(inputSchema, path));
    fields[f] = fieldOf(writer, feature, cell);
  }
  return fields;
}

function fieldOf(writer: PmmlWriter, feature: TrainedFeature, cell: PmmlCell): PmmlFeature {
  const { name, kind, categories, zeroIsMissing } = feature;
  if ((kind === 'category') !== (cell.kind === 'text')) {
    const wanted = kind === 'category' ? 'text' : 'number';
    throw writer.refusal(`a ${wanted} for the feature ${name}`, `a ${cell.kind}`);
  }
  if (cell.kind === 'text') {
    return { field: writer.text(cell, categories), kind: 'text', categories };
  }
  if (zeroIsMissing !== true) return { field: cell.field, kind: cell.kind, categories: [] };
  const field = writer.number(cell);
  const isOther = apply('greaterThan', apply('abs', fieldRef(field)), numberConstant(0));
  const text = whereThere(field, apply('if', isOther, fieldRef(field)));
  const other = writer.derive(`nonzero(${name})`, { text, from: [field] });
  return { field: other, kind: 'number', categories: [] };
}
