/** What looking at features costs in a fit, and what its rows have met in trees that are there already. */
import { RowCosts } from '../../tree/backend/cpu/row-costs.ts';
import { FeatureCosts } from '../../tree/feature-costs.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { BoostingJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { BoostingParts } from './boosting-parts.ts';

/** The costs of a model's fit. */
export async function costsOfFeatures(
  environment: RankEnvironment,
  {
    job,
    rows,
    member,
  }: Pick<BoostingParts, 'job' | 'rows'> & { readonly member: BoostingParts['member'] | undefined },
): Promise<FeatureCosts> {
  const used = job.usedFeatures?.[member?.index ?? 0] ?? [];
  return new FeatureCosts(job.featureCosts ?? null, used, rowCosts(environment, job, rows));
}

function rowCosts(
  environment: RankEnvironment,
  { featureCostsPerRow, metBefore }: BoostingJob,
  { train, initialScores }: IngestedRows,
): RowCosts | null {
  if (featureCostsPerRow === undefined) return null;
  if (metBefore === undefined) return new RowCosts(featureCostsPerRow, train, null);
  const { digitBits, numColumns } = metBefore;
  // of models that are averaged, rows have those of their own model here
  const columns = initialScores
    .slice(initialScores.length - numColumns)
    .map((address) => environment.f64(address + 8 * train.start, train.count));
  return new RowCosts(featureCostsPerRow, train, { columns, digitBits });
}
