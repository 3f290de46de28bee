/** Entry of the language process: joins its jobs with the names that failures have for the doors. */
import { runCodebookJob } from '../language/codebook/codebookJob';
import { runFeatureJob } from '../language/features/index';
import { serveLanguage } from '../language/worker/languageProcess';
import { describeFailure } from '../training/failure';

serveLanguage({ features: runFeatureJob, codebook: runCodebookJob }, describeFailure);
