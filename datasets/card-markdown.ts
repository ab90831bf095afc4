/** A card as Markdown: the sections of datasets/README.md are made by this, and a test compares them. */
import type { DatasetCard } from './generator.ts';

/** The section of one set. */
export function cardMarkdown(card: DatasetCard): string {
  const lines = [
    `## ${card.name}`,
    '',
    card.about,
    '',
    `- for ${card.tasks.join(' and ')}; label ${card.labels.map((label) => `\`${label}\``).join(' or ')}`,
    `- ${card.trainRows.toLocaleString('en-US')} rows to train on, ${card.testRows.toLocaleString('en-US')} to test on`,
    '',
    'Columns:',
    '',
    ...card.columns.map((column) => `- \`${column.name}\`, ${column.type}: ${column.about}`),
    '',
    'Planted:',
    '',
    ...card.planted.map((line) => `- ${line}`),
  ];
  return lines.join('\n');
}
