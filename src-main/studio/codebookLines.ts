/** A codebook's report in words, for the doors. */
export { reportLines as codebookLines } from '../language/codebook/report';
