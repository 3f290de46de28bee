/** Entry of the language process: joins its jobs, each loaded when it is asked for, with the names that failures have for the doors. */
import { serveLanguage } from '../language/worker/languageProcess';
import { describeFailure } from '../training/failure';

serveLanguage(
  {
    features: async (command, context) => (await import('../language/features/index')).runFeatureJob(command, context),
    codebook: async (command, context) =>
      (await import('../language/codebook/codebookJob')).runCodebookJob(command, context),
  },
  describeFailure,
);
