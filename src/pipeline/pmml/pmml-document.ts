/** A model as one document of PMML. The module is loaded when somebody writes one. */
import type { Transformer } from '../transformer.ts';
import { PmmlWriter } from './pmml-writer.ts';

/** The text of the document. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export async function pmmlDocument(model: Transformer): Promise<string> {
  const writer = new PmmlWriter(model.className);
  await model.addToPmml(writer);
  return writer.document();
}
