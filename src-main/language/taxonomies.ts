/**
 * Word lists that others label with (`resources/taxonomies/`): classes with the ids of the original, which are sparse in some (NYU40's
 * successor ScanNet200, COCO), and the words that a text encoder is asked for. Class 0 is the background in all of them.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LanguageError } from './errors';

export const taxonomyNames = ['nyu40', 'scannet200', 'ade20k-150', 'coco'] as const;
export type TaxonomyName = (typeof taxonomyNames)[number];

const TAXONOMY = z.strictObject({
  name: z.string().min(1),
  /** the id that means no class */
  background: z.int().min(0),
  note: z.string(),
  source: z.string().min(1),
  licence: z.string().min(1),
  classes: z
    .array(
      z.strictObject({
        id: z.int().min(1),
        /** as in the original */
        name: z.string().min(1),
        /** what to ask a text encoder for, the best first; none for a class that has no word of its own */
        words: z.array(z.string().min(1)),
        /** things have instances, stuff has none; absent where the list makes no difference */
        thing: z.boolean().optional(),
      }),
    )
    .min(1),
});
export type Taxonomy = z.infer<typeof TAXONOMY>;

/** @throws LanguageError naming the file */
export async function loadTaxonomy(name: TaxonomyName): Promise<Taxonomy> {
  const file = fileURLToPath(new URL(`../../resources/taxonomies/${name}.json`, import.meta.url));
  try {
    return TAXONOMY.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new LanguageError(file, 'is missing or damaged; install Legato anew', error);
  }
}

/** The first word of every class that has one, each once. */
export function taxonomyWords({ classes }: Taxonomy): string[] {
  return [...new Set(classes.flatMap(({ words }) => words.slice(0, 1)))];
}
