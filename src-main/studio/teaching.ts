/**
 * Labels teach a run that nobody looks at, such as one of the command line, as they teach in the studio (session/labelling.ts): the trainer
 * is told of them when it is prepared, and which entry stands for each class, again when semantics join.
 */
import { activeLayer } from './session/labelView';
import { Asking } from './session/asking';
import { Lessons } from './session/lessons';
import type { Studio } from './studio';

/** @returns ends it; the run must have ended */
export function teachFromLabels(studio: Studio): () => Promise<void> {
  const { labels: book, project } = studio;
  const { capturePath: capture, paths, database } = project;
  if (capture === null) return () => Promise.resolve();
  const asking = new Asking({ root: paths.root, capture, threads: 1 });
  const lessons = new Lessons(asking, (meanings) => studio.send({ type: 'teach', meanings }));
  const stop = studio.subscribe((event) => {
    if (event.type === 'prepared') {
      const edits = [...book.felt];
      studio.send({ type: 'labels', revision: 1, from: 0, edits, layer: activeLayer(database, book.taxonomy) });
      void lessons.repeat(book.taxonomy);
    }
    if (event.type === 'joined') void lessons.anew(book.taxonomy);
  });
  return () => {
    stop();
    return asking.forget();
  };
}
